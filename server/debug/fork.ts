import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeWhole } from '../disk/writeWhole.js';
import { fileLog } from '../labeling/eventLog.js';
import type { Judge } from '../labeling/judge.js';
import { LabelError } from '../labeling/labelError.js';
import { searchErrors } from '../labeling/mcts.js';
import type { Policy } from '../labeling/policy.js';
import type { BeginEvent, JudgedCompletion, RunEvent } from '../labeling/runEvents.js';
import { RunRecorder } from '../labeling/runRecorder.js';
import { beginEvent, settingsOf } from '../labeling/runSettings.js';
import { replay, type SearchTree } from '../labeling/searchTree.js';
import { treeText } from '../labeling/treeFile.js';
import type { ProblemImage } from '../models/images/imageFile.js';
import { prefixKeyOf } from './breakpoints.js';
import { type ForkCounts, recordedJudge, recordedPolicy, recordingOf } from './recordedPolicy.js';

/** What is different in a fork, from event `at` on. */
export interface ForkChange {
  /** Events before this number are the same in both. */
  readonly at: number;
  /** Search settings by name, such as `cPuct`, `alpha`, `rollouts`. */
  readonly settings: Readonly<Record<string, number>>;
  /** Other verdicts, by `prefixKey` of the whole solution. */
  readonly verdicts: ReadonlyMap<string, JudgedCompletion['verdict']>;
}

export interface ForkWorld {
  /** Samples where the path leaves the recorded rollouts; without it such a fork rejects with PolicyError. */
  readonly policy: Policy | undefined;
  readonly judge: Judge;
  readonly images: readonly ProblemImage[];
  /** The fork's log keeps the requests for what is sampled. */
  readonly keepsRequests: boolean;
  readonly signal: AbortSignal;
}

export interface ForkResult extends ForkCounts {
  readonly original: SearchTree;
  readonly tree: SearchTree;
  /** The tree file of the fork; its log is beside it. */
  readonly file: string;
}

/**
 * Runs a search again from a recorded one with something changed from event `at` on. Recorded rollouts are used wherever the new path
 * meets a prefix that was sampled; the original log and tree stay as they are. The fork is written beside the log, as
 * `NAME.fork-N/`, a tree with its own event log. Rejects with LabelError where the log is not a tree search, else as `labelProblem` does.
 */
export async function forkSearch(events: readonly RunEvent[], logFile: string, change: ForkChange, world: ForkWorld): Promise<ForkResult> {
  const [begin] = events;
  if (begin?.event !== 'begin' || begin.method !== 'mcts')
    throw new LabelError(`${logFile} is not the log of a tree search; only a search can be forked.`);
  const recording = recordingOf(events);
  const counts: ForkCounts = { recorded: 0, sampled: 0 };
  const policy = recordedPolicy(recording, world.policy, counts);
  const judge = recordedJudge(recording, change.verdicts, world.judge);
  const files = await freeFiles(logFile);
  const log = await fileLog(files.log).open(0);
  let happened = 0;
  try {
    const run = await RunRecorder.begin({
      begin: forkBegin(begin, change, await policy.describe(), judge.fingerprint),
      recorded: [],
      logFile: files.log,
      append: (line) => log.append(line),
      policy,
      judge,
      images: world.images,
      now: Date.now,
      keepsRequests: world.keepsRequests,
      signal: world.signal,
      onEvent: () => happened++,
    });
    const old = settingsOf(begin);
    if (old.method !== 'mcts') throw new LabelError(`${logFile} is not the log of a tree search; only a search can be forked.`);
    await searchErrors(
      run,
      switched(old, { ...old, ...change.settings }, () => happened >= change.at),
    );
    await writeWhole(files.result, treeText(run.tree));
    return { original: replayed(events), tree: run.tree, file: files.result, ...counts };
  } finally {
    await log.close();
  }
}

function replayed(events: readonly RunEvent[]): SearchTree {
  const tree = replay(events);
  if (tree === undefined) throw new LabelError('The log has no events.');
  return tree;
}

/** Settings that change at a moment: every read gives the value of now. */
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
    { ...own, method: 'mcts', seed: begin.seed, ...{ 'fork.at': at, ...changed } } as Parameters<typeof beginEvent>[1],
    policy,
    judge,
  );
}

async function freeFiles(logFile: string): Promise<{ readonly log: string; readonly result: string }> {
  const folder = dirname(logFile);
  const name = basename(logFile).replace(/\.events\.jsonl$/, '');
  for (let number = 1; ; number++) {
    const own = join(folder, `${name}.fork-${number}`);
    try {
      await mkdir(own);
      return { log: join(own, `${name}.events.jsonl`), result: join(own, `${name}.json`) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** How two trees of one problem differ: nodes are the same when their prefixes are. */
export interface TreeComparison {
  readonly same: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** Nodes of both whose values differ. */
  readonly changed: readonly {
    readonly first: number;
    readonly second: number;
    readonly before: number | undefined;
    readonly after: number | undefined;
  }[];
}

export function compareTrees(first: SearchTree, second: SearchTree): TreeComparison {
  const others = new Map(nodeKeys(second).map((key, id) => [key, id]));
  const shared = nodeKeys(first).flatMap((key, id) => {
    const other = others.get(key);
    return other === undefined ? [] : [{ first: id, second: other, before: first.nodes[id]?.value, after: second.nodes[other]?.value }];
  });
  const changed = shared.filter(({ before, after }) => before !== after);
  return {
    same: shared.length - changed.length,
    onlyFirst: first.nodes.length - shared.length,
    onlySecond: second.nodes.length - shared.length,
    changed,
  };
}

/** A key for each node: its prefix, and its number among the nodes with that prefix. */
function nodeKeys(tree: SearchTree): string[] {
  const seen = new Map<string, number>();
  return tree.nodes.map(({ id }) => {
    const prefix = prefixKeyOf(tree, id);
    const number = seen.get(prefix) ?? 0;
    seen.set(prefix, number + 1);
    return `${number}\0${prefix}`;
  });
}
