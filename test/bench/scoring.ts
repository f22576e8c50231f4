import { readFile } from 'node:fs/promises';
import { readDocument } from '../../server/formats/registry.js';
import type { ScoreJob, Scorer } from '../../server/scoring/scorer.js';
import { createOnnxScorer } from '../../server/world.js';
import { interleaved, type Row } from './row.js';

const candidates = 'media/samples/candidates.json';
const log = { info: () => undefined, warn: () => undefined };

/** A job of its own for a path: the numbered question keeps the inference process from reusing what another job ran. */
function alone(job: ScoreJob, path: readonly number[], number: number): ScoreJob {
  const steps = path.map((index, i) => ({ text: job.steps[index]!.text, ...(i > 0 && { parent: i - 1 }) }));
  return { ...job, question: `${number}. ${job.question}`, steps };
}

async function run(scorer: Scorer, jobs: readonly ScoreJob[]): Promise<number> {
  let tokens = 0;
  for (const job of jobs) tokens += (await scorer.score(job, { ignoreCache: true })).tokens;
  return tokens;
}

/** Sixteen candidates as one forest, one by one, and step by step; and a last step edited. */
export async function measure(): Promise<Row[]> {
  const problem = readDocument(await readFile(candidates, 'utf8'), 'json')?.problems[0];
  if (problem === undefined || problem.solutions.length < 16) throw new Error(`${candidates} holds no set of 16 candidates.`);
  const forest: ScoreJob = { question: problem.question, images: [], steps: problem.steps };
  const paths = problem.solutions.map((solution) => solution.steps);
  const stepCount = paths.reduce((sum, path) => sum + path.length, 0);

  const scorer = createOnnxScorer({ modelPath: '', device: 'cpu', threads: 0 }, undefined, log);
  try {
    const { model } = await scorer.describe();
    let number = 0;
    const tokens = { forest: 0, paths: 0, steps: 0 };
    const [shared, onePath, oneStep] = await interleaved(5, [
      async () => (tokens.forest = await run(scorer, [{ ...forest, question: `${++number}. ${forest.question}` }])),
      async () => (tokens.paths = await run(scorer, paths.map((path) => alone(forest, path, ++number)))),
      async () => (tokens.steps = await run(scorer, paths.flatMap((path) => path.map((_, end) => alone(forest, path.slice(0, end + 1), ++number))))),
    ]);
    const perSecond = (ms: number): number => (1000 * stepCount) / ms;
    return [
      { name: 'steps scored a second, 16 candidates in one request', value: perSecond(shared!), unit: 'steps/s', note: `${model}, CPU, ${stepCount} steps, ${tokens.forest} tokens run` },
      { name: '... one candidate after the other', value: perSecond(onePath!), unit: 'steps/s', ratio: { to: 'one request', value: shared! / onePath! }, note: `${tokens.paths} tokens run` },
      { name: '... one forward pass for every step', value: perSecond(oneStep!), unit: 'steps/s', ratio: { to: 'one request', value: shared! / oneStep! }, note: `${tokens.steps} tokens run` },
      ...(await editedStep(scorer)),
    ];
  } finally {
    await scorer.dispose();
  }
}

/** The last of twelve steps edited, against the whole solution scored anew. */
async function editedStep(scorer: Scorer): Promise<Row[]> {
  const text = (i: number): string => `Step ${i + 1}: ${3 + i} boxes hold ${3 + i} * 7 = ${(3 + i) * 7} pens.`;
  const solution = (start: number, last: string): ScoreJob => ({
    question: `${start}. A shop packs pens into boxes of 7. How many pens are in the boxes?`,
    images: [],
    steps: Array.from({ length: 12 }, (_, i) => ({ text: i < 11 ? text(i) : last, ...(i > 0 && { parent: i - 1 }) })),
  });
  let number = 0;
  const tokens = { full: 0, edit: 0 };
  const [full, edit] = await interleaved(9, [
    async () => (tokens.full = (await scorer.score(solution(++number, 'The answer is 98.'))).tokens),
    async () => (tokens.edit = (await scorer.score(solution(number, `The answer is ${number}.`))).tokens),
  ]);
  return [
    { name: 'score a 12-step solution', value: full!, unit: 'ms', note: `${tokens.full} tokens run` },
    { name: '... after an edit of its last step', value: edit!, unit: 'ms', ratio: { to: 'the whole solution', value: edit! / full! }, note: `${tokens.edit} tokens run` },
  ];
}
