/**
 * The results of the miniature, from the committed models and a held-out seed, as the model card shows them:
 *   npm run model:results [-- --part labels|transfer|candidates] [--problems 540] [--candidates 16] [--json]
 * - labels: what Monte-Carlo labels are worth, from logged rollouts (write-rollouts.ts);
 * - judges: small judges trained on labels of many kinds, three seeds each, from the log of their scores (study.py);
 * - transfer: the bundled PRM on candidates of another policy, the generator's solver with planted mistakes;
 * - candidates: the policy samples candidates for unseen problems, the rules judge their answers, the PRM scores their steps, and
 *   StepLens' own evaluation compares the choices.
 * Exact verdicts on steps come from the generator. Every interval resamples problems.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { localVerifier } from '../../server/answers/localVerifier.js';
import { type BestOfN, bestOfN, type SelectionRule } from '../../server/evaluation/bestOfN.js';
import { firstLow, type LabeledSolution } from '../../server/evaluation/labeledSolution.js';
import { processReport } from '../../server/evaluation/processBenchmark.js';
import { problemImages } from '../../server/files/images.js';
import { InferenceClient } from '../../server/inference/client.js';
import { createJudge } from '../../server/labeling/judge.js';
import { openLocalPolicy } from '../../server/labeling/policies/localPolicy.js';
import type { ProblemImage } from '../../server/models/images/imageFile.js';
import type { Estimate } from '../../server/reasoning/bootstrap.js';
import { finalAnswer } from '../../server/reasoning/finalAnswer.js';
import { createRandom } from '../../server/reasoning/random.js';
import { createScorer } from '../../server/scoring/onnxScorer.js';
import { judgeStudy, judgeText } from './judgeStudy.js';
import { labelStudy, labelText } from './labelReport.js';
import { Draw } from './problems/draw.js';
import { type ExactVerdict, judgeSteps } from './problems/exactSteps.js';
import { mistakeRate, seeds } from './problems/labeled.js';
import { seedProblem } from './problems/problemFile.js';
import { generateProblem } from './problems/registry.js';
import { begin, solve } from './problems/solver.js';
import { readRolloutLog } from './rolloutLog.js';

const { values } = parseArgs({
  options: {
    part: { type: 'string' },
    problems: { type: 'string', default: '540' },
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
mkdirSync(join(folder, 'figures'));
const parts: Readonly<Record<string, () => Promise<object>>> = { labels, judges, transfer, candidates };
try {
  if (values.part !== undefined && !(values.part in parts))
    throw new RangeError(`--part is one of ${Object.keys(parts).join(', ')}, not "${values.part}".`);
  const results: Record<string, object> = {};
  for (const [name, run] of Object.entries(parts)) if ((values.part ?? name) === name) results[name] = await run();
  if (values.json) console.log(JSON.stringify(results, null, 2));
} finally {
  rmSync(folder, { recursive: true });
}

async function candidates(): Promise<object> {
  const problems = await sampleCandidates();
  const scored = [{ name: 'the bundled PRM', ...(await evaluateModel(await model(), problems)) }];
  return report(problems, scored);
}

/** The same table for another policy: a program whose mistakes are of other kinds than a language model's. */
async function transfer(): Promise<object> {
  const problems: Solved[] = [];
  for (let i = 0; i < Number(values.problems); i++) problems.push(solverCandidates(i, await figureFiles(i)));
  if (!values.json) console.log("Transfer: candidates of the generator's solver, which plants a mistake in two of three solutions\n");
  return report(problems, [{ name: 'the bundled PRM', ...(await evaluateModel(await model(), problems)) }]);
}

async function labels(): Promise<object> {
  const solutions = readRolloutLog();
  const scorer = createScorer({ modelFolder: await model(), device: 'cpu', threads, inferenceEntry, log });
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

/** The figure of a held-out problem, in a list that is empty where it has none. */
async function figureFiles(index: number): Promise<ProblemImage[]> {
  const { problem, figure } = await seedProblem(seed, index);
  if (!figure) return [];
  const path = join(folder, problem.image_path!);
  writeFileSync(path, figure);
  return problemImages({ searched: [folder], roots: [folder] }, [path]);
}

function solverCandidates(index: number, images: readonly ProblemImage[]): Solved {
  const problem = generateProblem(seed, index);
  const found = Array.from({ length: Number(values.candidates) }, (_, i) => {
    const draw = new Draw(createRandom(seed, `solver ${index} ${i}`));
    const steps = solve(problem, begin(draw), draw, { mistakeRate }).map(({ text }) => text);
    const answer = finalAnswer(steps.at(-1)!);
    return { steps, correct: answer === String(problem.answer), answer, exact: judgeSteps(problem, steps) };
  });
  return { id: `solver-${index}`, kind: problem.kind, question: problem.question, images, candidates: found };
}

async function sampleCandidates(): Promise<Solved[]> {
  const client = new InferenceClient({ entry: inferenceEntry, log });
  const policy = openLocalPolicy({ folder: join(here, 'policy'), client, device: 'cpu', threads });
  const judge = createJudge({ verifier: localVerifier() });
  const found: Solved[] = [];
  try {
    for (let i = 0; i < Number(values.problems); i++) {
      const generated = generateProblem(seed, i);
      const { problem } = await seedProblem(seed, i);
      const images = await figureFiles(i);
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

/** A folder with the bundled PRM, without its scope, so that it is measured on every step, also on the few that the bundled profile leaves unscored. */
async function model(): Promise<string> {
  const to = join(folder, 'bundled');
  if (existsSync(to)) return to;
  mkdirSync(to);
  for (const name of ['model.onnx', 'tokenizer.json', 'tokenizer_config.json']) await copyFile(join(here, name), join(to, name));
  const { scope: _, ...profile } = JSON.parse(readFileSync(join(here, 'prm.json'), 'utf8')) as Record<string, unknown>;
  writeFileSync(join(to, 'prm.json'), JSON.stringify(profile));
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

function report(problems: readonly Solved[], scored: readonly Scored[]): object {
  const candidates = problems.flatMap(({ candidates: all, kind }) => all.map((candidate) => ({ ...candidate, kind })));
  const wrong = candidates.filter(({ exact }) => exact.firstError >= 0);
  const errors = [...new Set(wrong.map(({ exact }) => exact.error!))].sort();
  const last = (estimates: readonly Estimate[]): Estimate => estimates.at(-1)!;
  const bundled = scored[0]!;
  const at = (best: BestOfN, selection: SelectionRule): Estimate => last(best.curves[selection]);
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
  if (values.json) return result;
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
  console.log('');
  return result;
}
