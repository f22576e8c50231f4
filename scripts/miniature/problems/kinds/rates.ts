import type { Draw } from '../draw.js';
import type { GeneratedProblem } from '../problem.js';
import { Program } from '../program.js';
import { people, vehicles } from '../words.js';

/** Two legs of a journey at different speeds, and (sometimes) what is left of the way. */
export function rates(draw: Draw): GeneratedProblem {
  const vehicle = draw.pick(vehicles);
  const p = new Program();
  const [v1, v2] = draw.distinct(2, 18, 2).map((v) => p.given(5 * v)) as [ReturnType<Program['given']>, ReturnType<Program['given']>];
  const [t1, t2] = [p.given(draw.whole(2, 6)), p.given(draw.whole(2, 6))];
  const d1 = p.step(v1, '*', t1, `In the first {b} hours the ${vehicle} goes {e} km.`, `The first part is {e} km long.`);
  const d2 = p.step(v2, '*', t2, `In the next {b} hours it goes {e} km.`, `The second part is {e} km long.`);
  const way = p.step(d1, '+', d2, `In total it goes {e} km.`, `Both parts together are {e} km.`);
  const q = draw.pick([
    `A ${vehicle} travels at ${p.value(v1)} km per hour for ${p.value(t1)} hours and then at ${p.value(v2)} km per hour for ${p.value(t2)} hours.`,
    `For ${p.value(t1)} hours a ${vehicle} goes ${p.value(v1)} km an hour. After a break it goes ${p.value(v2)} km an hour for ${p.value(t2)} hours.`,
  ]);
  if (draw.chance(0.5)) return p.problem('rates', `${q} How many km does it travel in all?`);
  const trip = p.given(p.value(way) + draw.whole(5, 99));
  p.step(trip, '-', way, `{e} km are left.`, `The ${vehicle} still has {e} km to go.`);
  return p.problem('rates', `${q} The whole trip is ${p.value(trip)} km long. How many km are left?`);
}

/** A recipe scaled from one number of servings to another, for one or two ingredients. */
export function recipe(draw: Draw): GeneratedProblem {
  const who = draw.pick(people);
  const [x, y] = draw.several(['flour', 'sugar', 'milk', 'butter', 'rice', 'oats'], 2) as [string, string];
  const p = new Program();
  const n = draw.whole(2, 8);
  const servings = p.given(n);
  // Of two distinct numbers, one is not `n`.
  const [m, other] = draw.distinct(3, 9, 3) as [number, number, number];
  const wanted = p.given(m === n ? other : m);
  const ax = p.given(n * draw.whole(3, 15));
  const ux = p.step(ax, '/', servings, `One serving takes {e} grams of ${x}.`, `For one serving ${who} needs {e} grams of ${x}.`);
  const tx = p.step(ux, '*', wanted, `{b} servings take {e} grams of ${x}.`, `So for {b} servings it is {e} grams of ${x}.`);
  if (draw.chance(0.4)) {
    return p.problem(
      'recipe',
      `A recipe for ${n} servings uses ${p.value(ax)} grams of ${x}. How many grams of ${x} does ${who} need for ${p.value(wanted)} servings?`,
    );
  }
  const ay = p.given(n * draw.whole(3, 15));
  const uy = p.step(ay, '/', servings, `One serving takes {e} grams of ${y}.`, `For one serving ${who} needs {e} grams of ${y}.`);
  const ty = p.step(uy, '*', wanted, `{b} servings take {e} grams of ${y}.`, `So for {b} servings it is {e} grams of ${y}.`);
  p.step(tx, '+', ty, `Together that is {e} grams.`, `Both weigh {e} grams.`);
  return p.problem(
    'recipe',
    `A recipe for ${n} servings uses ${p.value(ax)} grams of ${x} and ${p.value(ay)} grams of ${y}. How many grams of both together does ${who} need for ${p.value(wanted)} servings?`,
  );
}

/** Pages of a book: read so far, left, and a day's share. */
export function reading(draw: Draw): GeneratedProblem {
  const who = draw.pick(people);
  const p = new Program();
  const [pages, past] = [p.given(draw.whole(8, 20)), p.given(draw.whole(2, 7))];
  const [share, ahead] = [draw.whole(6, 20), draw.whole(2, 8)];
  const book = p.given(p.value(pages) * p.value(past) + share * ahead);
  const left = p.given(ahead);
  const done = p.step(pages, '*', past, `In {b} days ${who} reads {e} pages.`, `${who} has read {e} pages.`);
  const rest = p.step(book, '-', done, `{e} pages are left.`, `That leaves {e} pages.`);
  p.step(rest, '/', left, `Each day ${who} must read {e} pages.`, `Over {b} days that is {e} pages a day.`);
  return p.problem(
    'reading',
    draw.pick([
      `${who} reads ${p.value(pages)} pages a day for ${p.value(past)} days. The book has ${p.value(book)} pages and must be finished in ${ahead} more days. How many pages a day is that?`,
      `A book has ${p.value(book)} pages. For ${p.value(past)} days ${who} reads ${p.value(pages)} pages a day and wants to read the rest in ${ahead} days. How many pages must ${who} read each day?`,
    ]),
  );
}
