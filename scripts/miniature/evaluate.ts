/**
 * Measures the bundled PRM on solutions with planted mistakes, to problems that its policy did not learn from:
 *   npm run model:evaluate [-- --count 1000] [--json]
 * The threshold in `prm.json` was chosen on the validation seed (`--threshold` prints the choice).
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { firstLow } from '../../server/evaluation/labeledSolution.js';
import { problemImages } from '../../server/files/images.js';
import { plantedSolutions } from './heldOutPlanted.js';
import { stepAuroc } from './judgeStudy.js';
import { bestThreshold, type ScoredSolution } from './measures.js';
import { seeds } from './problems/labeled.js';
import { figureImage } from './problems/problemFile.js';
import { modelFolder, openMiniPrm } from './score.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
    threshold: { type: 'boolean', default: false },
  },
});
const { score, dispose } = openMiniPrm();
let leftOut = 0;
const folder = mkdtempSync(join(tmpdir(), 'steplens-evaluate-'));
const figurePath = join(folder, 'figure.png');

async function scored(seed: number): Promise<ScoredSolution[]> {
  const found: ScoredSolution[] = [];
  const planted = plantedSolutions(seed, Number(values.count));
  leftOut = planted.leftOut;
  for (const { problem, steps, firstError, mistake } of planted.solutions) {
    if (problem.figure) writeFileSync(figurePath, await figureImage(problem.figure));
    found.push({
      scores: await score(
        problem.question,
        steps,
        problemImages({ searched: [], roots: [join(figurePath, '..')] }, problem.figure ? [figurePath] : []),
      ),
      firstError,
      kind: problem.kind,
      mistake: mistake ?? 'none',
    });
  }
  return found;
}

if (values.threshold) {
  console.log(`best threshold on the validation seed: ${bestThreshold(await scored(seeds.validation))}`);
} else {
  const { threshold } = JSON.parse(readFileSync(join(modelFolder, 'prm.json'), 'utf8')) as { threshold: number };
  report(await scored(seeds.heldOut), threshold);
}
await dispose();
rmSync(folder, { recursive: true });

function report(solutions: readonly ScoredSolution[], threshold: number): void {
  const wrong = solutions.filter((s) => s.firstError >= 0);
  const right = solutions.filter((s) => s.firstError < 0);
  const hit = (s: ScoredSolution): boolean => firstLow(s.scores, threshold) === s.firstError;
  const share = (part: readonly ScoredSolution[]): number => part.filter(hit).length / part.length;
  const groups = (key: 'kind' | 'mistake', part: readonly ScoredSolution[]) =>
    [...new Set(part.map((s) => s[key]))].map((name) => {
      const group = part.filter((s) => s[key] === name);
      return { name, solutions: group.length, found: share(group) };
    });
  const result = {
    solutions: solutions.length,
    steps: solutions.reduce((sum, s) => sum + s.scores.length, 0),
    /** Share of the drawn problems that were left out because they occur in the training set. */
    leftOut: leftOut / (leftOut + solutions.length),
    threshold,
    auroc: stepAuroc(
      solutions.map(({ firstError, scores }, problem) => ({ problem, length: scores.length, firstError })),
      solutions.map(({ scores }) => scores),
    )(() => 1),
    firstError: share(wrong),
    falseAlarms: 1 - share(right),
    byKind: groups('kind', solutions),
    byMistake: groups('mistake', wrong),
  };
  if (values.json) {
    console.log(JSON.stringify(result, null, 2));
    return;
  }
  const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
  console.log(`${result.solutions} held-out solutions (${wrong.length} wrong), ${result.steps} steps, threshold ${threshold}`);
  console.log(`problems left out, in training   ${percent(result.leftOut)}`);
  console.log(`AUROC of step correctness        ${result.auroc.toFixed(4)}`);
  console.log(`first error found, wrong ones    ${percent(result.firstError)}`);
  console.log(`false alarms, right ones         ${percent(result.falseAlarms)}`);
  console.log('\nverdict on the solution right (first error found, or no alarm), by kind:');
  for (const group of result.byKind) console.log(`  ${group.name.padEnd(14)} ${percent(group.found).padStart(7)} of ${group.solutions}`);
  console.log('\nfirst error found, by mistake:');
  for (const group of result.byMistake) console.log(`  ${group.name.padEnd(14)} ${percent(group.found).padStart(7)} of ${group.solutions}`);
}
