import { readRegular } from '../disk/readRegular.js';
import { removeUnfinished } from '../disk/writeWhole.js';
import { english } from '../l10n.js';
import type { ProblemImage } from '../models/images/imageFile.js';
import type { Breaker } from './breaker.js';
import { type FolderClaim, takeClaim } from './claim.js';
import { type EventLog, fileLog, type LogStore, readEventLog } from './eventLog.js';
import type { Judge } from './judge.js';
import { LabelError, LogMismatch } from './labelError.js';
import { stepsWithScore } from './monteCarlo.js';
import { defaultMostFailed, reopened } from './openProblem.js';
import type { Policy, PolicyInfo } from './policy.js';
import type { BeginEvent, ProblemToLabel } from './runEvents.js';
import { type ProblemFiles, problemFiles, writeRunFile } from './runFiles.js';
import { runMethod } from './runMethod.js';
import { estimate, type RunListener, RunRecorder } from './runRecorder.js';
import { beginEvent, canGrow, comparable, differences, type LabelSettings, settingsOf } from './runSettings.js';
import type { SearchTree } from './searchTree.js';
import { treeText } from './treeFile.js';

/** External dependencies of labeling. */
export interface LabelWorld {
  readonly policy: Policy;
  readonly judge: Judge;
  /** Existing folder for logs and results. */
  readonly folder: string;
  /** Opens the images that a problem names. */
  images(names: readonly string[]): readonly ProblemImage[];
  /** Returns the store for a problem's log in place of `file`. Default: the file itself. */
  readonly logAt?: (file: string) => LogStore;
  /** Do not write every batch through to the disk (fsync) before the next one is requested. */
  readonly isUnsynced?: boolean;
  /** ms since 1970, for the times and costs in the log. Without it, the log has neither. */
  readonly now?: () => number;
  /** The log keeps the requests to policy and judge with their replies. */
  readonly keepsRequests?: boolean;
  /** Shared by the problems of a run, so that all wait while the policy is unavailable. */
  readonly breaker?: Breaker;
  /** Share of failed rollouts beyond which a problem stays open, in [0, 1] (default: 0.5). */
  readonly mostFailed?: number;
  /** Samples finished problems again, from the first batch that mostly failed on. */
  readonly retryFailed?: boolean;
  /** Reports what the user should know but does not end the labeling, such as a damaged log. */
  readonly report?: (message: string) => void;
}

export interface LabelResult {
  readonly files: ProblemFiles;
  readonly tree: SearchTree;
  /** It was finished before; nothing was sampled. */
  readonly isSkipped: boolean;
}

/**
 * Labels a problem into its log and its result file, continuing where an earlier run of the same settings ended. `onEvent` is
 * called with every event, those of the earlier run first. A damaged log keeps its good part; the rest is set aside. Rejects
 * with AbortError when cancelled (what happened stays in the log), PolicyError when the policy cannot be used, ClaimHeld when
 * another process labels the problem, FolderError, OutageError, ProblemOpen when it has no usable labels, and LabelError when
 * the log is of other settings.
 */
export async function labelProblem(
  problem: ProblemToLabel,
  settings: LabelSettings,
  world: LabelWorld,
  signal?: AbortSignal,
  onEvent?: RunListener,
): Promise<LabelResult> {
  const files = problemFiles(world.folder, problem.id, settings.method);
  return await claimed(files, world, async (claim) => {
    const store = storeOf(files.log, world, claim);
    const whole = await goodPart(files.log, store, world);
    const info = await world.policy.describe(signal);
    const begin = beginEvent(problem, settings, info, world.judge.fingerprint);
    const same = await adopted(files.log, store, whole, begin);
    const log = reopened(same, world.mostFailed ?? defaultMostFailed, world.retryFailed === true);
    const isSkipped = log.recorded.some(({ event }) => event.event === 'end');
    const tree = await record({
      begin,
      continuation: info.continuation,
      files,
      store,
      log,
      world,
      ...(signal && { signal }),
      ...(onEvent && { onEvent }),
    });
    return { files, tree, isSkipped };
  });
}

/**
 * Samples further rollouts from a node of a finished problem, adds them to its log and rewrites its result; resolves with
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
  const [first] = (await readEventLog(path)).recorded;
  if (first?.event.event !== 'begin') throw unfinished(path);
  const begin = first.event;
  const files = problemFiles(world.folder, begin.problem.id, begin.method);
  return await claimed(files, world, async (claim) => {
    const store = storeOf(files.log, world, claim);
    const log = await store.read();
    if (!log.recorded.some(({ event }) => event.event === 'end')) throw unfinished(path);
    const here = beginEvent(begin.problem, settingsOf(begin), await world.policy.describe(signal), world.judge.fingerprint);
    const changed = differences(comparable(begin), comparable(here));
    if (changed !== '')
      throw new LabelError(english('{0} was labeled with other settings: {1}. Choose the same policy and judge again.', path, changed));
    const further = async (run: RunRecorder): Promise<void> => {
      if (run.tree.nodes[node] === undefined)
        throw new LabelError(english('{0} has no node {1}; it has {2}.', path, node, run.tree.nodes.length));
      await estimate(run, node, count);
    };
    return await record({ begin, files, store, log, world, ...(signal && { signal }), ...(onEvent && { onEvent }), further });
  });
}

function unfinished(path: string): LabelError {
  return new LabelError(
    english('{0} is not the log of a finished run: label the problem to its end before asking for more rollouts.', path),
  );
}

/**
 * Runs work while holding the claim on a problem's files, which one process may write at a time. A queue has its own
 * locks.
 */
async function claimed<T>(files: ProblemFiles, { logAt }: LabelWorld, work: (claim: FolderClaim | undefined) => Promise<T>): Promise<T> {
  if (logAt !== undefined) return await work(undefined);
  const claim = await takeClaim(files.claim, files.result);
  try {
    await removeUnfinished(files.result);
    return await work(claim);
  } finally {
    await claim.release();
  }
}

function storeOf(path: string, { logAt, isUnsynced }: LabelWorld, claim: FolderClaim | undefined): LogStore {
  if (logAt !== undefined) return logAt(path);
  const store = fileLog(path, isUnsynced !== true);
  return {
    ...store,
    async open(length) {
      const file = await store.open(length);
      return {
        async append(line) {
          await claim?.verify();
          await file.append(line);
        },
        close: () => file.close(),
      };
    },
  };
}

/** Returns the log up to its first damaged line and sets the rest aside. */
async function goodPart(path: string, store: LogStore, { report }: LabelWorld): Promise<EventLog> {
  const log = await store.read();
  if (log.damage === undefined || store.setAside === undefined) return log;
  const aside = await store.setAside(log.length);
  report?.(
    english(
      '{0}:{1}: this line is not an event of a run; the log is damaged. The {2} lines before it are kept, the {3} from it on are now in {4}.',
      path,
      log.damage.line,
      log.damage.line - 1,
      log.damage.lines,
      aside,
    ),
  );
  return log;
}

interface RunToRecord {
  readonly begin: BeginEvent;
  readonly continuation?: PolicyInfo['continuation'];
  readonly files: ProblemFiles;
  readonly store: LogStore;
  readonly log: EventLog;
  readonly world: LabelWorld;
  readonly signal?: AbortSignal;
  readonly onEvent?: RunListener;
  /** Additional work after the end of the method. */
  readonly further?: (run: RunRecorder) => Promise<void>;
}

/**
 * Replays the log, then continues to the end of the method. If the log differs from the replay, the rest of it is set
 * aside.
 */
async function record(recording: RunToRecord): Promise<SearchTree> {
  try {
    return await recordOnce(recording);
  } catch (error) {
    const { store, log, world } = recording;
    if (!(error instanceof LogMismatch) || store.setAside === undefined) throw error;
    const recorded = log.recorded.slice(0, error.line - 1);
    const length = recorded.reduce((sum, { line }) => sum + Buffer.byteLength(line) + 1, 0);
    const aside = await store.setAside(length);
    world.report?.(
      english(
        '{0} The {1} lines before it are kept, the {2} from it on are now in {3}.',
        error.message,
        recorded.length,
        log.recorded.length - recorded.length,
        aside,
      ),
    );
    return await record({ ...recording, log: { recorded, length } });
  }
}

async function recordOnce({ begin, continuation, files, store, log, world, signal, onEvent, further }: RunToRecord): Promise<SearchTree> {
  const file = await store.open(log.length);
  try {
    const run = await RunRecorder.begin({
      begin,
      ...(continuation && { continuation }),
      recorded: log.recorded,
      logFile: files.log,
      append: (line) => file.append(line),
      policy: world.policy,
      judge: world.judge,
      images: world.images(begin.problem.images),
      ...(world.breaker && { breaker: world.breaker }),
      ...(world.mostFailed !== undefined && { mostFailed: world.mostFailed }),
      ...(world.now && { now: world.now }),
      ...(world.keepsRequests && { keepsRequests: true }),
      keepsOpen: true,
      ...(signal && { signal }),
      ...(onEvent && { onEvent }),
    });
    await runMethod(run);
    await further?.(run);
    await writeResult(files.result, run.tree);
    return run.tree;
  } finally {
    await file.close();
  }
}

/**
 * Returns the log as a run with these settings continues it. If they differ only in where the model is served, or in a
 * larger budget, rewrites the log's first line and removes the end of a search that a smaller budget stopped. Rejects
 * with LabelError when they differ in what is sampled.
 */
async function adopted(path: string, store: LogStore, log: EventLog, here: BeginEvent): Promise<EventLog> {
  const there = log.recorded[0]?.event;
  if (there?.event !== 'begin' || there.hash === here.hash) return log;
  const changed = differences(comparable(there), comparable(here), canGrow);
  if (changed !== '' || store.replace === undefined)
    throw new LabelError(
      english(
        '{0} was labeled with other settings: {1}. Write into another folder (--out), or discard the old run (--restart).',
        path,
        changed,
      ),
    );
  const end = log.recorded.findIndex(({ event }) => event.event === 'end' && (event.reason === 'budget' || event.reason === 'searches'));
  const isLarger = differences(there.settings, here.settings) !== '';
  const kept = isLarger && end >= 0 ? log.recorded.slice(0, end) : log.recorded;
  const recorded = [{ event: here, line: JSON.stringify(here) }, ...kept.slice(1)];
  return { recorded, length: await store.replace(recorded.map(({ line }) => `${line}\n`).join('')) };
}

async function writeResult(path: string, tree: SearchTree): Promise<void> {
  const text =
    tree.begin.method === 'mcts'
      ? treeText(tree)
      : stepsWithScore(tree)
          .map((one) => `${JSON.stringify(one)}\n`)
          .join('');
  const there = (await readRegular(path).catch(() => undefined))?.toString('utf8');
  if (there !== text) await writeRunFile(path, text);
}
