/**
 * The results of the miniature, from the committed models and a held-out seed, as the model card reports them:
 *   npm run model:results [-- --problems 300] [--candidates 16] [--json]
 * The policy samples candidates for unseen problems, the rules judge their answers, every PRM scores their steps, and
 * StepLens' own evaluation compares the choices. Exact verdicts on steps come from the generator.
 */

import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { localVerifier } from '../../server/answers/localVerifier.js';
import { type BestOfN, bestOfN, type Selection } from '../../server/evaluation/bestOfN.js';
import { firstLow, type LabeledSolution } from '../../server/evaluation/labeledSolution.js';
import { processReport } from '../../server/evaluation/processBenchmark.js';
import { problemImages } from '../../server/files/images.js';
import { InferenceClient } from '../../server/inference/client.js';
import { createJudge } from '../../server/labeling/judge.js';
import { openLocalPolicy } from '../../server/labeling/policies/localPolicy.js';
import type { ProblemImage } from '../../server/models/images/imageFile.js';
import { writeModel } from '../../server/onnx/model.js';
import { readModel } from '../../server/onnx/readModel.js';
import type { Estimate } from '../../server/reasoning/bootstrap.js';
import { createRandom } from '../../server/reasoning/random.js';
import { createScorer } from '../../server/scoring/onnxScorer.js';
import { type ExactVerdict, judgeSteps } from './problems/exactSteps.js';
import { seeds } from './problems/labeled.js';
import { seedProblem } from './problems/problemFile.js';
import { generateProblem } from './problems/registry.js';

const { values } = parseArgs({
  options: {
    problems: { type: 'string', default: '300' },
    candidates: { type: 'string', default: '16' },
    json: { type: 'boolean', default: false },
    validation: { type: 'boolean', default: false },
  },
});
const seed = values.validation ? seeds.validation : seeds.heldOut;
const log = { info: () => undefined, warn: (message: string) => console.warn(message) };
const here = fileURLToPath(new URL('../../media/models/mini', import.meta.url));
const inferenceEntry = fileURLToPath(new URL('../../server/inference/main.ts', import.meta.url));
const threads = Math.min(4, availableParallelism());

/** The PRMs to compare with the bundled one: the weights in which they differ from it (`export.py --over`). */
const ablations = join(here, 'ablations');

interface Solved {
  readonly id: string;
  readonly kind: string;
  readonly question: string;
  readonly images: readonly ProblemImage[];
  readonly candidates: readonly {
    readonly steps: readonly string[];
    readonly correct: boolean;
    readonly answer: string | undefined;
    readonly exact: ExactVerdict;
  }[];
}

const folder = mkdtempSync(join(tmpdir(), 'steplens-results-'));
try {
  const problems = await sampleCandidates();
  const scored = [{ name: 'the bundled PRM', ...(await evaluateModel(here, problems)) }];
  for (const file of readdirSync(ablations).sort())
    scored.push({ name: basename(file, '.onnx'), ...(await evaluateModel(await ablation(file), problems)) });
  report(problems, scored);
} finally {
  rmSync(folder, { recursive: true });
}

async function sampleCandidates(): Promise<Solved[]> {
  mkdirSync(join(folder, 'figures'));
  const client = new InferenceClient({ entry: inferenceEntry, log });
  const policy = openLocalPolicy({ folder: join(here, 'policy'), client, device: 'cpu', threads });
  const judge = createJudge({ verifier: localVerifier() });
  const found: Solved[] = [];
  try {
    for (let i = 0; i < Number(values.problems); i++) {
      const generated = generateProblem(seed, i);
      const { problem, figure } = await seedProblem(seed, i);
      const { image_path } = problem;
      if (figure) writeFileSync(join(folder, image_path!), figure);
      const images = problemImages({ searched: [folder], roots: [folder] }, image_path === undefined ? [] : [image_path]);
      const random = createRandom(seed, `candidates ${problem.id}`);
      const rollouts = await policy.sample({
        question: problem.question,
        images,
        prefix: [],
        count: Number(values.candidates),
        seed: Math.floor(random() * 2 ** 32),
      });
      const candidates = [];
      for (const rollout of rollouts) {
        if ('failure' in rollout) throw new Error(`${problem.id}: ${rollout.failure}`);
        const { answer, verdict } = await judge.judge({
          question: problem.question,
          reference: problem.correct_answer,
          solution: rollout.steps,
        });
        candidates.push({ steps: rollout.steps, correct: verdict === 'right', answer, exact: judgeSteps(generated, rollout.steps) });
      }
      found.push({ id: problem.id, kind: generated.kind, question: problem.question, images, candidates });
    }
  } finally {
    await client.dispose();
  }
  return found;
}

/** The folder of an ablation: the bundled PRM with other weights. */
async function ablation(file: string): Promise<string> {
  const to = join(folder, basename(file, '.onnx'));
  mkdirSync(to);
  for (const name of ['prm.json', 'scope.txt', 'tokenizer.json', 'tokenizer_config.json']) copyFileSync(join(here, name), join(to, name));
  const [bundled, other] = await Promise.all([readModel(join(here, 'model.onnx')), readModel(join(ablations, file))]);
  const own = new Map(other.graph.initializers.map((tensor) => [tensor.name, tensor]));
  const initializers = bundled.graph.initializers.map((tensor) => own.get(tensor.name) ?? tensor);
  writeFileSync(
    join(to, 'model.onnx'),
    writeModel({ ...bundled, graph: { ...bundled.graph, initializers } }, (path) => path),
  );
  return to;
}

async function evaluateModel(modelFolder: string, problems: readonly Solved[]) {
  const scorer = createScorer({ modelFolder, device: 'cpu', threads, inferenceEntry, log });
  const { threshold } = await scorer.describe();
  const sets = [];
  const labeled: (LabeledSolution & { readonly exact: ExactVerdict })[] = [];
  for (const { id, question, images, candidates } of problems) {
    const steps: { text: string; parent?: number }[] = [];
    const starts = candidates.map((candidate) => {
      const start = steps.length;
      candidate.steps.forEach((text, i) => steps.push(i === 0 ? { text } : { text, parent: steps.length - 1 }));
      return start;
    });
    const { scores } = await scorer.score({ question, images, steps });
    const of = (i: number): number[] => [...scores.slice(starts[i], starts[i]! + candidates[i]!.steps.length)];
    sets.push({
      id,
      candidates: candidates.map(({ correct, answer }, i) => ({ correct, scores: of(i), ...(answer !== undefined && { answer }) })),
    });
    candidates.forEach(({ exact, steps: written }, i) => {
      const labels = written.map((_, at): 1 | -1 => (exact.firstError < 0 || at < exact.firstError ? 1 : -1));
      labeled.push({ labels, scores: of(i), source: images.length > 0 ? 'figure' : 'text', exact });
    });
  }
  await scorer.dispose();
  return { threshold, best: bestOfN(sets, seed), steps: processReport(labeled, 'macroF1', threshold, seed), labeled };
}

type Scored = Awaited<ReturnType<typeof evaluateModel>> & { readonly name: string };

function report(problems: readonly Solved[], scored: readonly Scored[]): void {
  const candidates = problems.flatMap(({ candidates: all, kind }) => all.map((candidate) => ({ ...candidate, kind })));
  const wrong = candidates.filter(({ exact }) => exact.firstError >= 0);
  const errors = [...new Set(wrong.map(({ exact }) => exact.error!))].sort();
  const last = (estimates: readonly Estimate[]): Estimate => estimates.at(-1)!;
  const bundled = scored[0]!;
  const at = (best: BestOfN, selection: Selection): Estimate => last(best.curves[selection]);
  const kinds = [...new Set(problems.map(({ kind }) => kind))].sort();
  const result = {
    problems: problems.length,
    candidates: candidates.length,
    passAt1ByKind: Object.fromEntries(
      kinds.map((kind) => {
        const own = candidates.filter((candidate) => candidate.kind === kind);
        return [kind, own.filter(({ correct }) => correct).length / own.length];
      }),
    ),
    passAt1: last(bundled.best.curves.random),
    passAtN: at(bundled.best, 'pass'),
    selfConsistency: at(bundled.best, 'selfConsistency'),
    models: scored.map(({ name, threshold, best, steps }) => ({
      name,
      threshold,
      bestOfN: { min: at(best, 'min'), mean: at(best, 'mean'), product: at(best, 'product'), last: at(best, 'last') },
      gain: last(best.gains.min),
      macroF1: steps.score,
      bestMacroF1: steps.sweep.bestMacroF1,
      firstErrorF1: steps.all.firstError.f1,
      bySource: Object.fromEntries([...steps.bySource].map(([source, scores]) => [source, scores.steps.macroF1])),
    })),
    firstErrors: errors.map((error) => {
      const part = wrong.filter(({ exact }) => exact.error === error).length;
      const found = bundled.labeled.filter(
        ({ exact, scores }) => exact.error === error && firstLow(scores, bundled.threshold) === exact.firstError,
      ).length;
      return { error, solutions: part, found: found / part };
    }),
  };
  if (values.json) {
    console.log(JSON.stringify(result, null, 2));
    return;
  }
  const percent = (x: number | undefined): string => (x === undefined ? '-' : `${(100 * x).toFixed(1)}`);
  const estimate = ({ value, low, high }: Estimate): string => `${percent(value)} [${percent(low)}, ${percent(high)}]`;
  console.log(`${result.problems} unseen problems, ${result.candidates} candidates; accuracy in percent with 95 % intervals\n`);
  console.log(`pass@1            ${estimate(result.passAt1)}`);
  console.log(`pass@${values.candidates}           ${estimate(result.passAtN)}`);
  console.log(`self-consistency  ${estimate(result.selfConsistency)}`);
  console.log(
    `by kind           ${Object.entries(result.passAt1ByKind)
      .map(([kind, share]) => `${kind} ${(100 * share).toFixed(0)}`)
      .join(', ')}`,
  );
  console.log(
    `\nBest-of-${values.candidates}                          min of steps         mean      product   last      gain of min over pass@1`,
  );
  for (const { name, bestOfN: best, gain } of result.models) {
    console.log(
      `  ${name.padEnd(36)} ${estimate(best.min).padEnd(20)} ${percent(best.mean.value).padEnd(9)} ${percent(best.product.value).padEnd(9)} ${percent(best.last.value).padEnd(9)} ${estimate(gain)}`,
    );
  }
  console.log(
    '\nSteps against exact verdicts             macro F1 at threshold        figure    text      F1 of first error   best macro F1',
  );
  for (const { name, threshold, macroF1, bestMacroF1, bySource, firstErrorF1 } of result.models) {
    const best = bestMacroF1 && `${percent(bestMacroF1.value)} at ${bestMacroF1.threshold.toFixed(2)}`;
    console.log(
      `  ${name.padEnd(36)} ${`${estimate(macroF1)} at ${threshold}`.padEnd(29)} ${percent(bySource['figure']).padEnd(9)} ${percent(bySource['text']).padEnd(9)} ${percent(firstErrorF1).padEnd(19)} ${best ?? '-'}`,
    );
  }
  console.log('\nFirst errors of the policy, and how often the bundled PRM finds the step:');
  for (const { error, solutions, found } of result.firstErrors)
    console.log(`  ${error.padEnd(12)} ${String(solutions).padStart(5)} solutions, found ${percent(found)}`);
}
