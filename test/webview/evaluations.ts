import { readFileSync } from 'node:fs';
import { localVerifier } from '../../server/answers/localVerifier.js';
import { EvaluationRun } from '../../server/evaluation/evaluation.js';
import { evaluationLine } from '../../server/evaluation/evaluationLine.js';
import { readDocument } from '../../server/formats/registry.js';
import type { BestOfNLine, EvaluateLine, ProcessLine } from '../../server/protocol/evaluation.js';
import { createRandom } from '../../server/reasoning/random.js';
import type { EvaluationResult } from '../../webview/evaluation/protocol.js';

/** Returns the server's answer for a text. `score` returns the PRM's score of a step. */
async function evaluate(file: string, text: string, score: (text: string) => number): Promise<EvaluateLine> {
  const run = new EvaluationRun(
    { seed: 1, threshold: undefined, rescore: false },
    {
      score: (problem) => Promise.resolve({ scores: problem.steps.map((step) => score(step.text)), skipped: new Map<number, string>() }),
      model: () => ({ model: 'fake', device: 'cpu', threshold: 0.5 }),
      verifier: localVerifier(),
      onProgress: () => undefined,
      pause: () => Promise.resolve(),
    },
  );
  if (!(await run.add(file, readDocument(text, file.endsWith('l') ? 'jsonl' : 'json')!)))
    throw new Error(`Nothing to evaluate in ${file}.`);
  return evaluationLine((await run.evaluations())[0]!);
}

let sample: Promise<EvaluateLine> | undefined;

/** The candidate set of the sample workspace: three problems, sixteen candidates each, with the bundled model's scores. */
export async function sampleCandidates(): Promise<BestOfNLine> {
  const file = 'media/samples/candidates.json';
  return (await (sample ??= evaluate(file, readFileSync(file, 'utf8'), () => NaN))) as BestOfNLine;
}

/** A ProcessBench file with 60 solutions from two subsets and two models. The PRM's scores are right, with noise. */
export async function processBenchmark(): Promise<ProcessLine> {
  const random = createRandom(7, 'process');
  const rows = Array.from({ length: 60 }, (_, i) => {
    const length = 2 + Math.floor(random() * 5);
    const label = random() < 0.5 ? -1 : Math.floor(random() * length);
    const steps = Array.from({ length }, (_, at) => `Step ${at} scores ${(label >= 0 && at >= label ? 0.1 : 0.4) + random() * 0.5}.`);
    return {
      id: `${i % 2 === 0 ? 'gsm8k' : 'math'}-${i}`,
      generator: `model ${i % 3 === 0 ? 'A' : 'B'}`,
      problem: '2 + 2?',
      steps,
      final_answer_correct: label < 0,
      label,
    };
  });
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  return (await evaluate('process.jsonl', text, (step) => Number(/scores ([\d.]+)\.$/.exec(step)?.[1]))) as ProcessLine;
}

/** A line with many candidates per problem. The curves are artificial but realistic, as 64 candidates take seconds. */
export async function manyCandidates(candidates: number): Promise<BestOfNLine> {
  const line = await sampleCandidates();
  const sizes = Array.from({ length: candidates }, (_, i) => i + 1);
  const all = (of: BestOfNLine['accuracy'], level: number) =>
    Object.fromEntries(
      Object.keys(of).map((id, at) => [
        id,
        sizes.map((n) => {
          const value = level + (1 - 0.7 ** n) * (0.6 - at * 0.05);
          return { value, low: value - 0.05, high: value + 0.05 };
        }),
      ]),
    ) as unknown as BestOfNLine['accuracy'];
  return {
    ...line,
    sizes,
    candidates: candidates * line.problems,
    complete: sizes.map(() => line.problems),
    accuracy: all(line.accuracy, 0.2),
    gainOverRandom: all(line.gainOverRandom, -0.2),
  };
}

export function resultOf(...lines: readonly EvaluateLine[]): EvaluationResult {
  return { uris: lines.map(({ files }) => `file:///w/${files[0]}`), lines, faults: [] };
}
