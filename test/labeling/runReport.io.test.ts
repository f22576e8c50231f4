import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runReportView } from '../../server/editor/runService.js';
import { takeClaim } from '../../server/labeling/claim.js';
import { runReport } from '../../server/labeling/economy/runReport.js';
import { readEventLog } from '../../server/labeling/eventLog.js';
import type { Judge } from '../../server/labeling/judge.js';
import { labelProblem } from '../../server/labeling/labelProblem.js';
import type { Policy } from '../../server/labeling/policy.js';
import { problemFiles } from '../../server/labeling/runFiles.js';
import { beginRun } from '../../server/labeling/runJson.js';
import { defaultLabelSettings } from '../../server/labeling/runSettings.js';
import { problem, walkPolicy } from './scripted.js';

let folder: string;
let clock = 1_700_000_000_000;
const settings = { ...defaultLabelSettings.mcts, rollouts: 6, searches: 4, seed: 3 };

/** Decides by the text of the answer, and leaves some answers undecided. */
const judge: Judge = {
  fingerprint: 'partly',
  judge({ solution }) {
    const mistakes = solution.filter((step) => step.startsWith('Wrong')).length;
    if (mistakes === 2) return Promise.resolve({ answer: '2', verdict: 'undecided', method: 'failed', judgeFailure: 'The judge is away.' });
    return Promise.resolve({
      answer: String(mistakes),
      verdict: mistakes === 0 ? 'right' : 'wrong',
      method: mistakes === 1 ? 'llm' : 'text',
    });
  },
};

const walk = walkPolicy({ mistakeRate: 0.3, failureRate: 0.1 });
const policy: Policy = {
  ...walk,
  sample(request) {
    request.onCost?.({ promptTokens: 10, completionTokens: 20, cachedTokens: 0, retries: 0 });
    return walk.sample(request);
  },
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-report-'));
  for (const id of ['a', 'b'])
    await labelProblem({ ...problem, id }, settings, {
      policy,
      judge,
      folder,
      images: () => [],
      now: () => (clock += 500),
    });
});
afterAll(() => rm(folder, { recursive: true }));

async function rolloutsOf(id: string) {
  const { recorded } = await readEventLog(problemFiles(folder, id, 'mcts').log);
  return recorded.flatMap(({ event }) => (event.event === 'rollouts' ? event.rollouts : []));
}

describe('the report of a run', () => {
  it('adds up the logs: failures by cause, decisions, and waste by depth and by problem', async () => {
    const { problems, failures, decisions, depths, rate, secondsLeft } = await runReport(folder, clock);
    const all = [...(await rolloutsOf('a')), ...(await rolloutsOf('b'))];
    const failed = all.filter((one) => 'failure' in one).length;
    expect(problems.map(({ id, state }) => [id, state])).toEqual([
      ['a', 'finished'],
      ['b', 'finished'],
    ]);
    expect(failures).toEqual([{ cause: 'The server broke the connection.', count: failed }]);
    for (const sums of [problems.map(({ waste }) => waste), depths]) {
      expect(sums.reduce((sum, one) => sum + one.rollouts, 0)).toBe(all.length);
      expect(sums.reduce((sum, one) => sum + one.failed, 0)).toBe(failed);
    }
    const doubtful = all.filter((one) => !('failure' in one) && ['llm', 'failed'].includes(one.method)).length;
    expect(decisions.reduce((sum, { count }) => sum + count, 0)).toBe(doubtful);
    expect(decisions[0]).toMatchObject({ verdict: 'undecided', reason: 'The judge is away.', reference: '0' });
    expect(rate).toBeGreaterThan(0);
    expect(secondsLeft).toBe(0);
  });

  it('distinguishes a running problem from an abandoned one, and estimates the time left', async () => {
    const { log, claim, result } = problemFiles(folder, 'b', 'mcts');
    const bytes = await readFile(log);
    const lines = bytes.toString().split('\n');
    await truncate(log, Buffer.byteLength(lines.slice(0, 3).join('\n')) + 1);
    try {
      expect((await runReport(folder, clock)).problems[1]).toMatchObject({ id: 'b', state: 'open' });
      const held = await takeClaim(claim, result);
      const { problems, secondsLeft, rate } = await runReport(folder, clock);
      await held.release();
      expect(problems[1]).toMatchObject({ state: 'running' });
      const [a, b] = problems.map(({ waste }) => waste.rollouts);
      expect(secondsLeft).toBeCloseTo((a! - b!) / rate!, 6);
    } finally {
      await truncate(log, 0);
      await appendFile(log, bytes);
    }
  });

  it('has a price when prices are set, and counts judge tokens as prompt tokens', async () => {
    const uri = pathToFileURL(folder).href;
    const { promptTokens, completionTokens, judgeTokens, price } = await runReportView(uri, clock, { prompt: 2, completion: 0.5 });
    expect(promptTokens).toBeGreaterThan(0);
    expect(price).toBeCloseTo((2 * (promptTokens + judgeTokens) + 0.5 * completionTokens) / 1e6, 12);
    expect((await runReportView(uri, clock, { prompt: 0, completion: 0 })).price).toBeNull();
  });

  it('lists problems without a log as not begun, counts them in the time left, and accepts run.json without a list', async () => {
    const ids = ['a', 'b', 'c', 'd'];
    await beginRun({ policy, judge, folder, images: () => [], now: () => clock }, settings, await policy.describe(), {
      file: 'p.json',
      ids,
    });
    const { problems, secondsLeft, rate } = await runReport(folder, clock);
    expect(problems.map(({ id, state }) => `${id} ${state}`)).toEqual(['a finished', 'b finished', 'c not begun', 'd not begun']);
    const [a, b] = problems.map(({ waste }) => waste.rollouts);
    expect(secondsLeft).toBeCloseTo((a! + b!) / rate!, 6);
    const { claim, result } = problemFiles(folder, 'd', 'mcts');
    const held = await takeClaim(claim, result);
    expect((await runReport(folder, clock)).problems.at(-1)).toMatchObject({ id: 'd', state: 'running' });
    await held.release();
    const { ids: _, ...earlier } = JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')) as { ids: unknown };
    for (const text of [JSON.stringify(earlier), '{"ids": ["c"', '']) {
      await writeFile(join(folder, 'run.json'), text);
      expect((await runReport(folder, clock)).problems.map(({ id }) => id)).toEqual(['a', 'b']);
    }
    await rm(join(folder, 'run.json'));
  });

  it('is rejected for a folder without a run', async () => {
    await expect(runReport(join(folder, 'nothing'), clock)).rejects.toThrow('no event logs of a run');
  });
});
