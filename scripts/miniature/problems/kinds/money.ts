import { itemAt } from '../../../../server/reasoning/present.js';
import type { Draw } from '../draw.js';
import type { GeneratedProblem } from '../problem.js';
import { Program } from '../program.js';
import { goods, people, toys } from '../words.js';

/** Two kinds of goods on a price list, their total, and (often) the change. */
export function prices(draw: Draw): GeneratedProblem {
  const labels = draw.several(goods, 4);
  const [i, j] = draw.several([0, 1, 2, 3], 2) as [number, number];
  const [first, second] = [itemAt(labels, i), itemAt(labels, j)];
  const who = draw.pick(people);
  const p = new Program();
  const [n1, n2] = [p.given(draw.whole(2, 9)), p.given(draw.whole(2, 9))];
  const values = draw.distinct(2, 15, 4);
  const list = values.map((value) => p.shown(value));
  const [p1, p2] = [itemAt(list, i), itemAt(list, j)];
  const cost = (good: string): string[] => [
    `{a} ${good}s cost {e} dollars.`,
    `The ${good}s cost {e} dollars.`,
    `For {a} ${good}s at {b} dollars each, ${who} pays {e} dollars.`,
  ];
  const c1 = p.step(n1, '*', p1, ...cost(first));
  const c2 = p.step(n2, '*', p2, ...cost(second));
  const total = p.step(c1, '+', c2, `Together that is {e} dollars.`, `In total ${who} pays {e} dollars.`, `The sum is {e} dollars.`);
  const q = draw.pick([
    `${who} buys ${p.value(n1)} ${first}s and ${p.value(n2)} ${second}s at the prices of the list.`,
    `The list shows the prices of a shop. ${who} buys ${p.value(n1)} ${first}s and ${p.value(n2)} ${second}s.`,
  ]);
  const figure = { shape: 'table', header: ['Item', 'Dollars'], labels, values } as const;
  if (draw.chance(0.4))
    return p.problem('prices', `${q} ${draw.pick(['How many dollars is that in all?', 'How much does it cost in total?'])}`, figure);
  const paid = p.given((Math.floor(p.value(total) / 10) + draw.whole(1, 3)) * 10);
  p.step(paid, '-', total, `The change is {e} dollars.`, `${who} gets {e} dollars back.`);
  const ask = draw.pick([
    `${who} pays with ${p.value(paid)} dollars. How much change does ${who} get?`,
    `How many dollars are left from ${p.value(paid)} dollars?`,
  ]);
  return p.problem('prices', `${q} ${ask}`, figure);
}

/** Saving a fixed amount a week: what is there after some weeks, and (often) how long the rest of a goal takes. */
export function savings(draw: Draw): GeneratedProblem {
  const [who, toy] = [draw.pick(people), draw.pick(toys)];
  const p = new Program();
  const start = p.given(draw.whole(10, 60));
  const [week, weeks] = [p.given(draw.whole(3, 12)), p.given(draw.whole(2, 9))];
  const saved = p.step(week, '*', weeks, `In {b} weeks ${who} saves {e} dollars.`, `{b} weeks at {a} dollars a week give {e} dollars.`);
  const has = p.step(start, '+', saved, `With the first {a} dollars that is {e} dollars.`, `${who} then has {e} dollars.`);
  const q = draw.pick([
    `${who} has ${p.value(start)} dollars and saves ${p.value(week)} dollars every week for ${p.value(weeks)} weeks.`,
    `${who} saves ${p.value(week)} dollars a week. At the start there are ${p.value(start)} dollars in the jar, and ${p.value(weeks)} weeks go by.`,
  ]);
  if (draw.chance(0.4)) {
    const spent = p.given(draw.whole(5, p.value(has) - 2));
    p.step(has, '-', spent, `After the gift {e} dollars are left.`, `${who} keeps {e} dollars.`);
    return p.problem('savings', `${q} Then ${who} spends ${p.value(spent)} dollars on a gift. How many dollars are left?`);
  }
  const more = draw.whole(2, 9);
  const goal = p.given(p.value(has) + more * p.value(week));
  const missing = p.step(goal, '-', has, `{e} dollars are still missing.`, `For the ${toy} ${who} still needs {e} dollars.`);
  p.step(missing, '/', week, `That takes {e} more weeks.`, `At {b} dollars a week, ${who} needs {e} more weeks.`);
  return p.problem('savings', `${q} A ${toy} costs ${p.value(goal)} dollars. How many more weeks must ${who} save?`);
}
