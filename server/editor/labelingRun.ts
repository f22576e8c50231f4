import { local, t } from '../l10n.js';
import type { RunEvent } from '../labeling/runEvents.js';
import type { LabelingParams } from '../protocol/labeling.js';
import type { LabelingSettings, LabelJob } from './labelerPort.js';
import type { Clock } from './service.js';

/** Milliseconds between two announcements of a growing tree. */
const announceMs = 100;
/** A run without an event for this many milliseconds reports that it is still waiting. */
const silentMs = 30_000;

/** A labeling run in progress: its events and counts so far. */
export class LabelingRun {
  readonly abort = new AbortController();
  readonly events: RunEvent[] = [];
  resumed = 0;
  /** Origins of the servers it sends to. */
  readonly servers: readonly string[];
  readonly #place: Pick<LabelingParams, 'uri' | 'problem' | 'file'>;
  readonly #budget: number | undefined;
  readonly #clock: Clock;
  readonly #onChange: (params: LabelingParams) => void;
  #rollouts = 0;
  #searches = 0;
  #waiting: string | undefined;
  #stopTimer: (() => void) | undefined;
  #stopSilence: (() => void) | undefined;

  constructor(
    { uri, settings }: LabelJob,
    problem: number,
    readonly file: string,
    clock: Clock,
    onChange: (params: LabelingParams) => void,
  ) {
    this.#place = { uri, problem, file };
    this.#budget = settings.labelingMethod === 'mcts' ? settings.labelingBudget : undefined;
    this.servers = serversOf(settings);
    this.#clock = clock;
    this.#onChange = onChange;
    this.#listen(0);
  }

  /** Counts an event, and announces it soon. `isRecorded`: it happened in an earlier part of the run. */
  note(event: RunEvent, isRecorded: boolean): void {
    this.events.push(event);
    if (event.event === 'rollouts') {
      this.#rollouts += event.rollouts.length;
      if (isRecorded) this.resumed += event.rollouts.length;
    }
    if (event.event === 'selected') this.#searches++;
    this.#waiting = undefined;
    this.#listen(0);
    this.#stopTimer ??= this.#clock.after(announceMs, () => this.announce('running'));
  }

  /** Announces why nothing is sampled; the next event clears the reason. */
  wait(why: string): void {
    this.#waiting = local(why);
    this.announce('running');
  }

  announce(state: LabelingParams['state']): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#onChange(this.params(state));
  }

  params(state: LabelingParams['state']): LabelingParams {
    const budget = this.#budget;
    return {
      ...this.#place,
      state,
      rollouts: this.#rollouts,
      ...(budget !== undefined && { budget }),
      searches: this.#searches,
      resumed: this.resumed,
      servers: this.servers,
      ...(this.#waiting !== undefined && { waiting: this.#waiting }),
    };
  }

  /** Ends without labels. */
  fail(): void {
    this.end();
    this.announce('failed');
  }

  /** Stops the timers: after the end of the run they announce nothing more. */
  end(): void {
    this.#stopTimer?.();
    this.#stopSilence?.();
    this.#stopTimer = this.#stopSilence = undefined;
  }

  dispose(): void {
    this.abort.abort();
    this.end();
  }

  #listen(silent: number): void {
    this.#stopSilence?.();
    this.#stopSilence = this.#clock.after(silentMs, () => {
      const now = silent + silentMs;
      this.wait(
        this.servers.length === 0
          ? t('No reply from the model for {0} s.', now / 1000)
          : t('No reply from the server for {0} s.', now / 1000),
      );
      this.#listen(now);
    });
  }
}

/** Origins of the policy, the judge and the verifier, where they are on servers. */
export function serversOf({
  labelingPolicy,
  labelingJudge,
  verifier,
}: Pick<LabelingSettings, 'labelingPolicy' | 'labelingJudge' | 'verifier'>): string[] {
  const servers = [labelingPolicy, labelingJudge, verifier].filter((url) => /^https?:/i.test(url) && URL.canParse(url));
  return [...new Set(servers.map((url) => new URL(url).origin))];
}
