/**
 * Writes labelled solutions as JSON Lines for `train.py`:
 *   npx tsx media/models/mini/write-data.ts --seed 1 --count 600000 --out FILE
 * One line a solution: {q, s: steps, f: index of the first wrong step or -1, d: character of its first wrong character, k: kind, m: mistake}.
 */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { labelledSolution } from './problems/labelled.js';

const { values } = parseArgs({ options: { seed: { type: 'string' }, count: { type: 'string' }, out: { type: 'string' } } });
if (values.seed === undefined || values.count === undefined || values.out === undefined) {
  console.error('usage: write-data.ts --seed N --count N --out FILE');
  process.exit(2);
}
const [seed, count] = [Number(values.seed), Number(values.count)];
const file = createWriteStream(values.out);
for (let start = 0; start < count; start += 1000) {
  const lines: string[] = [];
  for (let i = start; i < Math.min(count, start + 1000); i++) {
    const { problem, steps, firstError, mistake, divergence } = labelledSolution(seed, i);
    lines.push(JSON.stringify({ q: problem.question, s: steps, f: firstError, d: divergence ?? 0, k: problem.kind, m: mistake ?? '' }));
  }
  // One write a thousand lines, and never more in memory than the stream takes.
  if (!file.write(`${lines.join('\n')}\n`)) await once(file, 'drain');
}
file.end();
await once(file, 'finish');
