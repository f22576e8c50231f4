import type { Draw } from '../draw.js';
import type { GeneratedProblem } from '../problem.js';
import { Program } from '../program.js';
import { containers, foods, friends, people, things } from '../words.js';

/** How many (at least two) to take from `total` so that the rest divides by `by`. */
function remove(total: number, by: number): number {
  return total % by < 2 ? (total % by) + by : total % by;
}

/** Containers of food, some eaten, the rest shared out. */
export function sharing(draw: Draw): GeneratedProblem {
  const [who, food, group] = [draw.pick(people), draw.pick(foods), draw.pick(friends)];
  const [one, many] = draw.pick(containers);
  const p = new Program();
  const [count, each] = [p.given(draw.whole(2, 9)), p.given(draw.whole(6, 16))];
  const sharers = draw.whole(2, 8);
  const total = p.value(count) * p.value(each);
  const eaten = p.given(remove(total, sharers));
  const guests = p.given(sharers);
  const all = p.step(count, '*', each, `{a} ${many} hold {e} ${food}.`, `Each ${one} holds {b} ${food}, so {a} ${many} hold {e} ${food}.`);
  const rest = p.step(all, '-', eaten, `After {b} are eaten, {e} ${food} are left.`, `{e} ${food} remain.`);
  const part = p.step(rest, '/', guests, `Each of the {b} ${group} gets {e} ${food}.`, `Shared by {b}, that is {e} ${food} each.`);
  const q = draw.pick([
    `${who} has ${p.value(count)} ${many} with ${p.value(each)} ${food} each. ${p.value(eaten)} ${food} are eaten, and ${sharers} ${group} share the rest.`,
    `There are ${p.value(each)} ${food} in a ${one}. ${who} buys ${p.value(count)} ${many}, eats ${p.value(eaten)} ${food} and shares the rest among ${sharers} ${group}.`,
  ]);
  if (draw.chance(0.6)) return p.problem('sharing', `${q} How many ${food} does each get?`);
  const extra = p.given(draw.whole(2, 15));
  p.step(part, '+', extra, `With {b} more, each has {e} ${food}.`, `Then each one has {e} ${food}.`);
  return p.problem('sharing', `${q} Later each gets ${p.value(extra)} more. How many ${food} does each have then?`);
}

/** Rows of things, some broken, packed into boxes; sometimes the boxes are sold. */
export function packing(draw: Draw): GeneratedProblem {
  const thing = draw.pick(things);
  const [, many] = draw.pick(containers);
  const p = new Program();
  const [rows, per] = [p.given(draw.whole(3, 9)), p.given(draw.whole(8, 16))];
  const size = draw.whole(3, 9);
  const total = p.value(rows) * p.value(per);
  const bad = p.given(remove(total, size));
  const fill = p.given(size);
  const all = p.step(rows, '*', per, `{a} rows of {b} make {e} ${thing}.`, `There are {e} ${thing} at first.`);
  const good = p.step(all, '-', bad, `Without the {b} broken ones there are {e} ${thing}.`, `{e} ${thing} can be packed.`);
  const packed = p.step(good, '/', fill, `They fill {e} ${many}.`, `With {b} in each, that makes {e} ${many}.`);
  const q = `A shop has ${p.value(rows)} rows of ${p.value(per)} ${thing}. ${p.value(bad)} are broken and thrown away. The others are packed, ${size} to each of the ${many}.`;
  if (draw.chance(0.5)) return p.problem('packing', `${q} How many ${many} are filled?`);
  const price = p.given(draw.whole(2, 9));
  p.step(packed, '*', price, `Selling them brings {e} dollars.`, `At {b} dollars each, that is {e} dollars.`);
  return p.problem('packing', `${q} Each sells for ${p.value(price)} dollars. How many dollars is that in total?`);
}
