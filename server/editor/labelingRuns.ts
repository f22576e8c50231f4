import { t } from '../l10n.js';
import type { RunEvent } from '../labeling/runEvents.js';
import type { LabelingFailure } from '../protocol/labeling.js';
import { messageOf } from '../reasoning/errorText.js';
import type { LabelingWorld, LabelJob } from './labelerPort.js';
import { LabelingRun } from './labelingRun.js';

/** The runs in progress, one per file, and the failures of earlier ones. */
export class LabelingRuns {
  private readonly active = new Map<string, LabelingRun>();
  private readonly working = new Set<Promise<unknown>>();
  /** Why the last labeling into a file gave no labels. */
  private readonly failed = new Map<string, LabelingFailure>();

  constructor(private readonly world: LabelingWorld) {}

  /** The run whose labels go into this file. */
  of(file: string): LabelingRun | undefined {
    return this.active.get(file);
  }

  failureOf(file: string): LabelingFailure | undefined {
    return this.failed.get(file);
  }

  /** Why the last labeling of a problem gave no labels, and where they would have gone. */
  failureOfProblem(uri: string, problem: number): { readonly file: string; readonly failure: LabelingFailure } | undefined {
    for (const [file, failure] of this.failed)
      if (failure.source.uri === uri && failure.source.problem === problem) return { file, failure };
    return undefined;
  }

  /** Events of the run in progress, else those of the log beside the file; undefined without a readable log. */
  async eventsOf(uri: string): Promise<readonly RunEvent[] | undefined> {
    const { labeler, log } = this.world;
    return (
      this.active.get(uri)?.events ??
      labeler.events(uri).catch((error: unknown) => void log.warn(`The event log of ${uri}: ${messageOf(error)}`))
    );
  }

  /** Runs `work` registered under the file, so that a second request for it is refused and its view grows. */
  async start<T>(file: string, job: LabelJob, problem: number, signal: AbortSignal, work: (run: LabelingRun) => Promise<T>): Promise<T> {
    if (this.active.has(file)) throw new Error(t('This problem is being labeled already; wait for its end or stop it.'));
    const run = this.newRun(file, job, problem);
    const stop = (): void => run.abort.abort();
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    this.active.set(file, run);
    this.failed.delete(file);
    run.announce('running');
    const ending = work(run);
    this.working.add(ending);
    try {
      return await ending;
    } finally {
      this.working.delete(ending);
      signal.removeEventListener('abort', stop);
      this.active.delete(file);
      run.end();
      run.announce('ended');
    }
  }

  /** Stores why a labeling gave no labels and announces the failure; `run` is undefined if it never began. */
  fail(file: string, job: LabelJob, problem: number, failure: LabelingFailure, run: LabelingRun | undefined): void {
    this.failed.set(file, failure);
    (run ?? this.newRun(file, job, problem)).fail();
  }

  /** Stops the runs that `isMeant` selects. */
  stop(isMeant: (run: LabelingRun) => boolean): void {
    for (const run of this.active.values()) if (isMeant(run)) run.abort.abort();
  }

  /** Stops all runs; resolves when they have ended and closed their files. */
  async dispose(): Promise<void> {
    for (const run of this.active.values()) run.dispose();
    await Promise.allSettled(this.working);
  }

  private newRun(file: string, job: LabelJob, problem: number): LabelingRun {
    return new LabelingRun(job, problem, file, this.world.clock, (params) => this.world.onChange(params));
  }
}
