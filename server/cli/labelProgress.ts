import { appendFile } from 'node:fs/promises';
import { writeWhole } from '../disk/writeWhole.js';
import type { ProblemOutcome } from '../labeling/labelRun.js';
import { countEvent, newCounts, type RunRolloutCounts } from '../labeling/rolloutCounts.js';
import type { RunEvent } from '../labeling/runEvents.js';
import { countedNoun } from '../language/solutionValues.js';
import { type CliWorld, UsageError } from './command.js';
import { duration } from './planText.js';
import { ProgressLine } from './progressLine.js';

export interface ProgressOptions {
  /** Seconds between two lines when there is no terminal, and between two records and metrics; 0: no lines. */
  readonly every: number;
  /** A file to which a JSON object is written at every interval. */
  readonly stream: string | undefined;
  /** A file that has the latest numbers for Prometheus (node_exporter's textfile collector). */
  readonly metrics: string | undefined;
}

/** Progress of a run: one line of the JSON stream. */
export interface ProgressRecord extends RunRolloutCounts {
  /** ms since 1970. */
  readonly at: number;
  readonly state: 'running' | 'ended';
  readonly problems: number;
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
  readonly open: number;
  /** Seconds since the run began. */
  readonly seconds: number;
  readonly rolloutsPerSecond: number;
  /** Seconds that are left if the remaining problems take as long; absent before the first one is labeled. */
  readonly secondsLeft?: number;
}

/**
 * Reports the progress of a run: on a terminal in one line that is rewritten, elsewhere in periodic lines, and in
 * files.
 */
export class LabelProgress {
  readonly #world: CliWorld;
  readonly #options: ProgressOptions;
  readonly #problems: number;
  readonly #line: ProgressLine;
  readonly #started: number;
  readonly #outcomes = { done: 0, skipped: 0, failed: 0, open: 0 };
  #counts = newCounts();
  #timer: NodeJS.Timeout | undefined;
  /** Each write waits for the one before it. */
  #writing: Promise<void> = Promise.resolve();
  #hasBegun = false;
  #hasFailed = false;
  /** Rollouts that other processes sampled before this process joined them. */
  #before = 0;

  constructor(world: CliWorld, problems: number, options: ProgressOptions) {
    this.#world = world;
    this.#options = options;
    this.#problems = problems;
    this.#line = new ProgressLine(world);
    this.#started = world.now();
  }

  /** Starts the reports. Rejects with UsageError when a file cannot be written. */
  async begin(): Promise<void> {
    const { every } = this.#options;
    try {
      await this.#write('running');
      this.#hasBegun = true;
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
    if (every === 0) return;
    this.#timer = setInterval(() => this.#tick(), every * 1000);
    this.#timer.unref();
  }

  get finished(): number {
    return Object.values(this.#outcomes).reduce((sum, one) => sum + one, 0);
  }

  /** Rollouts that other processes sampled before this one joined. */
  get before(): number {
    return this.#before;
  }

  /** Adds an event that happened now, not in an earlier run. */
  add(event: RunEvent): void {
    countEvent(this.#counts, event);
    this.#line.tell(this.#text());
  }

  end(outcome: ProblemOutcome): void {
    this.#outcomes[outcome.kind]++;
    this.#line.tell(this.#text());
  }

  /** Shows the counts of all processes of a shared run. */
  share({ finished, ...counts }: RunRolloutCounts & { readonly finished: number }, isFirst: boolean): void {
    if (isFirst) this.#before = counts.rollouts;
    this.#outcomes.done = finished;
    this.#counts = counts;
    this.#line.tell(this.#text());
  }

  /** Writes a message between the lines. */
  say(message: string): void {
    this.#line.clear();
    this.#world.err.write(`steplens: ${message}\n`);
  }

  clear(): void {
    this.#line.clear();
  }

  /** Ends the line and writes the last record. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#line.clear();
    if (this.#hasBegun) this.#queue('ended');
    await this.#writing;
  }

  get record(): Omit<ProgressRecord, 'state'> {
    const { done, skipped, failed, open } = this.#outcomes;
    const seconds = (this.#world.now() - this.#started) / 1000;
    const worked = done + failed + open;
    const left = this.#problems - this.finished;
    return {
      at: this.#world.date(),
      problems: this.#problems,
      done,
      skipped,
      failed,
      open,
      ...this.#counts,
      seconds: rounded(seconds),
      rolloutsPerSecond: rounded(seconds > 0 ? (this.#counts.rollouts - this.#before) / seconds : 0),
      ...(worked > 0 && { secondsLeft: rounded((left * seconds) / worked) }),
    };
  }

  #text(): string {
    const { problems, failed, open, rollouts, failures, undecided, rolloutsPerSecond, secondsLeft } = this.record;
    const some = (parts: readonly (readonly [number, string])[]): string => {
      const shown = parts.filter(([number]) => number > 0).map(([number, name]) => `${number.toLocaleString('en-US')} ${name}`);
      return shown.length === 0 ? '' : ` (${shown.join(', ')})`;
    };
    return [
      `${this.finished.toLocaleString('en-US')} of ${countedNoun(problems, 'problem')}${some([
        [failed, 'failed'],
        [open, 'open'],
      ])}`,
      `${countedNoun(rollouts, 'rollout')}${some([
        [failures, 'failed'],
        [undecided, 'undecided'],
      ])}`,
      rate(rolloutsPerSecond),
      ...(secondsLeft === undefined ? [] : [`about ${duration(secondsLeft)} left`]),
    ].join(', ');
  }

  #tick(): void {
    if (this.#world.err.isTTY !== true) this.#world.err.write(`steplens: ${this.#text()}\n`);
    this.#queue('running');
  }

  #queue(state: ProgressRecord['state']): void {
    this.#writing = this.#writing.then(() =>
      this.#write(state).catch((error: unknown) => {
        // A failed report must not end the labeling.
        if (!this.#hasFailed) this.say((error as Error).message);
        this.#hasFailed = true;
      }),
    );
  }

  async #write(state: ProgressRecord['state']): Promise<void> {
    const { stream, metrics } = this.#options;
    const record: ProgressRecord = { state, ...this.record };
    const writes = [
      [stream, (path: string) => appendFile(path, `${JSON.stringify(record)}\n`)],
      [metrics, (path: string) => writeWhole(path, metricsText(record))],
    ] as const;
    for (const [path, write] of writes) {
      if (path === undefined) continue;
      await write(path).catch((error: unknown) => {
        throw new Error(`${path} cannot be written: ${(error as Error).message}`);
      });
    }
  }
}

/** Shows rollouts per second, or per minute below 1 per second, so that a slow server's rate has digits. */
export function rate(perSecond: number): string {
  return perSecond > 0 && perSecond < 1 ? `${(60 * perSecond).toFixed(1)} rollouts/min` : `${perSecond.toFixed(1)} rollouts/s`;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** Prometheus' text format. */
export function metricsText(record: ProgressRecord): string {
  const { problems, done, skipped, failed, open } = record;
  const states = { done, skipped, failed, open, waiting: problems - done - skipped - failed - open };
  const counters: Readonly<Record<string, readonly [value: number, help: string]>> = {
    rollouts: [record.rollouts, 'Rollouts sampled.'],
    rollouts_failed: [record.failures, 'Rollouts that failed.'],
    rollouts_undecided: [record.undecided, 'Rollouts that nobody could decide.'],
    requests: [record.requests, 'Requests to the policy.'],
    judge_requests: [record.judgeRequests, 'Requests to the judge.'],
    prompt_tokens: [record.promptTokens, 'Prompt tokens as the server reports them.'],
    completion_tokens: [record.completionTokens, 'Completion tokens as the server reports them.'],
    judge_tokens: [record.judgeTokens, "The judge's tokens."],
  };
  return [
    '# HELP steplens_label_problems Problems of the run by state.',
    '# TYPE steplens_label_problems gauge',
    ...Object.entries(states).map(([state, value]) => `steplens_label_problems{state="${state}"} ${value}`),
    ...Object.entries(counters).flatMap(([name, [value, help]]) => [
      `# HELP steplens_label_${name}_total ${help}`,
      `# TYPE steplens_label_${name}_total counter`,
      `steplens_label_${name}_total ${value}`,
    ]),
    '# HELP steplens_label_running 1 while the run continues.',
    '# TYPE steplens_label_running gauge',
    `steplens_label_running ${record.state === 'running' ? 1 : 0}`,
    ...(record.secondsLeft === undefined
      ? []
      : [
          '# HELP steplens_label_seconds_left Seconds left if the other problems take as long.',
          '# TYPE steplens_label_seconds_left gauge',
          `steplens_label_seconds_left ${record.secondsLeft}`,
        ]),
    '',
  ].join('\n');
}
