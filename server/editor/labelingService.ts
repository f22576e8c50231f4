import type { ImagePlace } from '../files/images.js';
import type { Prices } from '../labeling/economy/ledger.js';
import type { ProblemToLabel, RunEvent } from '../labeling/runEvents.js';
import { replay } from '../labeling/searchTree.js';
import { treeText } from '../labeling/treeFile.js';
import type { PolicyTry } from '../labeling/tryPolicy.js';
import { isEventLog, logLines, logRange } from '../language/logView.js';
import { nodePlace, nodeRollouts, problemView } from '../language/problemView.js';
import { matchLog, replayOf } from '../language/replay.js';
import { withDetails } from '../language/rolloutDetails.js';
import { type ScoredDocument, scoredProblem } from '../language/scoredDocument.js';
import type {
  LabelingFailure,
  LabelingParams,
  LabelOutcome,
  MoreRolloutsResult,
  PolicyTryResult,
  ProblemResult,
  ShownTree,
} from '../protocol/labeling.js';
import type { NodePlaceResult, RolloutView } from '../protocol/problemView.js';
import type { ServerSettings } from '../protocol/settingsTable.js';
import type { Problem } from '../reasoning/problem.js';
import { LineIndex } from '../reasoning/span.js';
import { watchExchanges } from '../remote/exchanges.js';
import { FirstReply, failureInLog, labelingFailure, problemResult } from './labelingFailure.js';
import { LabelingRun } from './labelingRun.js';
import type { Reader } from './openDocument.js';
import type { Clock, Log } from './service.js';

export type LabelingSettings = Pick<
  ServerSettings,
  | 'labelingPolicy'
  | 'labelingMethod'
  | 'labelingRollouts'
  | 'labelingSearches'
  | 'labelingBudget'
  | 'labelingJudge'
  | 'labelingJudgeModel'
  | 'labelingFolder'
  | 'labelingKeepRequests'
  | 'verifier'
>;

/** One problem to be labeled, as a `Labeler` takes it. */
export interface LabelJob {
  readonly problem: ProblemToLabel;
  /** URI of the document it is in. */
  readonly uri: string;
  /** The images that exist, as absolute paths. */
  readonly images: readonly string[];
  /** Where its document's images may be. */
  readonly place: ImagePlace;
  readonly settings: LabelingSettings;
  /** With another seed than the last time. */
  readonly again: boolean;
}

export type ResultJob = Pick<LabelJob, 'uri' | 'problem' | 'settings'> & { readonly index: number };

export interface LabelRun {
  readonly signal: AbortSignal;
  /** `isRecorded`: it had happened in an earlier part of the run. */
  readonly onEvent: (event: RunEvent, isRecorded: boolean) => void;
  /** The policy is away, and is asked again after a while; one sentence. */
  readonly onWait?: (why: string) => void;
}

/** Runs the pipeline for the editor. Rejects with an error whose message names the cause and the remedy. */
export interface Labeler {
  /** Finds out where the labels of a job are or will be (a URI), and runs it there when `begin` asks. */
  label<T>(
    job: LabelJob,
    begin: (file: string, label: (run: LabelRun) => Promise<Omit<LabelOutcome, 'file' | 'resumed'>>) => Promise<T>,
  ): Promise<T>;
  /** The file the labels of a job would be in (a URI), without asking the policy who it is. */
  fileOf(job: LabelJob): Promise<string>;
  /** Whether there are runs of a document at all. */
  hasRuns(job: Pick<LabelJob, 'uri' | 'settings'>): Promise<boolean>;
  /** The newest run of a problem: the file of its labels (or its log, while there is none) and its events; undefined without one. */
  newest(
    job: Pick<LabelJob, 'uri' | 'problem' | 'settings'>,
  ): Promise<{ readonly file: string; readonly isWritten: boolean; readonly events: readonly RunEvent[] } | undefined>;
  /** Whether a process writes the labels of this file at the moment. */
  isBeingWritten(file: string): Promise<boolean>;
  /** Samples more rollouts from a node of the log beside a tree file, and writes the file anew; resolves with the whole log. */
  more(file: string, node: number, count: number, job: LabelJob, run: LabelRun): Promise<readonly RunEvent[]>;
  /** One rollout of a job's problem with its requests; writes nothing. */
  tryOnce(job: LabelJob, signal: AbortSignal): Promise<PolicyTry>;
  /** The events of the log beside a file; undefined where there is none that can be read. */
  events(file: string): Promise<readonly RunEvent[] | undefined>;
}

export interface LabelingWorld {
  readonly labeler: Labeler;
  readonly read: Reader;
  readonly clock: Clock;
  readonly log: Log;
  onChange(params: LabelingParams): void;
}

/** What the editor asks of labeling: one run a file at a time, each with its growing tree. */
export interface LabelingService {
  /** Cancelling has an outcome, too: what was sampled is kept. Rejects with a message that names the cause. */
  label(job: LabelJob, problem: number, signal: AbortSignal): Promise<LabelOutcome>;
  /** Rejects when the document is not the tree of an event log, and as `label` does. */
  more(
    document: ScoredDocument,
    problem: number,
    node: number,
    count: number,
    job: LabelJob,
    signal: AbortSignal,
  ): Promise<MoreRolloutsResult>;
  /** One rollout of the policy with everything that led to it; nothing is written. */
  tryPolicy(job: LabelJob, signal: AbortSignal): Promise<PolicyTryResult>;
  /** A tree panel's view of a file: while it is labeled the growing tree, else the document's, else what its log shows. */
  treeView(
    uri: string,
    problem: number,
    document: ScoredDocument | undefined,
    threshold: number,
    images: (paths: readonly string[]) => Promise<readonly string[]>,
    prices?: Prices,
  ): Promise<ShownTree>;
  /** A node's rollouts with their texts and what the log records of each. */
  nodeRollouts(
    uri: string,
    problem: number,
    node: number,
    document: ScoredDocument | undefined,
    threshold: number,
  ): Promise<readonly RolloutView[]>;
  /** Where a node is in the file or the log, and its texts; null where there is no such node. */
  nodePlace(
    uri: string,
    problem: number,
    wanted: { readonly node: number; readonly step?: number | undefined; readonly rollout?: number | undefined },
    document: ScoredDocument | undefined,
    threshold: number,
  ): Promise<NodePlaceResult | null>;
  /** The node that a line of a log made. */
  nodeOfLine(uri: string, problem: number, line: number): Promise<number | null>;
  /** What became of the problems of a document. */
  results(jobs: readonly ResultJob[]): Promise<readonly ProblemResult[]>;
  /** The document a tree panel shows of a file: as in `treeView`. */
  shownDocument(uri: string, document: ScoredDocument | undefined, threshold: number): Promise<ScoredDocument | undefined>;
  /** Stops the run whose labels go into this file (or all runs). */
  stop(file?: string): void;
  /** Stops the runs that send to a server which is forbidden now. */
  stopSending(isForbidden: (origin: string) => boolean): void;
  /** Stops all runs; resolves when they have ended, their files closed. */
  dispose(): Promise<void>;
}

export function createLabelingService(world: LabelingWorld): LabelingService {
  const active = new Map<string, LabelingRun>();
  const working = new Set<Promise<unknown>>();
  /** Why the last labeling into a file gave no labels. */
  const failed = new Map<string, LabelingFailure>();

  /** Events of the run under way, else those of the log beside the file; undefined where there is none that can be read. */
  const eventsOf = async (uri: string): Promise<readonly RunEvent[] | undefined> =>
    active.get(uri)?.events ??
    world.labeler.events(uri).catch((error: unknown) => void world.log.warn(`The event log of ${uri}: ${messageOf(error)}`));

  /** Runs under the file's name, so that a second request for it is refused and its view grows. */
  async function runOn<T>(
    file: string,
    job: LabelJob,
    problem: number,
    signal: AbortSignal,
    work: (run: LabelingRun) => Promise<T>,
  ): Promise<T> {
    if (active.has(file)) throw new Error('This problem is being labeled already; wait for its end or stop it.');
    const run = new LabelingRun(job, problem, file, world.clock, (params) => world.onChange(params));
    const stop = (): void => run.abort.abort();
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    active.set(file, run);
    failed.delete(file);
    run.announce('running');
    const ending = work(run);
    working.add(ending);
    try {
      return await ending;
    } finally {
      working.delete(ending);
      signal.removeEventListener('abort', stop);
      active.delete(file);
      run.end();
      run.announce('ended');
    }
  }

  /** The progress of a run that another process writes; null where none does. */
  async function elsewhere(uri: string, events: readonly RunEvent[] | undefined): Promise<LabelingParams | null> {
    const tree = events && replay(events);
    if (!tree || tree.isEnded || !(await world.labeler.isBeingWritten(uri))) return null;
    const { budget } = tree.begin.settings;
    return {
      uri,
      problem: 0,
      file: uri,
      state: 'running',
      rollouts: tree.rollouts,
      ...(typeof budget === 'number' && { budget }),
      searches: tree.visits,
      resumed: 0,
      servers: [],
      isElsewhere: true,
    };
  }

  return {
    async label(job, problem, signal) {
      const replies = new FirstReply();
      let own: LabelingRun | undefined;
      try {
        return await watchExchanges(replies.note, [], () =>
          world.labeler.label(job, (file, label) =>
            runOn(file, job, problem, signal, async (run): Promise<LabelOutcome> => {
              own = run;
              try {
                const outcome = await label({
                  signal: run.abort.signal,
                  onEvent: (event, isRecorded) => run.note(event, isRecorded),
                  onWait: (why) => run.wait(why),
                });
                return { ...outcome, file, resumed: run.resumed };
              } catch (error) {
                if (!run.abort.signal.aborted) throw error;
                return { state: 'cancelled', file, resumed: run.resumed, ...countsOf(run.events) };
              }
            }),
          ),
        );
      } catch (error) {
        const file = own?.file ?? (await world.labeler.fileOf(job).catch(() => undefined));
        // A second request for a run under way is refused; that run has not failed.
        if (file === undefined || signal.aborted || active.has(file)) throw error;
        failed.set(file, labelingFailure(error, replies.exchange, own?.events ?? [], { uri: job.uri, problem }));
        (own ?? new LabelingRun(job, problem, file, world.clock, (params) => world.onChange(params))).fail();
        throw error;
      }
    },

    async more(document, problem, node, count, job, signal) {
      if (!Number.isInteger(count) || count < 1) throw new Error('The number of rollouts is a whole number from 1.');
      const { uri: file } = document;
      const before = await world.labeler.events(file);
      const shown = document.reasoning.problems[problem];
      const logged = before && shown && loggedNode(before, shown, node);
      if (before === undefined || logged === undefined) {
        throw new Error(
          'More rollouts need the event log of the run that made this tree, beside it and unchanged. Label the problem again instead.',
        );
      }
      return runOn(file, job, problem, signal, async (run): Promise<MoreRolloutsResult> => {
        const events = await world.labeler.more(file, logged, count, job, {
          signal: run.abort.signal,
          onEvent: (event, isRecorded) => run.note(event, isRecorded),
        });
        const added = events.slice(before.length).flatMap((event) => (event.event === 'rollouts' ? event.rollouts : []));
        const ofVerdict = (wanted: string): number => added.filter((one) => ('failure' in one ? 'failed' : one.verdict) === wanted).length;
        return { right: ofVerdict('right'), wrong: ofVerdict('wrong'), undecided: ofVerdict('undecided'), failed: ofVerdict('failed') };
      });
    },

    async tryPolicy(job, signal) {
      return tryResult(await world.labeler.tryOnce(job, signal), job.problem.answer);
    },

    async shownDocument(uri, document, threshold) {
      return document && !active.has(uri) && !isEventLog(uri) ? document : grown(uri, (await eventsOf(uri)) ?? [], threshold, world.read);
    },

    async results(jobs) {
      const [first] = jobs;
      // While somebody types in a long file of candidates, nothing is looked for that is not there.
      if (!first || !(await world.labeler.hasRuns(first))) return [];
      const found = await Promise.all(
        jobs.map(async (job) => {
          const run = await world.labeler.newest(job);
          return run ? problemResult(job.index, { ...run, isRunning: active.has(run.file) || run.isWritten }, failed.get(run.file)) : [];
        }),
      );
      return found.flat();
    },

    async nodeRollouts(uri, problem, node, document, threshold) {
      const shown = await this.shownDocument(uri, document, threshold);
      const own = shown?.reasoning.problems[problem];
      if (!shown || !own) return [];
      const events = await eventsOf(uri);
      return withDetails(nodeRollouts(shown, problem, node), events, own, node);
    },

    async nodePlace(uri, problem, { node, step, rollout }, document, threshold) {
      const shown = await this.shownDocument(uri, document, threshold);
      const place = shown ? nodePlace(shown, problem, node, { step, rollout }) : null;
      const own = shown?.reasoning.problems[problem];
      const events = place && own && isEventLog(uri) ? await eventsOf(uri) : undefined;
      const line = events && own && logLines(events, own)?.[node];
      return place && events && line !== undefined ? { ...place, range: logRange(events, line) } : place;
    },

    async nodeOfLine(uri, problem, line) {
      const events = (await eventsOf(uri)) ?? [];
      // Which line made a node does not depend on the threshold.
      const own = grown(uri, events, 0.5, world.read)?.reasoning.problems[problem];
      const node = (own && logLines(events, own)?.indexOf(line)) ?? -1;
      return node < 0 ? null : node;
    },

    async treeView(uri, problem, document, threshold, images, prices) {
      const run = active.get(uri);
      const events = await eventsOf(uri);
      const isLog = isEventLog(uri);
      // A log as it is on disk: the editor's text may be behind a run that continues.
      const shown = run || !document || (isLog && events) ? grown(uri, events ?? [], threshold, world.read) : document;
      const own = shown?.reasoning.problems[problem];
      const labeling = run ? run.params('running') : await elsewhere(uri, events);
      const failure = run || labeling ? null : (failed.get(uri) ?? (events && failureInLog(events, logUri(uri))) ?? null);
      if (!shown || !own) return { view: null, images: [], replay: null, labeling, failure };
      const found = await images(own.images);
      return {
        view: JSON.stringify(problemView(shown, problem, found)),
        images: found,
        replay: events === undefined ? null : replayOf(events, own, prices),
        labeling,
        failure,
      };
    },

    stop(file) {
      for (const run of active.values()) if (file === undefined || run.file === file) run.abort.abort();
    },

    stopSending(isForbidden) {
      for (const run of active.values()) if (run.servers.some(isForbidden)) run.abort.abort();
    },

    async dispose() {
      for (const run of active.values()) run.dispose();
      await Promise.allSettled(working);
    },
  };
}

/** A tree that is not in a file yet is read as the file it would be: so what is drawn is what will be written. */
function grown(uri: string, events: readonly RunEvent[], threshold: number, read: Reader): ScoredDocument | undefined {
  const tree = replay(events);
  if (tree === undefined) return undefined;
  const text = treeText(tree);
  const reasoning = read(text, { uri, languageId: 'json' });
  if (!reasoning) return undefined;
  const problems = reasoning.problems.map((problem) => scoredProblem(problem, undefined, threshold));
  return { uri, version: events.length, lines: new LineIndex(text), reasoning, problems, threshold };
}

/** The log's number of a node of the file; undefined when the log is of another tree. */
function loggedNode(events: readonly RunEvent[], problem: Problem, node: number): number | undefined {
  return matchLog(events, problem)?.order[node];
}

/** The log beside a file, as a URI. */
function logUri(uri: string): string {
  return isEventLog(uri) ? uri : `${uri.replace(/\.jsonl?$/i, '')}.events.jsonl`;
}

function countsOf(events: readonly RunEvent[]): Pick<LabelOutcome, 'rollouts' | 'failures' | 'undecided'> {
  const { rollouts = 0, failures = 0, undecided = 0 } = replay(events) ?? {};
  return { rollouts, failures, undecided };
}

function tryResult({ policy, requests, rollout, failure }: PolicyTry, reference: string): PolicyTryResult {
  const why = failure ?? (rollout && 'failure' in rollout ? rollout.failure : undefined);
  const {
    steps = [],
    finish,
    reasoning,
    answer,
    verdict,
    method,
    reason,
    judgeFailure,
  } = rollout && !('failure' in rollout) ? rollout : {};
  const because = judgeFailure ?? reason;
  return {
    ...(policy !== undefined && { policy }),
    requests: requests.map(({ to, url, request, status, reply, failure: none, ms }) => ({
      to,
      url,
      ...(request !== undefined && { request: bodyText(request) }),
      ...(status !== undefined && { status }),
      ...(reply !== undefined && { reply: bodyText(reply) }),
      ...(none !== undefined && { failure: none }),
      ms,
    })),
    ...(why !== undefined && { failure: why }),
    steps,
    ...(finish !== undefined && { finish }),
    ...(reasoning !== undefined && { reasoning }),
    ...(answer !== undefined && { answer }),
    reference,
    ...(verdict !== undefined && { verdict }),
    ...(method !== undefined && { method }),
    ...(because !== undefined && { reason: because }),
  };
}

function bodyText(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body, null, 2);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
