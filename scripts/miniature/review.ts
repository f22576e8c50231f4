/**
 * Judgments saved by the order of a review, on problems with exact verdicts:
 *   npm run model:review [-- --problems 150] [--rollouts 8] [--seed 1]
 * The bundled policy solves held-out problems and continues every step; the bundled PRM scores the steps. A simulated reviewer, who is
 * always right, judges steps one by one, least certain first or at random. All sources are weighed again after every five judgments.
 * Prints the number of judgments until given shares of the steps of the whole set have the right verdict.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { localVerifier } from '../../server/answers/localVerifier.js';
import { problemImages } from '../../server/files/images.js';
import { InferenceClient } from '../../server/inference/client.js';
import { createJudge } from '../../server/labeling/judge.js';
import { openLocalPolicy } from '../../server/labeling/policies/localPolicy.js';
import { createRandom } from '../../server/reasoning/random.js';
import { type StepEvidence, stepPosteriors } from '../../server/review/posterior.js';
import { judgeSteps } from './problems/exactSteps.js';
import { seeds } from './problems/labeled.js';
import { seedProblem } from './problems/problemFile.js';
import { generateProblem } from './problems/registry.js';
import { modelFolder, openMiniPrm } from './score.js';

const { values } = parseArgs({
  options: {
    problems: { type: 'string', default: '150' },
    rollouts: { type: 'string', default: '8' },
    seed: { type: 'string', default: '1' },
  },
});
const [problems, rollouts, seed] = [Number(values.problems), Number(values.rollouts), Number(values.seed)];
/** Judgments between two estimates. */
const batch = 5;
/** Number of random orders that are averaged. */
const orders = 10;
const targets = [0.9, 0.95, 0.98, 1];

interface Known {
  readonly evidence: StepEvidence;
  readonly isRight: boolean;
}

const steps = await collect();
console.log(
  `${steps.length} steps of ${problems} held-out problems, ${steps.filter(({ isRight }) => !isRight).length} wrong, ${rollouts} rollouts a step`,
);
const ordered = curve(leastCertain);
const random = Array.from({ length: orders }, (_, i) => curve(atRandom(i)));
console.log(`right before the first judgment: ${percent(ordered[0] ?? 0)}`);
for (const target of targets) {
  const [with_, without] = [needed(ordered, target), mean(random.map((one) => needed(one, target)))];
  const saved = without === 0 ? 0 : 1 - with_ / without;
  console.log(
    `${percent(target)} right after ${with_} judgments, least certain first; ${without.toFixed(0)} at random: ${percent(saved)} fewer`,
  );
}

/** Solutions of the policy with rollouts and scores of every step. */
async function collect(): Promise<Known[]> {
  const folder = mkdtempSync(join(tmpdir(), 'steplens-review-'));
  const log = { info: () => undefined, warn: (message: string) => console.warn(message) };
  const client = new InferenceClient({ entry: fileURLToPath(new URL('../../server/inference/main.ts', import.meta.url)), log });
  const policy = openLocalPolicy({ folder: join(modelFolder, 'policy'), client, device: 'cpu', threads: 1 });
  const judge = createJudge({ verifier: localVerifier() });
  const prm = openMiniPrm();
  const found: Known[] = [];
  try {
    for (let i = 0; i < problems; i++) {
      const generated = generateProblem(seeds.heldOut, i);
      const { problem, figure } = await seedProblem(seeds.heldOut, i);
      if (figure) writeFileSync(join(folder, 'figure.png'), figure.png);
      const images = problemImages({ searched: [folder], roots: [folder] }, figure ? ['figure.png'] : []);
      const sample = async (prefix: readonly string[], count: number, key: string) =>
        policy.sample({
          question: problem.question,
          images,
          prefix,
          count,
          seed: Math.floor(createRandom(seed, `${i} ${key}`)() * 2 ** 32),
        });
      const [solution] = await sample([], 1, 'solution');
      if (solution === undefined || 'failure' in solution) continue;
      const scores = await prm.score(problem.question, solution.steps, images);
      const { firstError } = judgeSteps(generated, solution.steps);
      for (const [at] of solution.steps.entries()) {
        const prefix = solution.steps.slice(0, at + 1);
        let correct = 0;
        for (const rollout of await sample(prefix, rollouts, `step ${at}`)) {
          if ('failure' in rollout) continue;
          const { verdict } = await judge.judge({
            question: problem.question,
            reference: problem.correct_answer,
            solution: [...prefix, ...rollout.steps],
          });
          if (verdict === 'right') correct++;
        }
        found.push({
          evidence: { people: [], mc: { correct, total: rollouts }, prm: scores[at] ?? NaN },
          isRight: firstError < 0 || at < firstError,
        });
      }
    }
    return found;
  } finally {
    await prm.dispose();
    await client.dispose();
    rmSync(folder, { recursive: true });
  }
}

type Order = (posteriors: Float64Array, judged: ReadonlySet<number>) => readonly number[];

/** Share of steps with the right verdict after 0, 1, 2, ... judgments. */
function curve(next: Order): number[] {
  const judged = new Set<number>();
  const accuracies: number[] = [];
  while (judged.size < steps.length) {
    const posteriors = stepPosteriors(
      steps.map(({ evidence, isRight }, i) =>
        judged.has(i) ? { ...evidence, people: [{ by: 'reviewer', value: isRight ? 1 : -1 }] } : evidence,
      ),
    );
    const accuracy = (): number => mean(steps.map(({ isRight }, i) => Number(judged.has(i) || (posteriors[i] ?? 0.5) > 0.5 === isRight)));
    if (accuracies.length === 0) accuracies.push(accuracy());
    for (const step of next(posteriors, judged).slice(0, batch)) {
      judged.add(step);
      accuracies.push(accuracy());
    }
  }
  return accuracies;
}

function leastCertain(posteriors: Float64Array, judged: ReadonlySet<number>): number[] {
  return steps
    .map((_, i) => i)
    .filter((i) => !judged.has(i))
    .sort((a, b) => doubt(posteriors[b]) - doubt(posteriors[a]));
}

function doubt(right = 0.5): number {
  return Math.min(right, 1 - right);
}

function atRandom(number: number): Order {
  const source = createRandom(seed, `order ${number}`);
  const ranks = steps.map(() => source());
  return (_, judged) =>
    steps
      .map((_, i) => i)
      .filter((i) => !judged.has(i))
      .sort((a, b) => (ranks[a] ?? 0) - (ranks[b] ?? 0));
}

/** Judgments after which the share is reached and kept. */
function needed(accuracies: readonly number[], target: number): number {
  const last = accuracies.findLastIndex((accuracy) => accuracy < target);
  return last + 1;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
