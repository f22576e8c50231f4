import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localVerifier } from '../../server/answers/localVerifier.js';
import { readDocument } from '../../server/formats/registry.js';
import { readEventLog } from '../../server/labeling/eventLog.js';
import { createJudge, type Judge } from '../../server/labeling/judge.js';
import { type LabelWorld, labelProblem } from '../../server/labeling/labelProblem.js';
import { labelRun } from '../../server/labeling/labelRun.js';
import { stepsWithScore } from '../../server/labeling/monteCarlo.js';
import { createLlmJudge } from '../../server/labeling/policies/llmJudge.js';
import { type Policy, PolicyError } from '../../server/labeling/policy.js';
import type { RunEvent } from '../../server/labeling/runEvents.js';
import { defaultLabelSettings, type LabelSettings } from '../../server/labeling/runSettings.js';
import { treeFile } from '../../server/labeling/treeFile.js';
import { OpenAiClient } from '../../server/remote/openAiClient.js';
import { connect, settings, startServer } from './openAiSetup.js';
import { completions, policyOf, problem } from './scripted.js';

const verifier = localVerifier();
const five = { ...problem, answer: '5' };
const right = ['Add 2 and 3.', 'That is 5.\n<answer>5</answer>'];
const wrong = ['Add 2 and 2.', 'That is 4.\n<answer>4</answer>'];
/** Answers that the rules cannot compare with 5. */
const vague = ['Add them up.', 'Some.\n<answer>quite a few apples, I think</answer>'];
const unclear = ['Add them up.', 'So <answer>as many as before</answer>'];

let root: string;
let made = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'steplens-undecided-'));
});
afterAll(() => rm(root, { recursive: true }));

/** A policy behind a real server, judged by the rules (and a judge) as on the command line. */
async function world(policy: Policy, judge?: Judge): Promise<LabelWorld> {
  const folder = join(root, String(made++));
  await mkdir(folder);
  return {
    policy: connect(await startServer({}, policy)),
    judge: judge ?? createJudge({ verifier }),
    folder,
    images: () => [],
  };
}

const search: LabelSettings = { ...defaultLabelSettings.mcts, rollouts: 4, searches: 3, seed: 1 };
const sampled: LabelSettings = { ...defaultLabelSettings['monte-carlo'], solutions: 2, continuations: 4, seed: 1 };

async function eventsOf(path: string): Promise<RunEvent[]> {
  return (await readEventLog(path)).recorded.map(({ event }) => event);
}

describe('undecided rollouts of a server', () => {
  it('are not part of a value or the pool, and are counted separately in the tree', async () => {
    const here = await world(
      policyOf(({ prefix }) => completions(...[right, wrong, vague, unclear].map((steps) => steps.slice(prefix.length)))),
    );
    const { tree, files } = await labelProblem(five, search, here);
    expect(tree.nodes[0]).toMatchObject({ correct: 1, total: 2, value: 0.5 });
    expect(treeFile(tree)).toMatchObject({ mc_value: 0.5, num_correct: 1, num_incorrect: 1, num_undecided: 2 });
    const selected = (await eventsOf(files.log)).filter(({ event }) => event === 'selected');
    expect(selected[0]).toMatchObject({ node: 0, rollout: 0, pool: 1 });
    const read = readDocument(await readFile(files.result, 'utf8'))!;
    expect(read.faults).toEqual([]);
    expect(read.problems[0]!.tree!.nodes[0]!.mc).toEqual({ value: 0.5, correct: 1, total: 2 });
  });

  it('leave a search open and a Monte-Carlo value unknown when there are no others', async () => {
    const from = (solution: string[]) =>
      policyOf(({ prefix }) => completions(...Array<string[]>(4).fill(prefix.length === 0 ? solution : unclear)));
    await expect(labelProblem(five, search, await world(from(vague)))).rejects.toThrow(
      /^problem p stays open: no rollout from the question is right or wrong/,
    );
    const { tree: labeled } = await labelProblem(five, sampled, await world(from(right)));
    const [record] = stepsWithScore(labeled);
    expect(record!.steps_with_score[0]).toMatchObject({ num_mc_correct: 0, num_mc_total: 0, num_mc_undecided: 4, right: null });
  });

  it('stop the run with examples when there are too many, and finished problems are kept', async () => {
    const problems = Array.from({ length: 12 }, (_, i) => ({ ...five, id: `p${i}` }));
    const run = (mostUndecided: number, here: LabelWorld) =>
      labelRun(
        {
          problems,
          problemsFile: 'p.json',
          settings: search,
          jobs: 1,
          restart: false,
          signal: new AbortController().signal,
          mostUndecided,
        },
        here,
      );
    const here = await world(policyOf(() => completions(right, vague, unclear, unclear)));
    await expect(run(0.5, here)).rejects.toThrow(
      /^24 of 32 judged rollouts are undecided \(75 %, more than 50 %\).*p0: "quite a few apples, I think" against "5"; p0: "as many as before" against "5".*--judge.*--max-undecided/,
    );
    expect(await run(0.8, here)).toMatchObject({ done: 4, skipped: 8, failed: 0 });
  });
});

describe('a rollout that was cut at the token limit', () => {
  it.each([
    ['in its tag', ['Add 2 and 3.', 'That is 5.\n<answer>4'], 'undecided'],
    ['behind the first digit', ['Add 2 and 3.', 'The answer is 1'], 'undecided'],
    ['in a box', ['Add 2 and 3.', 'It is \\boxed{1'], 'undecided'],
    ['behind its answer', ['Add 2 and 3.', 'The answer is 5. This can be seen'], 'right'],
    ['behind its tag', ['Add 2 and 3.', 'That is 4.\n<answer>4</answer>'], 'wrong'],
  ])('%s has the verdict of its complete answer, and is undecided without one', async (_, steps, verdict) => {
    const cut = policyOf(({ count }) => Array.from({ length: count }, () => ({ steps, finish: 'length' as const })));
    const here = await world(cut);
    // A problem with only undecided rollouts stays open.
    await labelProblem(five, { ...search, rollouts: 2, searches: 0 }, here).catch(() => undefined);
    const [batch] = (await eventsOf(join(here.folder, 'p.events.jsonl'))).filter((event) => event.event === 'rollouts');
    expect(batch?.rollouts).toMatchObject([{ verdict, finish: 'length' }, { verdict }]);
  });
});

describe('a judge that fails', () => {
  it('leaves the rollout undecided with the reason in the log and the tree, and is counted', async () => {
    const server = await startServer(
      { alwaysFault: 'error500' },
      policyOf(() => completions(['Yes'])),
      ['judge'],
    );
    const client = new OpenAiClient({ ...settings(server.url), retries: 0, Unusable: PolicyError });
    const judge = createJudge({ verifier, llm: { name: 'judge', ask: createLlmJudge({ client, model: 'judge' }) } });
    const here = await world(
      policyOf(() => completions(right, wrong, vague, vague)),
      judge,
    );
    const events: RunEvent[] = [];
    const summary = await labelRun(
      {
        problems: [five],
        problemsFile: 'p.json',
        settings: { ...search, searches: 0 },
        jobs: 1,
        restart: false,
        signal: new AbortController().signal,
        onEvent: (_, event) => events.push(event),
      },
      here,
    );
    expect(summary).toMatchObject({ rollouts: 4, undecided: 2, judgeFailures: 2 });
    const rollouts = events.flatMap((event) => (event.event === 'rollouts' ? event.rollouts : []));
    expect(rollouts[2]).toMatchObject({
      verdict: 'undecided',
      method: 'failed',
      judgeFailure: expect.stringContaining('answered 500') as string,
    });
    expect(await readFile(join(here.folder, 'p.json'), 'utf8')).toContain('"judgeFailure": "The server answered 500');
  });
});

describe('a complete prefix', () => {
  it('is judged itself, without a request or a rollout, and a resumed run takes the verdict from the log', async () => {
    const policy = policyOf(({ prefix, count }) =>
      completions(...Array.from({ length: count }, (_, i) => (i % 2 ? right : wrong).slice(prefix.length))),
    );
    const here = await world(policy);
    const asked: number[] = [];
    const counting: Policy = {
      ...here.policy,
      describe: () => here.policy.describe(),
      dispose: () => here.policy.dispose(),
      isComplete: (prefix) => here.policy.isComplete!(prefix),
      sample: (request) => (asked.push(request.prefix.length), here.policy.sample(request)),
    };
    const { tree, files } = await labelProblem(five, sampled, { ...here, policy: counting });
    expect(asked).toEqual([0, 1, 1]);
    expect(tree.rollouts).toBe(2 + 2 * 4);
    for (const record of stepsWithScore(tree)) {
      const isRight = record.response.includes('<answer>5');
      expect(record.steps_with_score.at(-1)).toMatchObject({ num_mc_correct: isRight ? 1 : 0, num_mc_total: 1, num_mc_failed: 0 });
    }
    const events = await eventsOf(files.log);
    expect(events.filter(({ event }) => event === 'complete')).toMatchObject([
      { verdict: 'wrong', answer: '4' },
      { verdict: 'right', answer: '5' },
    ]);
    // A resumed run takes the verdict from the log.
    const text = await readFile(files.log, 'utf8');
    await rm(files.result);
    await labelProblem(five, sampled, {
      ...here,
      judge: { fingerprint: here.judge.fingerprint, judge: () => Promise.reject(new Error('asked')) },
    });
    expect(await readFile(files.log, 'utf8')).toBe(text);
  });

  it('is not assumed when its last step only mentions the answer tag', async () => {
    const mention = ['I shall end with </answer>.', ...right];
    const here = await world(policyOf(({ prefix, count }) => completions(...Array<string[]>(count).fill(mention.slice(prefix.length)))));
    const { tree } = await labelProblem(five, sampled, here);
    expect(tree.rollouts).toBe(2 + 2 * (4 + 4));
  });
});
