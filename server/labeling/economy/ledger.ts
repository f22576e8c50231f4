import type { RunEvent } from '../runEvents.js';

/** Total cost of several batches of a run. */
export interface Expense {
  rollouts: number;
  failures: number;
  undecided: number;
  requests: number;
  /** Attempts beyond the first one of each request, the judge's included. */
  retries: number;
  promptTokens: number;
  completionTokens: number;
  cachedTokens: number;
  judgeRequests: number;
  judgeTokens: number;
  /** Requests, the judge's included, whose reply lacks token counts: reported tokens and money are then too low. */
  unreported: number;
  /** Sum of the times of the batches, several of which run at once. */
  ms: number;
}

/** Batches from the question, from steps, and those requested by the user after the end of the method. */
export const PHASES = ['question', 'steps', 'more'] as const;
export type Phase = (typeof PHASES)[number];

export interface TimedBatch {
  /** ms since 1970. */
  readonly from: number;
  readonly to: number;
  readonly rollouts: number;
}

/** Cost of one problem's labels, read from its log. Earlier parts of a resumed run are included. */
export interface ProblemExpense {
  readonly method: string;
  readonly isFinished: boolean;
  /** Steps, or states of a search, that got a value. */
  readonly labels: number;
  readonly phases: Readonly<Record<Phase, Expense>>;
  /** Its batches with their times, in order; empty if the log has no times. */
  readonly batches: readonly TimedBatch[];
}

/** Prices in any currency. */
export interface Prices {
  /** Per million tokens. */
  readonly prompt: number;
  readonly completion: number;
}

export function newExpense(): Expense {
  return {
    rollouts: 0,
    failures: 0,
    undecided: 0,
    requests: 0,
    retries: 0,
    promptTokens: 0,
    completionTokens: 0,
    cachedTokens: 0,
    judgeRequests: 0,
    judgeTokens: 0,
    unreported: 0,
    ms: 0,
  };
}

export function addExpense(sum: Expense, more: Expense): void {
  for (const key of Object.keys(sum) as (keyof Expense)[]) sum[key] += more[key];
}

/** Reads the cost of a problem from its log; undefined if the log is empty. */
export function problemExpense(events: readonly RunEvent[]): ProblemExpense | undefined {
  const [begin] = events;
  if (begin?.event !== 'begin') return undefined;
  const phases = { question: newExpense(), steps: newExpense(), more: newExpense() };
  const labeled = new Set<number>();
  const batches: TimedBatch[] = [];
  let isFinished = false;
  for (const event of events) {
    if (event.event === 'end') isFinished = true;
    if (event.event === 'value' && event.node > 0) labeled.add(event.node);
    if (event.event !== 'rollouts' && event.event !== 'complete') continue;
    const expense = phases[isFinished ? 'more' : event.node === 0 ? 'question' : 'steps'];
    const rollouts = event.event === 'rollouts' ? event.rollouts : [];
    for (const rollout of rollouts) {
      expense.rollouts++;
      if ('failure' in rollout) expense.failures++;
      else if (rollout.verdict === 'undecided') expense.undecided++;
    }
    const { cost } = event;
    if (cost === undefined) continue;
    expense.requests += cost.requests;
    expense.retries += (cost.retries ?? 0) + (cost.judge?.retries ?? 0);
    expense.promptTokens += cost.prompt;
    expense.completionTokens += cost.completion;
    expense.cachedTokens += cost.cached;
    expense.judgeRequests += cost.judge?.requests ?? 0;
    expense.judgeTokens += (cost.judge?.prompt ?? 0) + (cost.judge?.completion ?? 0);
    expense.unreported += cost.unreported ?? 0;
    expense.ms += cost.ms;
    if (event.at !== undefined) batches.push({ from: event.at - cost.ms, to: event.at, rollouts: rollouts.length });
  }
  return { method: begin.method, isFinished, labels: labeled.size, phases, batches };
}

/** ms during which at least one batch was running, without the pauses between the parts of a resumed run. */
export function busyTime(batches: readonly TimedBatch[]): number {
  let sum = 0;
  let end = -Infinity;
  for (const { from, to } of batches.toSorted((a, b) => a.from - b.from)) {
    sum += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return sum;
}

/** Adds up all phases of a problem. */
export function totalExpense({ phases }: ProblemExpense): Expense {
  const sum = newExpense();
  for (const phase of PHASES) addExpense(sum, phases[phase]);
  return sum;
}

/** Whether no request has known token counts. A dash is then shown, not 0. */
export function lacksTokens({ requests, judgeRequests, unreported }: Pick<Expense, 'requests' | 'judgeRequests' | 'unreported'>): boolean {
  return unreported > 0 && unreported >= requests + judgeRequests;
}

/** The judge's tokens are priced like the policy's prompts. */
export function money(
  { promptTokens, completionTokens, judgeTokens }: Pick<Expense, 'promptTokens' | 'completionTokens' | 'judgeTokens'>,
  prices: Prices,
): number {
  return ((promptTokens + judgeTokens) * prices.prompt + completionTokens * prices.completion) / 1e6;
}

export interface Prediction {
  readonly value: number;
  /** 95 % interval. */
  readonly low: number;
  readonly high: number;
}

/**
 * Predicts the total for `count` problems from the amounts in `sample`: the mean times the count, with the normal
 * prediction interval of a sum (Student's quantile for few samples). Undefined for fewer than two samples.
 */
export function predictTotal(sample: readonly number[], count: number): Prediction | undefined {
  const n = sample.length;
  if (n < 2) return undefined;
  const mean = sample.reduce((sum, one) => sum + one, 0) / n;
  const variance = sample.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (n - 1);
  // Within 3 % of Student's 97.5 % quantile from 4 degrees of freedom on.
  const quantile = 1.96 + 2.4 / (n - 1) + 6.5 / (n - 1) ** 3;
  const half = quantile * Math.sqrt(variance * (count + count ** 2 / n));
  return { value: mean * count, low: Math.max(0, mean * count - half), high: mean * count + half };
}
