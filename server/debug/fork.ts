import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeWhole } from '../disk/writeWhole.js';
import { fileLog } from '../labeling/eventLog.js';
import type { Judge } from '../labeling/judge.js';
import { LabelError } from '../labeling/labelError.js';
import { searchErrors } from '../labeling/mcts.js';
import { monteCarlo, stepsWithScore } from '../labeling/monteCarlo.js';
import type { Policy } from '../labeling/policy.js';
import type { BeginEvent, JudgedCompletion, RunEvent } from '../labeling/runEvents.js';
import { RunRecorder } from '../labeling/runRecorder.js';
import { beginEvent, type LabelSettings, settingsOf } from '../labeling/runSettings.js';
import type { SearchTree } from '../labeling/searchTree.js';
import { outOfRange } from '../labeling/settingRanges.js';
import { treeText } from '../labeling/treeFile.js';
import type { ProblemImage } from '../models/images/imageFile.js';
import { compareRuns, type RunComparison } from './compareRuns.js';
import { comparisonPage } from './comparisonPage.js';
import { type ForkCounts, recordedJudge, recordedPolicy, recordingOf } from './recordedPolicy.js';

/** The changes of a fork, from event `at` on. */
export interface ForkChange {
  /** Events before this number are the same in the original and the fork. */
  readonly at: number;
  /** Search settings by name, such as `cPuct`, `alpha`, `rollouts`. */
  readonly settings: Readonly<Record<string, number>>;
  /** Changed verdicts, by `prefixKey` of the whole solution. */
  readonly verdicts: ReadonlyMap<string, JudgedCompletion['verdict']>;
  /** Ignores recorded verdicts: the current verifier judges again. */
  readonly judgesAgain: boolean;
}

export interface ForkWorld {
  /** Samples where the path leaves the recorded rollouts. Without a policy, such a fork rejects with PolicyError. */
  readonly policy: Policy | undefined;
  readonly judge: Judge;
  readonly images: readonly ProblemImage[];
  /** Whether the fork's log keeps the requests for what is sampled. */
  readonly keepsRequests: boolean;
  readonly signal: AbortSignal;
}

export interface ForkResult extends ForkCounts {
  readonly comparison: RunComparison;
  /** The tree file, or the Monte-Carlo records, of the fork; its log is beside it. */
  readonly file: string;
  /** The comparison as a Markdown page. */
  readonly page: string;
}

/**
 * Labels a problem again from a recorded run, with something changed from event `at` on. Recorded rollouts are used
 * wherever the new path reaches a prefix that was sampled; the original log and its labels stay as they are. The fork
 * is written beside the log, into `NAME.fork-N/`, with its own event log and a page that compares the two. Rejects with
 * LabelError when the log has no beginning or a setting is out of range, else as `labelProblem` does.
 */
export async function forkSearch(events: readonly RunEvent[], logFile: string, change: ForkChange, world: ForkWorld): Promise<ForkResult> {
  const [begin] = events;
  if (begin?.event !== 'begin') throw new LabelError(`${logFile} has no events that could be forked.`);
  const wrong = outOfRange({ ...settingsOf(begin), ...change.settings });
  if (wrong !== undefined) throw new LabelError(`${logFile} cannot be forked: ${wrong}.`);
  const recording = recordingOf(events);
  const counts: ForkCounts = { recorded: 0, sampled: 0 };
  const policy = recordedPolicy(recording, world.policy, counts);
  const happened: RunEvent[] = [];
  const isSwitched = (): boolean => happened.length >= change.at;
  const judge = recordedJudge(recording, { verdicts: change.verdicts, judgesAgain: () => change.judgesAgain && isSwitched() }, world.judge);
  const files = await freeFiles(logFile, begin.method);
  const log = await fileLog(files.log).open(0);
  try {
    const run = await RunRecorder.begin({
      begin: forkBegin(begin, change, await policy.describe(world.signal), judge.fingerprint),
      recorded: [],
      logFile: files.log,
      append: (line) => log.append(line),
      policy,
      judge,
      images: world.images,
      now: Date.now,
      keepsRequests: world.keepsRequests,
      signal: world.signal,
      onEvent: (event) => happened.push(event),
    });
    await runSwitched(run, settingsOf(begin), change, isSwitched);
    await writeWhole(files.result, resultText(run.tree, change));
    const comparison = compareRuns(events, happened);
    const head = { original: logFile, fork: files.log, at: change.at, change: changeText(change), ...counts };
    await writeWhole(files.page, comparisonPage(head, comparison));
    return { comparison, file: files.result, page: files.page, ...counts };
  } finally {
    await log.close();
  }
}

async function runSwitched(run: RunRecorder, old: LabelSettings, { settings }: ForkChange, isSwitched: () => boolean): Promise<void> {
  if (old.method === 'mcts') await searchErrors(run, switched(old, { ...old, ...settings }, isSwitched));
  else await monteCarlo(run, switched(old, { ...old, ...settings }, isSwitched));
}

/** Returns the labels as text. In Monte-Carlo records, the threshold of the fork decides which steps are right. */
function resultText(tree: SearchTree, { settings }: ForkChange): string {
  if (tree.begin.method === 'mcts') return treeText(tree);
  const begin = { ...tree.begin, settings: { ...tree.begin.settings, ...settings } };
  return stepsWithScore({ ...tree, begin })
    .map((one) => `${JSON.stringify(one)}\n`)
    .join('');
}

function changeText({ settings, verdicts, judgesAgain }: ForkChange): string {
  return [
    ...Object.entries(settings).map(([name, value]) => `${name} = ${value}`),
    ...[...verdicts.values()].map((verdict) => `a rollout judged ${verdict}`),
    ...(judgesAgain ? ['every rollout judged again by the verifier of now'] : []),
  ].join(', ');
}

/** Returns settings that change during the run: every read gives the current value. */
function switched<T extends object>(before: T, after: T, isSwitched: () => boolean): T {
  return new Proxy(before, { get: (_, name) => Reflect.get(isSwitched() ? after : before, name) as unknown });
}

function forkBegin(
  begin: BeginEvent,
  { at, settings }: ForkChange,
  policy: Awaited<ReturnType<Policy['describe']>>,
  judge: string,
): BeginEvent {
  const changed = Object.fromEntries(Object.entries(settings).map(([name, value]) => [`fork.${name}`, value]));
  const { method: _method, seed: _seed, ...own } = settingsOf(begin);
  return beginEvent(
    begin.problem,
    { ...own, method: begin.method, seed: begin.seed, ...{ 'fork.at': at, ...changed } } as Parameters<typeof beginEvent>[1],
    policy,
    judge,
  );
}

interface ForkFiles {
  readonly log: string;
  readonly result: string;
  readonly page: string;
}

async function freeFiles(logFile: string, method: BeginEvent['method']): Promise<ForkFiles> {
  const folder = dirname(logFile);
  const name = basename(logFile).replace(/\.events\.jsonl$/, '');
  for (let number = 1; ; number++) {
    const own = join(folder, `${name}.fork-${number}`);
    try {
      await mkdir(own);
      return {
        log: join(own, `${name}.events.jsonl`),
        result: join(own, `${name}${method === 'mcts' ? '.json' : '.jsonl'}`),
        page: join(own, 'comparison.md'),
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
