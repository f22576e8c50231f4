/**
 * Writes solutions to generated problems as JSON Lines for `train_policy.py`, and the figures as a model sees them beside it:
 *   npx tsx scripts/miniature/write-data.ts --seed 1 --count 120000 [--from 0] [--planted 0.22] [--unread] --out FILE
 * One line per solution: {i: index of its problem, q, s: steps, g: index of its figure in FILE.figures or -1, k: kind, a: answer}. FILE.figures has
 * 80 x 128 gray bytes per figure. Every figure also gets a line of the kind `reading KIND` (not with `--unread`) that asks for its content, in any
 * order of its labels: a model learns to read figures, and to find the number of a label, far sooner from it than from solutions.
 * `--planted` is the chance of a mistake at a step; the line then has e: index of the first wrong step or -1.
 */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { parseArgs } from 'node:util';
import { createRandom } from '../../server/reasoning/random.js';
import { Draw } from './problems/draw.js';
import { figurePixels } from './problems/figurePixels.js';
import { figureText, reordered } from './problems/figureSvg.js';
import { generateProblem } from './problems/registry.js';
import { begin, solve } from './problems/solver.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    count: { type: 'string' },
    from: { type: 'string', default: '0' },
    planted: { type: 'string', default: '0' },
    unread: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
if (values.seed === undefined || values.count === undefined || values.out === undefined) {
  console.error('usage: write-data.ts --seed N --count N [--from N] [--planted RATE] [--unread] --out FILE');
  process.exit(2);
}
const [seed, from, mistakeRate] = [Number(values.seed), Number(values.from), Number(values.planted)];
const end = from + Number(values.count);
const file = createWriteStream(values.out);
const figures = createWriteStream(`${values.out}.figures`);
let drawn = 0;
const write = async (stream: typeof file, data: string | Uint8Array): Promise<void> => {
  if (!stream.write(data)) await once(stream, 'drain');
};
for (let start = from; start < end; start += 1000) {
  const lines: object[] = [];
  const pixels: Promise<Uint8Array>[] = [];
  for (let i = start; i < Math.min(end, start + 1000); i++) {
    const problem = generateProblem(seed, i);
    const draw = new Draw(createRandom(seed, `solution ${i}`));
    const solved = solve(problem, begin(draw), draw, { mistakeRate });
    const steps = solved.map((step) => step.text);
    const shown = problem.figure;
    const row = { i, g: shown ? drawn + pixels.push(figurePixels(shown)) - 1 : -1, k: problem.kind, a: String(problem.answer) };
    lines.push({ q: problem.question, s: steps, ...row, ...(mistakeRate > 0 && { e: solved.findIndex(({ right }) => !right) }) });
    if (shown && !values.unread)
      lines.push({ q: 'What does the figure show?', s: [figureText(reordered(shown, draw))], ...row, k: `reading ${problem.kind}`, a: '' });
  }
  await write(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  await write(figures, Buffer.concat(await Promise.all(pixels)));
  drawn += pixels.length;
}
for (const stream of [file, figures]) {
  stream.end();
  await once(stream, 'finish');
}
