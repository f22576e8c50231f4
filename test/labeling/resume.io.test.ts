import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDocument } from '../../server/formats/registry.js';
import { wholeEvents } from '../../server/labeling/eventLog.js';
import { JobScaler } from '../../server/labeling/jobScaler.js';
import { type LabelWorld, labelProblem, moreRollouts } from '../../server/labeling/labelProblem.js';
import { labelRun, type RunOptions } from '../../server/labeling/labelRun.js';
import { stepsWithScore } from '../../server/labeling/monteCarlo.js';
import { type Policy, PolicyError } from '../../server/labeling/policy.js';
import { labelProblems } from '../../server/labeling/problemFile.js';
import type { ProblemToLabel } from '../../server/labeling/runEvents.js';
import { problemFiles, slug } from '../../server/labeling/runFiles.js';
import { beginEvent, defaultLabelSettings, type LabelSettings } from '../../server/labeling/runSettings.js';
import { replayAll, replayTo, type SearchTree } from '../../server/labeling/searchTree.js';
import { treeText } from '../../server/labeling/treeFile.js';
import { policyOf, problem, walkPolicy } from './scripted.js';
import { answerJudge } from './solverPolicy.js';

const walk = walkPolicy({ mistakeRate: 0.2, failureRate: 0.1 });
const search: LabelSettings = { ...defaultLabelSettings.mcts, rollouts: 4, searches: 2, seed: 3 };
const sampled: LabelSettings = { ...defaultLabelSettings['monte-carlo'], solutions: 2, continuations: 2, maxSteps: 3, seed: 3 };

let root: string;
let made = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'steplens-runs-'));
});
afterAll(() => rm(root, { recursive: true }));

async function world(policy: Policy = walk): Promise<LabelWorld> {
  const folder = join(root, String(made++));
  await mkdir(folder);
  return { policy, judge: answerJudge, folder, images: () => [] };
}

async function filesOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  return Object.fromEntries<string>(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  );
}

const resultText = (tree: SearchTree): string =>
  tree.begin.method === 'mcts'
    ? treeText(tree)
    : stepsWithScore(tree)
        .map((one) => `${JSON.stringify(one)}\n`)
        .join('');

describe.each([
  ['a search', search],
  ['Monte-Carlo', sampled],
] as const)('the log of %s', (_, settings) => {
  it('gives the same result byte for byte when replayed, and a readable tree after every event', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1000), async (seed) => {
        const here = await world();
        const { files } = await labelProblem(problem, { ...settings, seed }, here);
        const events = wholeEvents(await readFile(files.log)).recorded.map(({ event }) => event);
        expect(resultText(replayAll(events)!)).toBe(await readFile(files.result, 'utf8'));
        for (let count = 1; count <= events.length; count++) {
          const tree = replayTo(events, count)!;
          const { format, faults } = readDocument(treeText(tree))!;
          // A new tree has no steps yet, for which a file would get a warning.
          expect([format, faults.filter(({ code }) => code !== 'no-steps')]).toEqual(['mmPrmTree', []]);
          expect(tree.isEnded).toBe(count === events.length);
        }
        expect(replayTo(events, 0)).toBeUndefined();
      }),
      { numRuns: 2 },
    );
  });

  it('gives the same files when it is cut anywhere and continued', async () => {
    const whole = await world();
    const { files } = await labelProblem(problem, settings, whole);
    const expected = await filesOf(whole.folder);
    const bytes = await readFile(files.log);
    const cut = await world();
    const there = problemFiles(cut.folder, problem.id, settings.method);
    // Only complete lines of a cut log count. This tests all line ends with files, and below every byte in memory.
    const ends = [...bytes.keys()].filter((at) => bytes[at] === 10);
    const cuts = [0, 1, ...ends.flatMap((at) => [at + 1, at + 30])];
    for (const at of cuts) {
      await rm(there.result, { force: true });
      await writeFile(there.log, bytes.subarray(0, at));
      const { tree } = await labelProblem(problem, settings, cut);
      expect(tree.isEnded).toBe(true);
      expect(await filesOf(cut.folder), `cut at ${at}`).toEqual(expected);
    }
  });

  it('is read up to its last whole line, wherever it is cut', async () => {
    const { files } = await labelProblem(problem, settings, await world());
    const bytes = await readFile(files.log);
    let whole = 0;
    const differing: number[] = [];
    for (let at = 0; at <= bytes.length; at++) {
      if (bytes[at - 1] === 10) whole++;
      const { recorded, length } = wholeEvents(bytes.subarray(0, at));
      if (recorded.length !== whole || length !== (at === 0 ? 0 : bytes.lastIndexOf(10, at - 1) + 1)) differing.push(at);
    }
    expect(whole).toBeGreaterThan(5);
    expect(differing).toEqual([]);
  });
});

describe('labeling a problem again', () => {
  it('samples nothing and restores a missing result file', async () => {
    const here = await world();
    const { files } = await labelProblem(problem, search, here);
    const expected = await filesOf(here.folder);
    await rm(files.result);
    const policy = policyOf(() => {
      throw new Error('asked');
    });
    expect(await labelProblem(problem, search, { ...here, policy })).toMatchObject({ isSkipped: true });
    expect(await filesOf(here.folder)).toEqual(expected);
  });

  it('does not sample rollouts again that the log already has', async () => {
    const here = await world();
    const { files } = await labelProblem(problem, search, here);
    const text = await readFile(files.log, 'utf8');
    const lines = text.split('\n');
    const second = lines.findIndex((_, i) => lines.slice(0, i).filter((line) => line.includes('"event":"rollouts"')).length === 1);
    await writeFile(files.log, `${lines.slice(0, second).join('\n')}\n`);
    const asked: number[] = [];
    const policy = {
      ...walk,
      sample: (request: Parameters<Policy['sample']>[0]) => (asked.push(request.prefix.length), walk.sample(request)),
    };
    await labelProblem(problem, search, { ...here, policy });
    expect(await readFile(files.log, 'utf8')).toBe(text);
    expect(asked).toHaveLength(text.split('"event":"rollouts"').length - 1 - 1);
  });

  it('refuses a log with other settings, another answer or another policy, and names the difference', async () => {
    const here = await world();
    await labelProblem(problem, search, here);
    await expect(labelProblem(problem, { ...search, rollouts: 8 }, here)).rejects.toThrow(
      /p\.events\.jsonl was labeled with other settings: rollouts is 4 there and 8 here\..*--restart/,
    );
    await expect(labelProblem({ ...problem, answer: '7' }, search, here)).rejects.toThrow('answer is "0" there and "7" here');
    const other = { ...walk, describe: () => Promise.resolve({ name: 'other', fingerprint: 'other', isDeterministic: true }) };
    await expect(labelProblem(problem, search, { ...here, policy: other })).rejects.toThrow('policy is "scripted" there and "other" here');
  });

  it('keeps the log when it is canceled, and later continues to the same files', async () => {
    const here = await world();
    const stop = new AbortController();
    let batches = 0;
    const cancelled = labelProblem(problem, search, here, stop.signal, (event) => {
      if (event.event === 'rollouts' && ++batches === 2) stop.abort();
    });
    await expect(cancelled).rejects.toThrow(/abort/);
    expect(Object.keys(await filesOf(here.folder))).toEqual(['p.events.jsonl']);
    const whole = await world();
    await labelProblem(problem, search, whole);
    await labelProblem(problem, search, here);
    expect(await filesOf(here.folder)).toEqual(await filesOf(whole.folder));
  });
});

describe('more rollouts from a node', () => {
  it('are written to the log and the tree, and a later run keeps them', async () => {
    const here = await world();
    const { files, tree } = await labelProblem(problem, search, here);
    const assumed = tree.nodes.find((node) => node.assumed)!;
    const more = await moreRollouts(files.log, assumed.id, 6, here);
    expect(more.nodes[assumed.id]).toMatchObject({ assumed: false, isRightRollout: true });
    expect(more.nodes[assumed.id]!.seeds).toHaveLength(1);
    await moreRollouts(files.log, 0, 4, here);
    const texts = await filesOf(here.folder);
    const events = wholeEvents(Buffer.from(texts['p.events.jsonl']!)).recorded.map(({ event }) => event);
    expect(treeText(replayAll(events)!)).toBe(texts['p.json']);
    expect(replayAll(events)!.nodes[0]!).toMatchObject({ seeds: [expect.anything(), expect.anything()] });
    // A run that was killed right after its rollouts writes the missing events.
    const torn = texts['p.events.jsonl']!;
    await writeFile(files.log, torn.slice(0, torn.lastIndexOf('{"event":"value"')));
    expect(await labelProblem(problem, search, here)).toMatchObject({ isSkipped: true });
    expect(await filesOf(here.folder)).toEqual(texts);
  });

  it('need the log of a finished run and an existing node', async () => {
    const here = await world();
    await expect(moreRollouts(join(here.folder, 'none.events.jsonl'), 0, 1, here)).rejects.toThrow('not the log of a finished run');
    const { files } = await labelProblem(problem, search, here);
    await expect(moreRollouts(files.log, 999, 1, here)).rejects.toThrow('has no node 999');
  });
});

describe('a labeling run', () => {
  const problems: ProblemToLabel[] = Array.from({ length: 6 }, (_, i) => ({ ...problem, id: `Problem ${i}`, question: `How many ${i}?` }));
  const options = (more: Partial<RunOptions> = {}): RunOptions => ({
    problems,
    problemsFile: 'problems.json',
    settings: search,
    jobs: 1,
    restart: false,
    signal: new AbortController().signal,
    ...more,
  });

  it('gives the same files for any number of jobs', async () => {
    const [one, many] = [await world(), await world()];
    expect(await labelRun(options(), one)).toMatchObject({ done: 6, skipped: 0, failed: 0 });
    await labelRun(options({ jobs: 4, problems: problems.toReversed() }), many);
    expect(await filesOf(many.folder)).toEqual(await filesOf(one.folder));
    expect(await labelRun(options(), one)).toEqual({
      done: 0,
      skipped: 6,
      failed: 0,
      open: 0,
      rollouts: 0,
      failures: 0,
      undecided: 0,
      judgeFailures: 0,
      requests: 0,
      judgeRequests: 0,
      promptTokens: 0,
      completionTokens: 0,
      judgeTokens: 0,
      unreported: 0,
    });
  });

  it('refuses the folder of another run unless restart is set, which deletes only the files of that run', async () => {
    const here = await world();
    await labelRun(options(), here);
    await expect(labelRun(options({ settings: { ...search, searches: 1 } }), here)).rejects.toThrow(
      /has a run with other settings \(searches is 2 there and 1 here\).*--out.*--restart/,
    );
    await writeFile(join(here.folder, 'notes.json'), '{}');
    await labelRun(options({ settings: { ...search, searches: 1 }, restart: true, problems: problems.slice(0, 1) }), here);
    expect(Object.keys(await filesOf(here.folder))).toEqual([
      'notes.json',
      `${slug('Problem 0')}.events.jsonl`,
      `${slug('Problem 0')}.json`,
      'run.json',
    ]);
  });

  it('continues with a larger budget or more searches to the same files as a run that started with them', async () => {
    const small: LabelSettings = { ...search, searches: 1 };
    for (const { from, to } of [
      { from: small, to: search },
      { from: { ...search, budget: 4 }, to: search },
    ]) {
      const [here, whole] = [await world(), await world()];
      await labelRun(options({ settings: from }), here);
      const before = await filesOf(here.folder);
      await labelRun(options({ settings: to }), here);
      await labelRun(options({ settings: to }), whole);
      expect(await filesOf(here.folder)).toEqual(await filesOf(whole.folder));
      expect(await filesOf(here.folder)).not.toEqual(before);
      await expect(labelRun(options({ settings: from }), here)).rejects.toThrow(/has a run with other settings \((searches|budget) is/);
    }
  });

  it('continues when its policy has another URL, and names the policy setting that differs', async () => {
    const here = await world();
    const served = (url: string, temperature: number): Policy => ({
      ...walk,
      describe: () =>
        Promise.resolve({ name: 'm', fingerprint: `${url}m {"mode":"chat","temperature":${temperature}}`, isDeterministic: false }),
    });
    await labelRun(options(), { ...here, policy: served('http://node1:8000/v1 ', 1) });
    expect(await labelRun(options(), { ...here, policy: served('', 1) })).toMatchObject({ skipped: 6, rollouts: 0 });
    await expect(labelRun(options(), { ...here, policy: served('', 0.7) })).rejects.toThrow(
      "has a run with other settings (policy's temperature is 1 there and 0.7 here)",
    );
  });

  it('runs more problems at once, up to mostJobs, and gives the same files', async () => {
    const many = Array.from({ length: 60 }, (_, i) => ({ ...problem, id: `p${i}` }));
    const [here, one] = [await world(), await world()];
    const underWay = new Set<string>();
    let most = 0;
    const scaled = options({
      problems: many,
      jobs: 2,
      mostJobs: 16,
      onEvent: ({ id }) => {
        underWay.add(id);
        most = Math.max(most, underWay.size);
      },
      onProblem: ({ id }) => underWay.delete(id),
    });
    expect(await labelRun(scaled, here)).toMatchObject({ done: 60 });
    expect(most).toBeGreaterThan(2);
    expect(most).toBeLessThanOrEqual(16);
    await labelRun(options({ problems: many }), one);
    expect(await filesOf(here.folder)).toEqual(await filesOf(one.folder));
  });

  it('doubles its jobs while that makes it at least a tenth faster', () => {
    const scaler = new JobScaler(2, 16);
    let now = 0;
    /** Reports batches of 4 rollouts, `ms` each, until the scaler has decided. */
    const decide = (ms: number): number => {
      const batches = 3 * scaler.jobs;
      let more = 0;
      for (let i = 0; i < batches; i++) more += scaler.note(4, (now += ms));
      return more;
    };
    expect([decide(10), scaler.jobs]).toEqual([2, 4]);
    expect([decide(5), scaler.jobs]).toEqual([4, 8]);
    expect([decide(4.9), scaler.jobs]).toEqual([0, 8]);
    expect([decide(1), scaler.jobs]).toEqual([0, 8]);
  });

  it('continues when one problem fails, and ends when the policy cannot be used', async () => {
    const here = await world();
    const settings = { ...search, rollouts: 2 };
    const info = await walk.describe();
    const log = problemFiles(here.folder, 'Problem 1', 'mcts').log;
    await writeFile(log, `${JSON.stringify(beginEvent({ ...problems[1]!, answer: '9' }, settings, info, answerJudge.fingerprint))}\n`);
    const told: unknown[] = [];
    expect(await labelRun(options({ settings, onProblem: (one, outcome) => told.push([one.id, outcome.kind]) }), here)).toMatchObject({
      done: 5,
      failed: 1,
    });
    expect(told).toContainEqual(['Problem 1', 'failed']);
    const refusing = policyOf(() => {
      throw new PolicyError('No such model.');
    });
    await expect(labelRun(options({ jobs: 3 }), { ...(await world()), policy: refusing })).rejects.toThrow(
      new PolicyError('No such model.'),
    );
  });
});

describe('file names of problems', () => {
  it('are safe and different for different ids', () => {
    expect(slug('prices_3-a')).toBe('prices_3-a');
    const ids = ['a/b', 'a b', 'A-B', 'a-b', '', '..', 'run', 'con', '問題', 'x'.repeat(300), 'a.events'];
    const names = ids.map(slug);
    expect(new Set(names).size).toBe(ids.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9_][a-z0-9_-]{0,70}$/);
    expect(names).not.toContain('run');
  });
});

describe('the problems of a document that can be labeled', () => {
  it('are those with a question and an answer, each id once', () => {
    const read = readDocument(
      JSON.stringify([
        { id: 'a', question: 'How many?', correct_answer: '3', image_path: 'a.png' },
        { id: 'a', question: 'Again?', correct_answer: '3' },
        { question: 'No id?', correct_answer: 4 },
        { id: 'c', question: 'No answer?', correct_answer: '' },
        { id: 'd', question: ' ', correct_answer: '5' },
      ]),
    )!;
    const { problems, faults } = labelProblems(read.problems);
    expect(problems).toEqual([
      { id: 'a', question: 'How many?', answer: '3', images: ['a.png'] },
      { id: 'problem-3', question: 'No id?', answer: '4', images: [] },
    ]);
    expect(faults.map(({ message }) => message)).toEqual([
      'The id a comes twice; give every problem its own.',
      expect.stringContaining('Problem c has no reference answer'),
      expect.stringContaining('Problem d has no question'),
    ]);
  });
});
