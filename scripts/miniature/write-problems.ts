/**
 * Writes generated problems for `steplens label`: problems.json (MM-PRM's seed file) and figures/.
 *   npx tsx scripts/miniature/write-problems.ts --seed 5 --count 1000 --out DIR
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type SeedProblem, seedProblem } from './problems/problemFile.js';

const { values } = parseArgs({ options: { seed: { type: 'string' }, count: { type: 'string' }, out: { type: 'string' } } });
if (values.seed === undefined || values.count === undefined || values.out === undefined) {
  console.error('usage: write-problems.ts --seed N --count N --out DIR');
  process.exit(2);
}
const [seed, count, out] = [Number(values.seed), Number(values.count), values.out];
await mkdir(join(out, 'figures'), { recursive: true });
const problems: SeedProblem[] = [];
for (let i = 0; i < count; i++) {
  const { problem, figure } = await seedProblem(seed, i);
  problems.push(problem);
  if (figure) await writeFile(join(out, figure.path), figure.png);
}
await writeFile(join(out, 'problems.json'), `[\n${problems.map((problem) => JSON.stringify(problem)).join(',\n')}\n]\n`);
