/**
 * Writes the word pairs of the generated problems and their solutions, by which the bundled PRM recognizes the texts it knows:
 *   npx tsx scripts/miniature/write-scope.ts
 * It reads problems of the training seed only; `npm run model:abstention` measures on held-out ones.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scopePairs, scopeProblems } from './scopePairs.js';
import { modelFolder } from './score.js';

const pairs = scopePairs();
const path = join(modelFolder, 'scope.txt');
writeFileSync(path, pairs.map((pair) => `${pair}\n`).join(''));
console.log(`${path}: ${pairs.length} word pairs of ${scopeProblems} problems`);
