/**
 * The results of the miniature in the model card, from committed models, logs and a held-out seed. Nothing is sampled:
 *   npm run model:results [-- --part labels|judges|candidates|transfer] [--problems 540] [--json]
 * - labels: the quality of Monte-Carlo labels, from logged rollouts (write-rollouts.ts);
 * - judges: small judges trained on labels of many kinds, three seeds or more each, from the log of their scores (study.py);
 * - candidates: the PRM scores logged candidates of the bundled policy (write-candidates.ts), and StepLens' own evaluation compares the choices;
 * - transfer: the same for candidates of a second policy (sample_candidates.py).
 * Exact verdicts on steps come from the generator. Every interval resamples problems.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { problemImages } from '../../server/files/images.js';
import type { ProblemImage } from '../../server/models/images/imageFile.js';
import { createScorer } from '../../server/scoring/onnxScorer.js';
import type { Scorer } from '../../server/scoring/scorer.js';
import { candidateLogs, readCandidates } from './candidateLog.js';
import { candidateTable, candidateText, scoreCandidates } from './candidateReport.js';
import { judgeStudy, judgeText } from './judgeStudy.js';
import { labelStudy, labelText } from './labelReport.js';
import { seeds } from './problems/labeled.js';
import { figureImage } from './problems/problemFile.js';
import { generateProblem } from './problems/registry.js';
import { readRolloutLog } from './rolloutLog.js';
import { modelFolder } from './score.js';

const { values } = parseArgs({
  options: {
    part: { type: 'string' },
    problems: { type: 'string', default: '540' },
    json: { type: 'boolean', default: false },
  },
});
const threads = Math.min(4, availableParallelism());
const folder = mkdtempSync(join(tmpdir(), 'steplens-results-'));
const parts: Readonly<Record<string, () => Promise<object>>> = {
  labels,
  judges,
  candidates: () => candidates('The bundled policy', candidateLogs.bundled),
  transfer: () => candidates('A second policy', candidateLogs.second),
};
try {
  if (values.part !== undefined && !(values.part in parts))
    throw new RangeError(`--part is one of ${Object.keys(parts).join(', ')}, not "${values.part}".`);
  const results: Record<string, object> = {};
  for (const [name, run] of Object.entries(parts)) if ((values.part ?? name) === name) results[name] = await run();
  if (values.json) console.log(JSON.stringify(results, null, 2));
} finally {
  rmSync(folder, { recursive: true });
}

async function candidates(title: string, log: URL): Promise<object> {
  const problems = readCandidates(log, Number(values.problems));
  const scorer = await openPrm();
  const table = candidateTable(await scoreCandidates(problems, scorer, figureFiles, seeds.heldOut));
  await scorer.dispose();
  if (!values.json) console.log(candidateText(title, table));
  return table;
}

async function labels(): Promise<object> {
  const solutions = readRolloutLog();
  const scorer = await openPrm();
  const scores: number[][] = [];
  for (const { index, question, steps } of solutions) {
    const job = {
      question,
      images: await figureFiles(index),
      steps: steps.map((text, i) => (i === 0 ? { text } : { text, parent: i - 1 })),
    };
    scores.push([...(await scorer.score(job)).scores]);
  }
  await scorer.dispose();
  const result = labelStudy(solutions, scores, seeds.heldOut);
  if (!values.json) console.log(labelText(result));
  return result;
}

function judges(): Promise<object> {
  const results = judgeStudy();
  if (!values.json) console.log(judgeText(results));
  return Promise.resolve(results);
}

/** The figure of a held-out problem as a list; empty if the problem has no figure. */
async function figureFiles(index: number): Promise<ProblemImage[]> {
  const { figure } = generateProblem(seeds.heldOut, index);
  if (!figure) return [];
  const path = join(folder, `${index}.png`);
  writeFileSync(path, await figureImage(figure));
  return problemImages({ searched: [folder], roots: [folder] }, [path]);
}

/** The bundled PRM without its scope, to measure every step, also the few that the bundled profile leaves unscored. */
async function openPrm(): Promise<Scorer> {
  const to = join(folder, 'bundled');
  if (!existsSync(to)) {
    mkdirSync(to);
    for (const name of ['model.onnx', 'tokenizer.json', 'tokenizer_config.json']) await copyFile(join(modelFolder, name), join(to, name));
    const { scope: _, ...profile } = JSON.parse(readFileSync(join(modelFolder, 'prm.json'), 'utf8')) as Record<string, unknown>;
    writeFileSync(join(to, 'prm.json'), JSON.stringify(profile));
  }
  return createScorer({
    modelFolder: to,
    device: 'cpu',
    threads,
    inferenceEntry: fileURLToPath(new URL('../../server/inference/main.ts', import.meta.url)),
    log: { info: () => undefined, warn: (message) => console.warn(message) },
  });
}
