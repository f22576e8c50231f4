import type { Draw } from '../draw.js';
import type { GeneratedProblem } from '../problem.js';
import { constant, Program } from '../program.js';
import { people, places } from '../words.js';

/** A rectangle's perimeter, often from one side and a difference, sometimes fenced at a price. */
export function perimeter(draw: Draw): GeneratedProblem {
  const [who, place] = [draw.pick(people), draw.pick(places)];
  const p = new Program();
  const length = p.shown(draw.whole(12, 30));
  const shorter = draw.chance(0.5);
  const given = shorter ? p.given(draw.whole(2, 9)) : p.shown(draw.whole(4, 20));
  const width = shorter ? p.step(length, '-', given, `The width is {e} meters.`, `The ${place} is {e} meters wide.`) : given;
  const half = p.step(length, '+', width, `Length and width together are {e} meters.`, `One long and one short side make {e} meters.`);
  const around = p.step(half, '*', constant(2), `The perimeter is {e} meters.`, `All the way around it is {e} meters.`);
  const q = `The figure shows a ${place}, a rectangle.${shorter ? ` Its width is ${p.value(given)} meters less than its length.` : ''}`;
  const sides = { width: p.value(length), height: p.value(width) };
  const figure = { shape: 'rectangle', ...sides, labels: [sides.width, shorter ? undefined : sides.height], unit: 'm' } as const;
  if (draw.chance(0.5)) return p.problem('perimeter', `${q} What is its perimeter in meters?`, figure);
  const price = p.given(draw.whole(2, 5));
  p.step(around, '*', price, `The fence costs {e} dollars.`, `${who} pays {e} dollars for the fence.`);
  return p.problem(
    'perimeter',
    `${q} ${who} puts a fence around it for ${p.value(price)} dollars a meter. How many dollars does the fence cost?`,
    figure,
  );
}

/** A rectangle's area without a smaller rectangle, or plus another. */
export function area(draw: Draw): GeneratedProblem {
  const place = draw.pick(places);
  const inside = draw.chance(0.6);
  const p = new Program();
  const [w, h] = [p.shown(draw.whole(11, 20)), p.shown(draw.whole(4, 9))];
  const [w2, h2] = [p.given(draw.whole(3, 10)), p.given(draw.whole(2, inside ? 3 : 9))];
  const what = draw.pick(['pond', 'shed', 'flower bed', 'sand pit']);
  const big = p.step(w, '*', h, `The ${place} has {e} square meters.`, `The area of the ${place} is {e} square meters.`);
  const small = p.step(w2, '*', h2, `The ${what} has {e} square meters.`, `The area of the ${what} is {e} square meters.`);
  const figure = { shape: 'rectangle', width: p.value(w), height: p.value(h), labels: [p.value(w), p.value(h)], unit: 'm' } as const;
  const q = `The figure shows a ${place}.`;
  if (inside) {
    p.step(big, '-', small, `{e} square meters are left.`, `Without the ${what} it is {e} square meters.`);
    return p.problem(
      'area',
      `${q} A ${what} in it is ${p.value(w2)} meters by ${p.value(h2)} meters. How many square meters are left?`,
      figure,
    );
  }
  p.step(big, '+', small, `Together they cover {e} square meters.`, `Both areas make {e} square meters.`);
  return p.problem(
    'area',
    `${q} Beside it lies a ${what} of ${p.value(w2)} meters by ${p.value(h2)} meters. How many square meters do they cover together?`,
    figure,
  );
}

/** Angles of a triangle, and what is beside them on a straight line. */
export function angles(draw: Draw): GeneratedProblem {
  const [a, b, c] = draw.several(['A', 'B', 'C'], 3) as [string, string, string];
  const p = new Program();
  const first = p.shown(5 * draw.whole(5, 17));
  const bigger = draw.chance(0.4);
  const second = bigger ? p.given(draw.whole(3, 20)) : p.shown(5 * draw.whole(3, 16));
  const other = bigger ? p.step(first, '-', second, `Angle ${b} is {e} degrees.`, `So angle ${b} measures {e} degrees.`) : second;
  const sum = p.step(first, '+', other, `Angles ${a} and ${b} add up to {e} degrees.`, `The two angles make {e} degrees.`);
  const third = p.step(
    constant(180),
    '-',
    sum,
    `Angle ${c} is {e} degrees.`,
    `The angles of a triangle add up to {a}, so angle ${c} is {e} degrees.`,
  );
  const q = `The figure shows a triangle with the corners ${a}, ${b} and ${c}.${bigger ? ` Angle ${b} is ${p.value(second)} degrees smaller than angle ${a}.` : ''}`;
  const shown = [p.value(first), p.value(other)] as const;
  const figure = { shape: 'triangle', names: [a, b, c], angles: shown, labels: [shown[0], bigger ? undefined : shown[1]] } as const;
  if (draw.chance(0.5)) return p.problem('angles', `${q} How many degrees is angle ${c}?`, figure);
  p.step(constant(180), '-', third, `The outer angle is {e} degrees.`, `On a straight line that leaves {e} degrees.`);
  return p.problem('angles', `${q} How many degrees is the outer angle at ${c}?`, figure);
}
