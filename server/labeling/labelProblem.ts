import { readFile } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { writeWhole } from '../files/writeWhole.js';
import { type EventLog, fileLog, type LogStore, readEventLog } from './eventLog.js';
import type { Judge } from './judge.js';
import { stepsWithScore } from './monteCarlo.js';
import type { Policy } from './policy.js';
import type { BeginEvent, LabelProblem } from './runEvents.js';
import { type ProblemFiles, problemFiles } from './runFiles.js';
import { runMethod } from './runMethod.js';
import { estimate, LabelError, type RunListener, RunRecorder } from './runRecorder.js';
import { beginEvent, differences, type LabelSettings, settingsOf } from './runSettings.js';
import type { SearchTree } from './searchTree.js';
import { treeText } from './treeFile.js';

/** What labelling needs from outside. */
export interface LabelWorld {
  readonly policy: Policy;
  readonly judge: Judge;
  /** Where logs and results are written; it exists. */
  readonly folder: string;
  /** What relative image paths start from: the folder of the problems file. */
  readonly imageFolder: string;
  /** Where the log of a problem is kept that would be this file: there, when not told. */
  logAt?(file: string): LogStore;
}

export interface LabelResult {
  readonly files: ProblemFiles;
  readonly tree: SearchTree;
  /** It was finished before; nothing was sampled. */
  readonly isSkipped: boolean;
}

/**
 * Labels a problem into its log and its result file, going on from where an earlier run of the same settings ended. `onEvent`
 * is told every event, those of the earlier run first. Rejects with AbortError when cancelled (what happened stays in the log),
 * PolicyError when the policy cannot be used, LabelError when the log is damaged or of other settings.
 */
export async function labelProblem(
  problem: LabelProblem,
  settings: LabelSettings,
  world: LabelWorld,
  signal?: AbortSignal,
  onEvent?: RunListener,
): Promise<LabelResult> {
  const files = problemFiles(world.folder, problem.id, settings.method);
  const store = (world.logAt ?? fileLog)(files.log);
  const log = await store.read();
  const begin = beginEvent(problem, settings, await world.policy.describe(), world.judge.fingerprint);
  checkSame(files.log, log, begin);
  const isSkipped = log.recorded.some(({ event }) => event.event === 'end');
  const tree = await record(begin, files, store, log, world, signal, onEvent, () => Promise.resolve());
  return { files, tree, isSkipped };
}

/**
 * Samples further rollouts from a node of a finished problem, adds them to its log and writes its result anew; resolves with
 * the tree. `path` is `LabelResult.files.log`. Rejects as `labelProblem` does, and with LabelError when the run is not
 * finished, was made with another policy or judge, or has no such node.
 */
export async function moreRollouts(
  path: string,
  node: number,
  count: number,
  world: LabelWorld,
  signal?: AbortSignal,
  onEvent?: RunListener,
): Promise<SearchTree> {
  const log = await readEventLog(path);
  const [first] = log.recorded;
  if (first?.event.event !== 'begin' || !log.recorded.some(({ event }) => event.event === 'end')) {
    throw new LabelError(`${path} is not the log of a finished run: label the problem to its end before asking for more rollouts.`);
  }
  const begin = first.event;
  const here = beginEvent(begin.problem, settingsOf(begin), await world.policy.describe(), world.judge.fingerprint);
  checkSame(path, log, here);
  const files = problemFiles(world.folder, begin.problem.id, begin.method);
  return await record(begin, files, fileLog(files.log), log, world, signal, onEvent, async (run) => {
    if (run.tree.nodes[node] === undefined) throw new LabelError(`${path} has no node ${node}; it has ${run.tree.nodes.length}.`);
    await estimate(run, node, count);
  });
}

/** Lets everything in the log happen again, then goes on to the end of the method, then to what `further` asks for. */
async function record(
  begin: BeginEvent,
  files: ProblemFiles,
  store: LogStore,
  log: EventLog,
  world: LabelWorld,
  signal: AbortSignal | undefined,
  onEvent: RunListener | undefined,
  further: (run: RunRecorder) => Promise<void>,
): Promise<SearchTree> {
  const file = await store.open(log.length);
  try {
    const images = begin.problem.images.map((image) =>
      /^[a-z]{2,}:/i.test(image) || isAbsolute(image) ? image : resolve(world.imageFolder, image),
    );
    const run = await RunRecorder.begin({
      begin,
      ...log,
      logFile: files.log,
      append: (line) => file.append(line),
      policy: world.policy,
      judge: world.judge,
      images,
      ...(signal && { signal }),
      ...(onEvent && { onEvent }),
    });
    await runMethod(run);
    await further(run);
    await writeResult(files.result, run.tree);
    return run.tree;
  } finally {
    await file.close();
  }
}

function checkSame(logFile: string, { recorded }: EventLog, here: BeginEvent): void {
  const there = recorded[0]?.event;
  if (there?.event !== 'begin' || there.hash === here.hash) return;
  throw new LabelError(
    `${logFile} was labelled otherwise: ${differences(flat(there), flat(here))}. Write into another folder (--out), or throw the old run away (--restart).`,
  );
}

function flat({ method, problem, seed, policy, judge, settings }: BeginEvent): Record<string, unknown> {
  const { id: _same, ...rest } = problem;
  return { method, ...rest, seed, policy: policy.fingerprint, judge, ...settings };
}

async function writeResult(path: string, tree: SearchTree): Promise<void> {
  const text =
    tree.begin.method === 'mcts'
      ? treeText(tree)
      : stepsWithScore(tree)
          .map((one) => `${JSON.stringify(one)}\n`)
          .join('');
  const there = await readFile(path, 'utf8').catch(() => undefined);
  if (there !== text) await writeWhole(path, text);
}
