import type { Draw } from '../draw.js';
import type { GeneratedProblem } from '../problem.js';
import { constant, Program } from '../program.js';
import { people, vehicles } from '../words.js';

/** Ages given by differences and multiples. */
export function ages(draw: Draw): GeneratedProblem {
  const [a, b, c] = draw.several(people, 3) as [string, string, string];
  const p = new Program();
  const [first, gap] = [p.given(draw.whole(5, 16)), p.given(draw.whole(2, 9))];
  const times = p.given(draw.whole(2, 4));
  const second = p.step(first, '+', gap, `${b} is {e} years old.`, `${b}'s age is {e}.`);
  const third = p.step(second, '*', times, `${c} is {e} years old.`, `${c}'s age is {e}.`);
  const q = `${a} is ${p.value(first)} years old. ${b} is ${p.value(gap)} years older than ${a}. ${c} is ${p.value(times)} times as old as ${b}.`;
  const how = draw.whole(0, 2);
  if (how === 0) {
    p.step(third, '-', first, `The difference is {e} years.`, `${c} is {e} years older than ${a}.`);
    return p.problem('ages', `${q} How many years older than ${a} is ${c}?`);
  }
  if (how === 1) {
    const years = p.given(draw.whole(2, 15));
    p.step(third, '+', years, `In {b} years ${c} will be {e}.`, `{b} years later ${c} is {e} years old.`);
    return p.problem('ages', `${q} How old will ${c} be in ${p.value(years)} years?`);
  }
  const pair = p.step(first, '+', second, `${a} and ${b} together are {e} years old.`, `The first two ages add up to {e}.`);
  p.step(pair, '+', third, `All three together are {e} years old.`, `With ${c} that is {e}.`);
  return p.problem('ages', `${q} How old are the three together?`);
}

/** People getting on and off; the last stop sometimes doubles or halves the number. */
export function bus(draw: Draw): GeneratedProblem {
  const vehicle = draw.pick(vehicles);
  const p = new Program();
  const start = p.given(draw.whole(20, 80));
  const off = p.given(draw.whole(3, 18));
  const on = p.given(draw.whole(3, 30));
  const one = p.step(start, '-', off, `After {b} get off, {e} people are left.`, `At the first stop there are then {e} people.`);
  const two = p.step(one, '+', on, `After {b} get on, there are {e} people.`, `Then {e} people are on board.`);
  const q = draw.pick([
    `${p.value(start)} people are on a ${vehicle}. At the first stop ${p.value(off)} get off, and ${p.value(on)} get on.`,
    `A ${vehicle} carries ${p.value(start)} people. First ${p.value(off)} people leave, then ${p.value(on)} people come in.`,
  ]);
  if (draw.chance(0.5)) {
    const last = p.given(draw.whole(2, Math.min(19, p.value(two) - 1)));
    p.step(two, '-', last, `At the end {e} people are on board.`, `After the last {b} leave, {e} people stay.`);
    return p.problem('bus', `${q} At the second stop ${p.value(last)} people get off. How many people are on board now?`);
  }
  if (p.value(two) % 2 === 0) {
    p.step(two, '/', constant(2), `Half of them is {e} people.`, `Half get off, so {e} people are left.`);
    return p.problem('bus', `${q} At the next stop half of the people get off. How many people are left?`);
  }
  p.step(two, '*', constant(2), `Twice as many is {e} people.`, `The number doubles to {e} people.`);
  return p.problem('bus', `${q} At the next stop the number of people doubles. How many people are on board then?`);
}
