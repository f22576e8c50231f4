import { along } from '../../reasoning/paths.js';
import { createRandom, shuffled } from '../../reasoning/random.js';
import { readEventLog } from '../eventLog.js';
import type { LabelWorld } from '../labelProblem.js';
import { labelRun, type RunOptions, type RunSummary } from '../labelRun.js';
import { problemFiles } from '../runFiles.js';
import {
  addExpense,
  type Expense,
  lacksTokens,
  money,
  newExpense,
  type Prediction,
  type Prices,
  type ProblemExpense,
  predictTotal,
  problemExpense,
  totalExpense,
} from './ledger.js';
import { fullRate } from './throughput.js';

/** Predicted amounts for labeling all problems, those of the sample included. */
export interface Plan {
  readonly problems: number;
  /** Problems that were labeled for the plan; their labels are kept. */
  readonly sampled: number;
  readonly labels: Prediction;
  readonly rollouts: Prediction;
  readonly requests: Prediction;
  readonly promptTokens: Prediction;
  readonly completionTokens: Prediction;
  readonly judgeRequests: Prediction;
  /** With as many problems running at once as in the plan. */
  readonly seconds: Prediction;
  readonly price?: Prediction;
  /** The server reports no tokens, so the plan's tokens and price are meaningless. */
  readonly lacksTokens: boolean;
  readonly summary: RunSummary;
}

export interface PlanOptions {
  readonly prices?: Prices;
  /**
   * Sampling ends when half the width of the interval of the rollouts is at most this share of their number (default:
   * 0.15).
   */
  readonly precision?: number;
}

/** Problems of the first round. Each further round doubles their number. */
const FIRST = 8;
/** Maximum number of sampled problems, even if the interval is still too wide. */
const MOST = 128;

/**
 * Labels randomly drawn problems into the run's folder until the amounts for all problems can be predicted precisely
 * enough, and returns the prediction. Nothing is wasted: the run itself continues with the other problems. Rejects as
 * `labelRun` does; undefined when no problem of the sample has a log.
 */
export async function planLabeling(
  options: RunOptions,
  world: LabelWorld,
  { prices, precision = 0.15 }: PlanOptions = {},
): Promise<Plan | undefined> {
  const { problems, settings, jobs, listed = problems } = options;
  const order = shuffled(problems.length, createRandom(settings.seed, 'plan'));
  for (let size = FIRST; ; size *= 2) {
    const chosen = along(problems, order.slice(0, Math.min(size, MOST)));
    const summary = await labelRun({ ...options, listed, problems: chosen, restart: options.restart && size === FIRST }, world);
    const found: ProblemExpense[] = [];
    for (const { id } of chosen) {
      const events = (await readEventLog(problemFiles(world.folder, id, settings.method).log)).recorded.map(({ event }) => event);
      const expense = problemExpense(events);
      if (expense !== undefined) found.push(expense);
    }
    const expenses = found.map(totalExpense);
    const predict = (amounts: readonly number[]): Prediction => predictRest(amounts, problems.length);
    const rollouts = predict(expenses.map((one) => one.rollouts));
    const isKnown = rollouts.high - rollouts.value <= precision * rollouts.value;
    if (chosen.length < Math.min(problems.length, MOST) && !isKnown) continue;
    if (found.length === 0) return undefined;
    const of = (key: keyof Expense): Prediction => predict(expenses.map((one) => one[key]));
    const rate = fullRate(found, jobs);
    return {
      problems: problems.length,
      sampled: chosen.length,
      labels: predict(found.map(({ labels }) => labels)),
      rollouts,
      requests: of('requests'),
      promptTokens: of('promptTokens'),
      completionTokens: of('completionTokens'),
      judgeRequests: of('judgeRequests'),
      seconds: secondsOf(rollouts, rate, found, problems.length - found.length),
      lacksTokens: lacksTokens(sumOf(expenses)),
      ...(prices && { price: predict(expenses.map((one) => money(one, prices))) }),
      summary,
    };
  }
}

/**
 * Predicts the time of the rollouts at a rate. The interval includes the uncertainty of both; the rate differs by
 * problem.
 */
function secondsOf(rollouts: Prediction, rate: number, found: readonly ProblemExpense[], left: number): Prediction {
  const value = rollouts.value / rate;
  const sum = (batches: ProblemExpense['batches'], of: (batch: ProblemExpense['batches'][number]) => number): number =>
    batches.reduce((all, one) => all + of(one), 0);
  const paces = found
    .map(({ batches }) => sum(batches, ({ from, to }) => to - from) / sum(batches, (one) => one.rollouts))
    .filter((pace) => Number.isFinite(pace));
  const pace = left > 0 ? predictTotal(paces, left) : undefined;
  const share = Math.hypot(rollouts.high / rollouts.value - 1, pace === undefined || pace.value === 0 ? 0 : pace.high / pace.value - 1);
  return { value, low: Math.max(0, value * (1 - share)), high: value * (1 + share) };
}

function sumOf(expenses: readonly Expense[]): Expense {
  const sum = newExpense();
  for (const one of expenses) addExpense(sum, one);
  return sum;
}

/** Adds the known amounts of the sample to the prediction for the other problems. */
function predictRest(amounts: readonly number[], problems: number): Prediction {
  const known = amounts.reduce((sum, one) => sum + one, 0);
  const rest = predictTotal(amounts, problems - amounts.length);
  if (rest === undefined) return { value: known, low: known, high: problems > amounts.length ? Infinity : known };
  return { value: known + rest.value, low: known + rest.low, high: known + rest.high };
}
