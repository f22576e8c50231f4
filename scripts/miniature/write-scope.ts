/**
 * Writes the word pairs of the generated problems and their solutions, by which the bundled PRM tells the texts it knows:
 *   npx tsx scripts/miniature/write-scope.ts
 * It reads problems of the training seed only. Held-out problems are measured by `npm run model:evaluate`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { wordPairs } from '../../server/scoring/scope/wordPairs.js';
import { labelledSolution, seeds } from './problems/labelled.js';
import { modelFolder } from './score.js';

/** 18 kinds, 2,000 problems of each: twice as many add 2 % more pairs. */
const problems = 36_000;

const pairs = new Set<string>();
for (let i = 0; i < problems; i++) {
  const { problem, steps } = labelledSolution(seeds.train, i);
  for (const text of [problem.question, ...steps]) for (const pair of wordPairs(text)) pairs.add(pair);
}
const path = join(modelFolder, 'scope.txt');
writeFileSync(
  path,
  [...pairs]
    .sort()
    .map((pair) => `${pair}\n`)
    .join(''),
);
console.log(`${path}: ${pairs.size} word pairs of ${problems} problems`);
