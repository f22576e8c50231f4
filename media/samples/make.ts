/**
 * Writes the sample workspace: `npm run samples`. Every value comes from a run: trees from `server/labeling/mcts.ts` and
 * step counts from Monte-Carlo continuations, both with the stochastic solver as policy; PRM scores from the bundled model.
 * The same code and model write the same files.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { readDocument } from '../../server/formats/registry.js';
import { mmPrm } from '../../server/labeling/export/mmPrm.js';
import { exportProblems } from '../../server/labeling/export/exportFormat.js';
import { processText, selectSamples } from '../../server/labeling/export/selection.js';
import { visualPrm } from '../../server/labeling/export/visualPrm.js';
import type { Problem } from '../../server/reasoning/problem.js';
import { openMiniPrm } from '../models/mini/score.js';
import { candidateSet, figureOf, labelledTree, monteCarlo, type Sample } from './runs.js';
import { writtenSolutions } from './solutions.js';
import { figureSvg } from '../models/mini/problems/figureSvg.js';

const folder = dirname(fileURLToPath(import.meta.url));
const SEED = 7;

/** Problems of the generator (seed 7), by what they are used for. `rollouts` and `budget` set the size of a tree. */
const small: Sample = { name: 'prices', index: 0, rollouts: 4, budget: 28, mistakeRate: 0.25 };
const large: Sample = { name: 'recipe', index: 21, rollouts: 16, budget: 480, mistakeRate: 0.2 };
const figure: Sample = { name: 'bar-chart', index: 30, rollouts: 8, budget: 96, mistakeRate: 0.25 };
const compared = [2, 5, 14];
const continued = [4, 8, 10];

const write = (path: string, content: string | Uint8Array): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
};
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const lines = (values: readonly unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('');

const problems: Problem[] = [];
for (const sample of [small, large, figure]) {
  const tree = json(await labelledTree(SEED, sample));
  write(`trees/${sample.name}.json`, tree);
  problems.push(...readDocument(tree)!.problems);
}

// The training data MM-PRM would make of these trees, with the project's own export.
const flattened = problems.flatMap((problem) =>
  selectSamples(problem, mmPrm.rules, SEED).samples.map((sample) => ({
    question: problem.question, answer: problem.answer, image_path: problem.images[0] ?? '', process: processText(sample), labels: sample.values,
  })));
write('flattened.json', json(flattened));
write('annotation.jsonl', lines(exportProblems(problems, mmPrm, { seed: SEED }).records));

const raw = await Promise.all(continued.map((index) => monteCarlo(SEED, index)));
write('visualprm-raw.jsonl', lines(raw.flat()));
write('visualprm400k.jsonl', lines(exportProblems(readDocument(lines(raw.flat()))!.problems, visualPrm, { seed: SEED }).records));

const { score, dispose } = openMiniPrm();
const candidates = [];
for (const index of compared) candidates.push(await candidateSet(SEED, index, 16, score));
await dispose();
write('candidates.json', json(candidates));

for (const index of [figure.index, ...compared, ...continued]) {
  const { path, shown } = figureOf(SEED, index);
  if (shown !== undefined) write(path, await sharp(Buffer.from(figureSvg(shown))).png({ palette: true }).toBuffer());
}
for (const { path, text } of writtenSolutions(SEED)) write(path, text);
