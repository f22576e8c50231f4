import type { ImagePlace } from '../files/images.js';
import type { ProblemToLabel, RunEvent } from '../labeling/runEvents.js';
import type { PolicyTry } from '../labeling/tryPolicy.js';
import type { LabelingParams, LabelOutcome } from '../protocol/labeling.js';
import type { ServerSettings } from '../protocol/settingsTable.js';
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
  /** Whether to label the problem again, with another seed than the last time. */
  readonly again: boolean;
}

export type ResultJob = Pick<LabelJob, 'uri' | 'problem' | 'settings'> & { readonly index: number };

export interface LabelRun {
  readonly signal: AbortSignal;
  /** `isRecorded`: it had happened in an earlier part of the run. */
  readonly onEvent: (event: RunEvent, isRecorded: boolean) => void;
  /** Called while the policy is unavailable and will be retried; `why` is one sentence. */
  readonly onWait?: (why: string) => void;
}

/** Runs the pipeline for the editor. Rejects with an error whose message names the cause and the remedy. */
export interface Labeler {
  /** Finds the file (a URI) for the labels of a job, and runs the job there when `begin` calls `label`. */
  label<T>(
    job: LabelJob,
    begin: (file: string, label: (run: LabelRun) => Promise<Omit<LabelOutcome, 'file' | 'resumed'>>) => Promise<T>,
  ): Promise<T>;
  /** Returns the file (a URI) that a job's labels would be in, without a request to the policy. */
  fileOf(job: LabelJob): Promise<string>;
  /** Whether there are runs of a document at all. */
  hasRuns(job: Pick<LabelJob, 'uri' | 'settings'>): Promise<boolean>;
  /** The newest run of a problem: its events and its label file, which may not exist yet; undefined without a run. */
  newest(
    job: Pick<LabelJob, 'uri' | 'problem' | 'settings'>,
  ): Promise<{ readonly file: string; readonly isWritten: boolean; readonly events: readonly RunEvent[] } | undefined>;
  /** Whether a process writes the labels of this file at the moment. */
  isBeingWritten(file: string): Promise<boolean>;
  /** Samples more rollouts from a node of the log beside a tree file, and rewrites the file; resolves with the whole log. */
  more(file: string, node: number, count: number, job: LabelJob, run: LabelRun): Promise<readonly RunEvent[]>;
  /** One rollout of a job's problem with its requests; writes nothing. */
  tryOnce(job: LabelJob, signal: AbortSignal): Promise<PolicyTry>;
  /** Returns the events of the log beside a file; undefined without a readable log. */
  events(file: string): Promise<readonly RunEvent[] | undefined>;
}

/** What labeling needs of the editor's server. */
export interface LabelingWorld {
  readonly labeler: Labeler;
  readonly read: Reader;
  readonly clock: Clock;
  readonly log: Log;
  onChange(params: LabelingParams): void;
}
