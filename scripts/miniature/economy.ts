/**
 * Cost and benefit of each rule that saves rollouts or selects samples, on the miniature: `npm run model:economy [-- --problems 40] [--json]`.
 * The bundled policy labels held-out problems with 16 continuations of every step. The rules are then applied to the same continuations, in
 * the order they were sampled, so that they differ only in how many continuations they take.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { localVerifier } from '../../server/answers/localVerifier.js';
import { problemImages } from '../../server/files/images.js';
import { readDocument } from '../../server/formats/registry.js';
import { InferenceClient } from '../../server/inference/client.js';
import { readEventLog } from '../../server/labeling/eventLog.js';
import { createJudge, type Judge } from '../../server/labeling/judge.js';
import { labelRun } from '../../server/labeling/labelRun.js';
import { defaultMonteCarlo, type MonteCarloSettings } from '../../server/labeling/monteCarlo.js';
import { openLocalPolicy } from '../../server/labeling/policies/localPolicy.js';
import type { Policy } from '../../server/labeling/policy.js';
import type { JudgedRollout, ProblemToLabel } from '../../server/labeling/runEvents.js';
import { problemFiles } from '../../server/labeling/runFiles.js';
import { labelInMemory } from '../../server/labeling/runMethod.js';
import { prefixOf, replayAll, type SearchTree } from '../../server/labeling/searchTree.js';
import { itemAt, mustGet, mustHave } from '../../server/reasoning/present.js';
import type { Problem } from '../../server/reasoning/problem.js';
import { createScorer } from '../../server/scoring/onnxScorer.js';
import { scoreJob } from '../../server/scoring/scorer.js';
import { bound, type RuleCost, ruleCost, ruleTable } from './economyTable.js';
import { type ExactVerdict, judgeSteps } from './problems/exactSteps.js';
import { seeds } from './problems/labeled.js';
import { seedProblem } from './problems/problemFile.js';
import { generateProblem } from './problems/registry.js';
import { modelFolder } from './score.js';
import { type JudgedRecords, selectionQualities, selectionText } from './selectionTable.js';

const { values } = parseArgs({ options: { problems: { type: 'string', default: '40' }, json: { type: 'boolean', default: false } } });
const settings = { method: 'monte-carlo', ...defaultMonteCarlo, seed: 1 } as const;
const rules: readonly [name: string, change: Partial<MonteCarloSettings>][] = [
  ['--stop-when-decided', { stopWhenDecided: true }],
  ['--reuse', { reuse: true }],
  ['--reuse --stop-when-decided', { reuse: true, stopWhenDecided: true }],
  ['--early-stop', { earlyStop: true }],
  ['--early-stop --stop-when-decided', { earlyStop: true, stopWhenDecided: true }],
  ['--early-stop --reuse --stop-when-decided', { earlyStop: true, reuse: true, stopWhenDecided: true }],
  ['--skip-uniform', { skipUniform: true }],
  ['--skip-uniform --reuse --stop-when-decided', { skipUniform: true, reuse: true, stopWhenDecided: true }],
];

const inferenceEntry = fileURLToPath(new URL('../../server/inference/main.ts', import.meta.url));
const log = { info: () => undefined, warn: (message: string) => console.warn(message) };
const client = new InferenceClient({ entry: inferenceEntry, log });
const policy = openLocalPolicy({ folder: join(modelFolder, 'policy'), client, device: 'cpu', threads: 1 });
const judge = createJudge({ verifier: localVerifier() });
const root = mkdtempSync(join(tmpdir(), 'steplens-economy-'));
try {
  const problems = await heldOut(Number(values.problems));
  const run = {
    problems,
    problemsFile: 'held-out',
    settings,
    jobs: 4,
    restart: false,
    mostUndecided: 1,
    signal: new AbortController().signal,
  };
  const images = (names: readonly string[]) => problemImages({ searched: [root], roots: [root] }, names);
  await labelRun(run, { policy, judge, folder: root, images, isUnsynced: true });
  const fixed: SearchTree[] = [];
  const saved: SearchTree[][] = rules.map(() => []);
  for (const problem of problems) {
    const tree = replayAll((await readEventLog(problemFiles(root, problem.id, 'monte-carlo').log)).recorded.map(({ event }) => event));
    if (tree === undefined) continue;
    fixed.push(tree);
    for (const [i, [, change]] of rules.entries()) {
      const recorded = await recording(problem);
      itemAt(saved, i).push(await labelInMemory(problem, { ...settings, ...change }, recorded.policy, recorded.judge));
    }
  }
  const rows: RuleCost[] = [
    ruleCost('16 continuations of every step', fixed, fixed),
    bound(fixed, settings.continuations),
    ...rules.map(([name], i) => ruleCost(name, itemAt(saved, i), fixed)),
  ];
  const selections = selectionQualities(await judgedRecords(problems), seeds.heldOut);
  if (values.json) console.log(JSON.stringify({ rules: rows, selections }, null, 2));
  else console.log(`${ruleTable(rows, problems.length)}\n${selectionText(selections)}`);
} finally {
  await client.dispose();
  rmSync(root, { recursive: true });
}

async function heldOut(count: number): Promise<ProblemToLabel[]> {
  const problems: ProblemToLabel[] = [];
  for (let i = 0; i < count; i++) {
    const { problem, figure } = await seedProblem(seeds.heldOut, i);
    const images: string[] = [];
    if (figure) {
      const image = join(root, figure.path);
      await mkdir(dirname(image), { recursive: true });
      writeFileSync(image, figure.png);
      images.push(image);
    }
    problems.push({ id: problem.id, question: problem.question, answer: problem.correct_answer, images });
  }
  return problems;
}

/** The records that the run wrote, with the bundled PRM's scores as judge scores. */
async function judgedRecords(problems: readonly ProblemToLabel[]): Promise<JudgedRecords[]> {
  const threads = 1;
  const scorer = createScorer({ modelFolder, device: 'cpu', threads, inferenceEntry, log });
  const groups: JudgedRecords[] = [];
  for (const [index, { id, images }] of problems.entries()) {
    const generated = generateProblem(seeds.heldOut, index);
    const records = readDocument(readFileSync(problemFiles(root, id, 'monte-carlo').result, 'utf8'))?.problems ?? [];
    const exact = new Map<Problem, ExactVerdict>();
    for (const record of records) {
      const job = scoreJob(record, problemImages({ searched: [root], roots: [root] }, images));
      const { scores } = await scorer.score(job);
      const steps = record.steps.map((step) => {
        const judge = scores[step.index];
        return judge === undefined || Number.isNaN(judge) ? step : { ...step, values: { ...step.values, judge } };
      });
      const texts = record.steps.map(({ text }) => text);
      exact.set({ ...record, steps }, judgeSteps(generated, texts));
    }
    groups.push({ problems: [...exact.keys()], exact });
  }
  await scorer.dispose();
  return groups.filter((group) => group.problems.length > 0);
}

/** Replays the run's policy and judge: a prefix gets its logged continuations and verdicts in the order sampled. */
async function recording({ id }: ProblemToLabel): Promise<{ policy: Policy; judge: Judge }> {
  const events = (await readEventLog(problemFiles(root, id, 'monte-carlo').log)).recorded.map(({ event }) => event);
  const tree = mustHave(replayAll(events), `search tree of ${id}`);
  const left = new Map<string, JudgedRollout[]>();
  const verdicts = new Map<string, Awaited<ReturnType<Judge['judge']>>>();
  for (const event of events) {
    if (event.event === 'complete')
      verdicts.set(JSON.stringify(prefixOf(tree, event.node)), { verdict: event.verdict, method: event.method });
    if (event.event !== 'rollouts') continue;
    const prefix = prefixOf(tree, event.node);
    const key = JSON.stringify(prefix);
    left.set(key, [...(left.get(key) ?? []), ...event.rollouts]);
    for (const rollout of event.rollouts)
      if (!('failure' in rollout))
        verdicts.set(JSON.stringify([...prefix, ...rollout.steps]), { verdict: rollout.verdict, method: rollout.method });
  }
  return {
    policy: {
      describe: () => policy.describe(),
      sample: ({ prefix, count }) => Promise.resolve(mustGet(left, JSON.stringify(prefix)).splice(0, count)),
      ...(policy.isComplete && { isComplete: policy.isComplete.bind(policy) }),
      dispose: () => Promise.resolve(),
    },
    judge: { fingerprint: judge.fingerprint, judge: ({ solution }) => Promise.resolve(mustGet(verdicts, JSON.stringify(solution))) },
  };
}
