/**
 * Writes the logged solutions of the bundled policy (rollouts.jsonl) as rows for study.py, which judges them:
 *   npx tsx scripts/miniature/write-logged.ts --out FILE
 * One line: {q, s: steps, x: index of the first wrong step or -1, g: figure in FILE.figures or -1}.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { figurePixels } from './problems/figurePixels.js';
import { seeds } from './problems/labeled.js';
import { generateProblem } from './problems/registry.js';
import { readRolloutLog } from './rolloutLog.js';

const { values } = parseArgs({ options: { out: { type: 'string' } } });
if (values.out === undefined) {
  console.error('usage: write-logged.ts --out FILE');
  process.exit(2);
}
const lines: string[] = [];
const figures: Uint8Array[] = [];
for (const { index, question, steps, exact } of readRolloutLog()) {
  const { figure } = generateProblem(seeds.heldOut, index);
  const g = figure === undefined ? -1 : figures.push(await figurePixels(figure)) - 1;
  lines.push(`${JSON.stringify({ q: question, s: steps, x: exact.firstError, g })}\n`);
}
writeFileSync(values.out, lines.join(''));
writeFileSync(`${values.out}.figures`, Buffer.concat(figures));
