import { itemAt } from '../../../server/reasoning/present.js';
import { createRandom } from '../../../server/reasoning/random.js';
import { Draw } from './draw.js';
import { ages, bus } from './kinds/changes.js';
import { barChart, pictograph, priceTable } from './kinds/charts.js';
import { angles, area, perimeter } from './kinds/geometry.js';
import { packing, sharing } from './kinds/groups.js';
import { prices, savings } from './kinds/money.js';
import { numberLine } from './kinds/numberLine.js';
import { average, fraction } from './kinds/parts.js';
import { rates, reading, recipe } from './kinds/rates.js';
import type { GeneratedProblem } from './problem.js';

/** One kind of word problem: draws names and numbers, and returns the problem with the program that solves it. */
export type ProblemKind = (draw: Draw) => GeneratedProblem;

/** A new kind is one function and one line here. */
export const kinds: readonly ProblemKind[] = [
  prices,
  savings,
  rates,
  recipe,
  reading,
  sharing,
  packing,
  ages,
  bus,
  perimeter,
  area,
  angles,
  barChart,
  priceTable,
  pictograph,
  numberLine,
  average,
  fraction,
];

/** Problem number `index` of a seed; the same on every machine. Kinds take turns, so any stretch is balanced. */
export function generateProblem(seed: number, index: number): GeneratedProblem {
  return itemAt(kinds, index % kinds.length)(new Draw(createRandom(seed, `problem ${index}`)));
}
