import { type NumberRange, numberAbove, numberBelow, numberFrom, wholeFrom } from '../reasoning/numberRange.js';
import type { SearchSettings } from './mcts.js';
import type { MonteCarloSettings } from './monteCarlo.js';
import type { MethodSettings } from './runSettings.js';

type NumbersOf<S> = { readonly [K in keyof S as NonNullable<S[K]> extends number ? K : never]-?: NumberRange };

/** Rollouts of one state; the editor's setting has the same range (server/protocol/settingsTable.ts). */
const rollouts = wholeFrom(1, 10_000);

/** Ranges of the numbers of a labeling run, from every source: the command line, a launch configuration, the debug console. */
export const settingRanges: { readonly mcts: NumbersOf<SearchSettings>; readonly 'monte-carlo': NumbersOf<MonteCarloSettings> } = {
  mcts: {
    rollouts,
    searches: wholeFrom(0, 100_000),
    budget: wholeFrom(1, 1_000_000),
    cPuct: numberFrom(0, 1000),
    alpha: numberAbove(0, 1),
    beta: numberAbove(0, 1),
    lengthScale: numberAbove(0, 1_000_000),
  },
  'monte-carlo': {
    solutions: rollouts,
    continuations: rollouts,
    maxSteps: wholeFrom(1, 10_000),
    threshold: numberBelow(0, 1),
    precision: { words: 'a number above 0 and below 0.5', has: (value) => value > 0 && value < 0.5 },
  },
};

/** Returns a sentence about the first number that is outside its range; undefined if there is none. */
export function outOfRange(settings: MethodSettings): string | undefined {
  const values = settings as unknown as Readonly<Record<string, unknown>>;
  for (const [name, { words, has }] of Object.entries<NumberRange>(settingRanges[settings.method])) {
    const value = values[name];
    if (value !== undefined && !(typeof value === 'number' && has(value))) return `${name} is ${words}, not ${JSON.stringify(value)}`;
  }
  return undefined;
}
