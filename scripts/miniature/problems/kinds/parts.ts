import type { Draw } from '../draw.js';
import type { GeneratedProblem } from '../problem.js';
import { constant, Program } from '../program.js';
import { people, things } from '../words.js';

/** The average of three bars of a chart, sometimes with the distance of one from it. */
export function average(draw: Draw): GeneratedProblem {
  const names = draw.several(people, 3) as [string, string, string];
  const thing = draw.pick(things);
  const [x, y] = draw.distinct(8, 40, 2) as [number, number];
  const z = draw.whole(6, 15) * 3 - ((x + y) % 3);
  const p = new Program();
  const [a, b, c] = [p.shown(x), p.shown(y), p.shown(z)];
  const pair = p.step(a, '+', b, `${names[0]} and ${names[1]} have {e} ${thing}.`, `The first two make {e} ${thing}.`);
  const all = p.step(pair, '+', c, `With ${names[2]} that is {e} ${thing}.`, `All three have {e} ${thing}.`);
  const mean = p.step(all, '/', constant(3), `The average is {e} ${thing}.`, `Divided by {b}, that is {e} ${thing}.`);
  const q = `The chart shows how many ${thing} ${names[0]}, ${names[1]} and ${names[2]} have.`;
  const figure = { shape: 'bars', title: thing, labels: names, values: [x, y, z] } as const;
  if (p.value(mean) <= x || draw.chance(0.6)) return p.problem('average', `${q} What is the average number of ${thing}?`, figure);
  p.step(mean, '-', a, `${names[0]} is {e} below the average.`, `The difference is {e} ${thing}.`);
  return p.problem('average', `${q} How many ${thing} below the average is ${names[0]}?`, figure);
}

const parts = [
  ['half', 2],
  ['a third', 3],
  ['a quarter', 4],
  ['a fifth', 5],
] as const;

/** A part of a collection given away, the rest increased or sold. */
export function fraction(draw: Draw): GeneratedProblem {
  const [who, other] = draw.several(people, 2) as [string, string];
  const thing = draw.pick(things);
  const [word, n] = draw.pick(parts);
  const p = new Program();
  const all = p.given(n * draw.whole(4, 20));
  const part = p.step(all, '/', constant(n), `${other} gets {e} ${thing}.`, `The part given away is {e} ${thing}.`);
  const rest = p.step(all, '-', part, `${who} keeps {e} ${thing}.`, `{e} ${thing} are left.`);
  const q = `${who} has ${p.value(all)} ${thing} and gives ${word} of them to ${other}.`;
  if (draw.chance(0.5)) {
    const more = p.given(draw.whole(4, 60));
    p.step(rest, '+', more, `After finding {b} more, ${who} has {e} ${thing}.`, `Then ${who} has {e} ${thing}.`);
    return p.problem('fraction', `${q} Then ${who} finds ${p.value(more)} ${thing}. How many ${thing} does ${who} have now?`);
  }
  const price = p.given(draw.whole(2, 5));
  p.step(rest, '*', price, `Selling them brings {e} dollars.`, `At {b} dollars each, they bring {e} dollars.`);
  return p.problem('fraction', `${q} ${who} sells the rest for ${p.value(price)} dollars each. How many dollars is that?`);
}
