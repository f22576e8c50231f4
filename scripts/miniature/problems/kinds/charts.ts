import { itemAt } from '../../../../server/reasoning/present.js';
import type { Draw } from '../draw.js';
import type { GeneratedProblem, Operand } from '../problem.js';
import { Program } from '../program.js';
import { days, fruits, people, pets } from '../words.js';

/** Visitors a day in a bar chart: read two or three bars, add, compare with another. */
export function barChart(draw: Draw): GeneratedProblem {
  const labels = draw.several(days, 4);
  const label = (at: number): string => itemAt(labels, at);
  const values = draw.distinct(11, 60, 4);
  const p = new Program();
  const bars = values.map((value) => p.shown(value));
  const where = draw.pick(['library', 'museum', 'pool', 'zoo']);
  const read = (i: number): Operand =>
    p.read(itemAt(bars, i), `The bar for ${label(i)} shows {r}.`, `On ${label(i)} there were {r} visitors.`);
  const [i, j, k] = draw.several([0, 1, 2, 3], 3) as [number, number, number];
  const [x, y] = [read(i), read(j)];
  const q = `The bar chart shows the visitors of a ${where}.`;
  const figure = { shape: 'bars', title: 'Visitors', labels, values } as const;
  const sum = p.step(x, '+', y, `Together that is {e} visitors.`, `Both days had {e} visitors.`);
  if (draw.chance(0.4)) return p.problem('bar chart', `${q} How many visitors came on ${label(i)} and ${label(j)} together?`, figure);
  const z = read(k);
  if (p.value(sum) > p.value(z) && draw.chance(0.6)) {
    p.step(sum, '-', z, `The difference is {e} visitors.`, `That is {e} more.`);
    return p.problem('bar chart', `${q} How many more visitors came on ${label(i)} and ${label(j)} together than on ${label(k)}?`, figure);
  }
  p.step(sum, '+', z, `All three days had {e} visitors.`, `With the third day that is {e} visitors.`);
  return p.problem('bar chart', `${q} How many visitors came on ${label(i)}, ${label(j)} and ${label(k)} together?`, figure);
}

/** Prices a kilogram in a table: amounts of two fruits. */
export function priceTable(draw: Draw): GeneratedProblem {
  const labels = draw.several(fruits, 4);
  const label = (at: number): string => itemAt(labels, at);
  const values = draw.distinct(2, 15, 4);
  const who = draw.pick(people);
  const p = new Program();
  const cells = values.map((value) => p.shown(value));
  const [i, j] = draw.several([0, 1, 2, 3], 2) as [number, number];
  const [n1, n2] = [p.given(draw.whole(2, 9)), p.given(draw.whole(2, 9))];
  const read = (at: number): Operand =>
    p.read(itemAt(cells, at), `A kilogram of ${label(at)} costs {r} dollars.`, `The table gives {r} dollars for ${label(at)}.`);
  const cost = (price: Operand, n: Operand, at: number): Operand =>
    p.step(price, '*', n, `{b} kilograms of ${label(at)} cost {e} dollars.`, `So ${who} pays {e} dollars for the ${label(at)}.`);
  const c1 = cost(read(i), n1, i);
  const c2 = cost(read(j), n2, j);
  p.step(c1, '+', c2, `In total that is {e} dollars.`, `${who} pays {e} dollars.`);
  return p.problem(
    'table',
    `The table lists prices in dollars per kilogram. ${who} buys ${p.value(n1)} kilograms of ${label(i)} and ${p.value(n2)} kilograms of ${label(j)}. How many dollars does ${who} pay?`,
    { shape: 'table', header: ['Fruit', 'Dollars'], labels, values },
  );
}

/** A pictograph where a symbol stands for several animals. */
export function pictograph(draw: Draw): GeneratedProblem {
  const labels = draw.several(pets, 3);
  const label = (at: number): string => itemAt(labels, at);
  const counts = draw.distinct(2, 9, 3);
  const p = new Program();
  const each = p.shown(draw.whole(2, 10));
  const rows = counts.map((count) => p.shown(count));
  const [i, j] = draw.several([0, 1, 2], 2).sort((a, b) => itemAt(counts, b) - itemAt(counts, a)) as [number, number];
  const animals = (at: number): Operand =>
    p.step(itemAt(rows, at), '*', each, `{a} symbols mean {e} ${label(at)}.`, `The row of ${label(at)} stands for {e} ${label(at)}.`);
  const q = `The pictograph shows the animals of a shelter; its key tells what a symbol stands for.`;
  const figure = { shape: 'pictograph', each: p.value(each), labels, counts } as const;
  const [x, y] = [animals(i), animals(j)];
  if (draw.chance(0.5)) {
    p.step(x, '-', y, `The difference is {e}.`, `So there are {e} more ${label(i)} than ${label(j)}.`);
    return p.problem('pictograph', `${q} How many more ${label(i)} than ${label(j)} are there?`, figure);
  }
  p.step(x, '+', y, `Together there are {e} animals.`, `The sum is {e}.`);
  return p.problem('pictograph', `${q} How many ${label(i)} and ${label(j)} are there together?`, figure);
}
