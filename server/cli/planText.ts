import type { Prediction } from '../labeling/economy/ledger.js';
import type { Plan } from '../labeling/economy/plan.js';
import { countedNoun } from '../language/solutionValues.js';
import { shortMoney } from './cost.js';
import { textTable } from './textTable.js';

/** Returns the output of `label --plan`. */
export function planText(plan: Plan, folder: string, jobs: number): string {
  const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
  const price = plan.lacksTokens ? undefined : plan.price;
  const tokens: typeof rows = [
    ['prompt tokens', plan.promptTokens, whole],
    ['completion tokens', plan.completionTokens, whole],
  ];
  const rows: [name: string, prediction: Prediction, show: (value: number) => string][] = [
    ['step labels', plan.labels, whole],
    ['rollouts', plan.rollouts, whole],
    ['requests', plan.requests, whole],
    ...(plan.lacksTokens ? [] : tokens),
    ...(plan.judgeRequests.value > 0 ? [['judge calls', plan.judgeRequests, whole] as (typeof rows)[number]] : []),
    ['time', plan.seconds, duration],
    ...(price === undefined ? [] : [['price', price, shortMoney] as (typeof rows)[number]]),
  ];
  const cells = rows.map(([name, { value, low, high }, show]) => [name, show(value), `(${show(low)} to ${show(high)})`]);
  return [
    `Plan for ${countedNoun(plan.problems, 'problem')}, from ${plan.sampled} that were labeled -> ${folder}; in brackets a 95 % interval.\n`,
    textTable(cells),
    plan.lacksTokens ? 'The server reports no tokens, so tokens and price are unknown.\n' : '',
    `The time is that of ${countedNoun(jobs, 'problem')} at once (--jobs). The same command without --plan continues.\n`,
  ].join('');
}

/** Seconds in the two largest units: "3 h 12 min". */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'unknown';
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
