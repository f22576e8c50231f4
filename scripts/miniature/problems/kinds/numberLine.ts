import type { Draw } from '../draw.js';
import type { GeneratedProblem } from '../problem.js';
import { Program } from '../program.js';
import { people } from '../words.js';

/** A walk on the number line: equal jumps to the right, then some to the left. */
export function numberLine(draw: Draw): GeneratedProblem {
  const who = draw.pick(['a frog', 'a rabbit', 'a cricket', draw.pick(people)]);
  const p = new Program();
  const start = p.shown(draw.whole(3, 40));
  const [jumps, size] = [p.shown(draw.whole(2, 9)), p.shown(draw.whole(3, 12))];
  const right = p.step(jumps, '*', size, `{a} jumps of {b} are {e} to the right.`, `To the right it goes {e}.`);
  const there = p.step(start, '+', right, `From {a} that leads to {e}.`, `The jumps end at {e}.`);
  const figure = { shape: 'line', start: p.value(start), jumps: p.value(jumps), size: p.value(size) } as const;
  const q = `The figure shows where ${who} starts on a number line and its equal jumps to the right.`;
  if (draw.chance(0.5)) {
    const back = p.given(draw.whole(2, Math.min(19, p.value(there) - 1)));
    p.step(there, '-', back, `Going back {b}, it is at {e}.`, `After the step back it stands at {e}.`);
    return p.problem('number line', `${q} Then it goes back ${p.value(back)}. Where does it stand?`, figure);
  }
  const [count, length] = [p.given(draw.whole(2, 4)), p.given(draw.whole(2, Math.min(9, Math.floor(p.value(there) / 4))))];
  const left = p.step(count, '*', length, `{a} jumps of {b} are {e} to the left.`, `To the left it goes {e}.`);
  p.step(there, '-', left, `So it ends at {e}.`, `It stops at {e}.`);
  return p.problem(
    'number line',
    `${q} Then it makes ${p.value(count)} jumps of ${p.value(length)} to the left. Where does it end?`,
    figure,
  );
}
