import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { localVerifier } from '../../server/answers/localVerifier.js';
import type { Prediction } from '../../server/labeling/economy/ledger.js';
import { planLabeling } from '../../server/labeling/economy/plan.js';
import { runCost } from '../../server/labeling/economy/runCost.js';
import { createJudge, type Judge } from '../../server/labeling/judge.js';
import { labelRun, type RunOptions } from '../../server/labeling/labelRun.js';
import { openOpenAiPolicy } from '../../server/labeling/policies/openAiPolicy.js';
import { defaultLabelSettings } from '../../server/labeling/runSettings.js';
import { onRealServer } from './realServer.js';
import type { Row } from './row.js';

const PROBLEMS = Number(process.env['STEPLENS_REAL_PROBLEMS'] ?? 40);
const JOBS = 4;

/**
 * Measures how far a plan is from the whole run, on llama.cpp's server with a small open model (see realServer.ts).
 * With STEPLENS_REAL_MODEL=random the model has random weights: its texts mean nothing, so a hash decides the verdict.
 */
export async function measure(): Promise<Row[]> {
  return await onRealServer('plan', async (server, { model }, folder) =>
    measured(server.url, join(folder, 'plan'), model === 'random' ? drawnJudge : createJudge({ verifier: localVerifier() }), model),
  );
}

async function measured(url: string, folder: string, judge: Judge, model: string): Promise<Row[]> {
  await mkdir(folder);
  const log = { info: (message: string) => console.log(message), warn: (message: string) => console.warn(message) };
  const policy = openOpenAiPolicy({
    baseUrls: [url],
    mode: 'chat',
    temperature: 1,
    maxTokens: model === 'random' ? 24 : 60,
    ...(model !== 'random' && {
      template:
        'Solve in two or three short sentences. Begin the last one with "The answer is" and write the number behind it.\n{question}',
    }),
    concurrency: 16,
    timeout: 600_000,
    retries: 2,
    log,
  });
  const world = { policy, judge, folder, images: () => [], now: () => Date.now(), isUnsynced: true, report: log.warn };
  const options: RunOptions = {
    problems: Array.from({ length: PROBLEMS }, (_, i) => ({
      id: `p${i}`,
      question: `A shop has ${i + 3} boxes with ${(i % 7) + 2} pens each and sells ${i % 5} pens. How many pens are left?`,
      answer: String((i + 3) * ((i % 7) + 2) - (i % 5)),
      images: [],
    })),
    problemsFile: 'problems.json',
    settings: { ...defaultLabelSettings['monte-carlo'], solutions: 2, continuations: 4, maxSteps: 3, stopWhenDecided: true, seed: 1 },
    jobs: JOBS,
    restart: false,
    mostUndecided: 1,
    signal: new AbortController().signal,
  };
  const info = await policy.describe();
  const plan = await planLabeling(options, world);
  if (plan === undefined) throw new Error('No problem of the plan has a log.');
  const planned = await runCost(folder);
  const summary = await labelRun(options, world);
  const { total, labels, seconds } = await runCost(folder);
  await policy.dispose();
  const about = `${model}; continues by ${info.continuation?.way ?? '?'}: ${info.continuation?.why ?? ''}`;
  // Relative to the problems that the plan has not sampled: for the others it predicts nothing.
  const distance = (name: string, { value, low, high }: Prediction, actual: number, known: number): Row => ({
    name: `plan from ${plan.sampled} of ${PROBLEMS} problems on llama.cpp, ${name} of the others: distance from the run`,
    value: (100 * Math.abs(value - actual)) / (actual - known),
    unit: '%',
    target: { most: 20 },
    note: `${value.toFixed(1)} (${low.toFixed(1)} to ${high.toFixed(1)}) planned for all, ${actual.toFixed(1)} taken`,
  });
  return [
    { name: 'problems labeled on a real server', value: summary.done + summary.skipped, unit: '', note: about },
    { name: 'rollouts that failed', value: total.failures, unit: '', note: `of ${total.rollouts}; ${total.undecided} undecided` },
    distance('rollouts', plan.rollouts, total.rollouts, planned.total.rollouts),
    distance('prompt tokens', plan.promptTokens, total.promptTokens, planned.total.promptTokens),
    distance('completion tokens', plan.completionTokens, total.completionTokens, planned.total.completionTokens),
    distance('step labels', plan.labels, labels, planned.labels),
    distance('seconds', plan.seconds, seconds, planned.seconds),
    { name: 'seconds of the plan itself', value: planned.seconds, unit: 's' },
  ];
}

/** Judges a third of all texts as right, because the texts of a model with random weights have no answer. */
const drawnJudge: Judge = {
  fingerprint: 'drawn',
  judge: ({ solution }) => {
    const byte = createHash('sha256').update(solution.join('\n')).digest()[0]!;
    return Promise.resolve({ verdict: byte < 85 ? 'right' : 'wrong', method: 'text' });
  },
};
