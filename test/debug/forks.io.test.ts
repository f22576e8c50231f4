import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prefixKey } from '../../server/debug/breakpoints.js';
import { compareRuns } from '../../server/debug/compareRuns.js';
import { type ForkChange, type ForkWorld, forkSearch } from '../../server/debug/fork.js';
import { readWhatIf } from '../../server/debug/whatIf.js';
import { readDocument } from '../../server/formats/registry.js';
import { readEventLog } from '../../server/labeling/eventLog.js';
import type { Judge } from '../../server/labeling/judge.js';
import type { RolloutsEvent, RunEvent } from '../../server/labeling/runEvents.js';
import { labelInMemory } from '../../server/labeling/runMethod.js';
import { defaultLabelSettings } from '../../server/labeling/runSettings.js';
import { problem, walkPolicy } from '../labeling/scripted.js';
import { recordedSearch, walkJudge } from './recorded.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-fork-'));
});
afterAll(() => rm(folder, { recursive: true }));

const same: ForkChange = { at: 0, settings: {}, verdicts: new Map(), judgesAgain: false };
const strict: Judge = { fingerprint: 'strict', judge: () => Promise.resolve({ verdict: 'wrong', method: 'text', answer: 'x' }) };

function world(changed: Partial<ForkWorld> = {}): ForkWorld {
  const signal = new AbortController().signal;
  return { policy: undefined, judge: walkJudge, images: [], keepsRequests: false, signal, ...changed };
}

const log = (name: string): string => join(folder, `${name}.events.jsonl`);

async function monteCarloEvents(): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  const settings = { ...defaultLabelSettings['monte-carlo'], solutions: 3, continuations: 4, maxSteps: 4, seed: 5 };
  await labelInMemory(problem, settings, walkPolicy({ mistakeRate: 0.3 }), walkJudge, (event) => events.push(event));
  return events;
}

describe('a fork compared with its original', () => {
  it('has the same selections and values when nothing changes, and its page says so', async () => {
    const events = await recordedSearch();
    const { comparison, page, sampled } = await forkSearch(events, log('same'), { ...same, settings: { cPuct: 0.125 } }, world());
    expect(sampled).toBe(0);
    expect(comparison.firstOther).toBeUndefined();
    expect(comparison.counts).toMatchObject({ changed: 0, onlyFirst: 0, onlySecond: 0 });
    expect(comparison.answers.every(({ first, second }) => first === second)).toBe(true);
    const text = await readFile(page, 'utf8');
    expect(text).toContain('All selections are the same.');
    expect(text).toContain('All values are the same.');
  });

  it('reports the first selection that differs, and the values of both', async () => {
    const events = await recordedSearch();
    const change = { ...same, settings: { rollouts: 12 } };
    const { comparison, page } = await forkSearch(events, log('other'), change, world({ policy: walkPolicy({ mistakeRate: 0.25 }) }));
    const at = comparison.firstOther!;
    const selected = events.flatMap((event) => (event.event === 'selected' ? [event] : []));
    expect(comparison.selections[at]!.first).toMatchObject({ q: selected[at]!.q, u: selected[at]!.u, pool: selected[at]!.pool });
    for (const { first, second } of comparison.selections.slice(0, at)) expect(first!.rollout).toEqual(second!.rollout);
    const { counts, nodes } = comparison;
    expect(counts.same + counts.changed + counts.onlyFirst + counts.onlySecond).toBe(nodes.length);
    const text = await readFile(page, 'utf8');
    expect(text).toContain(`Search ${at + 1} is the first one that differs.`);
    expect(text).toContain('rollouts = 12');
    const changed = nodes.filter((one) => one.first && one.second && one.first.value !== one.second.value);
    for (const { first, second } of changed.slice(0, 20)) {
      expect(text).toContain(`| node ${first!.id}: `);
      expect(text).toContain(`| node ${second!.id}: `);
    }
  });

  it('escapes model text that would end a table cell or add a link', async () => {
    const events = await recordedSearch();
    const hostile = events.map((event): RunEvent => {
      if (event.event !== 'rollouts') return event;
      return { ...event, rollouts: event.rollouts.map((one) => ('failure' in one ? one : { ...one, answer: '</td>| [x](command:y) `' })) };
    });
    const { page } = await forkSearch(hostile, log('hostile'), same, world());
    const text = await readFile(page, 'utf8');
    expect(text).not.toMatch(/<\/td>|\]\(command:/);
  });
});

describe('a fork of Monte-Carlo labels', () => {
  it('reuses the recorded continuations, samples the missing ones and keeps the format', async () => {
    const events = await monteCarloEvents();
    const recorded = events.flatMap((event) => (event.event === 'rollouts' ? event.rollouts : [])).length;
    const nothing = await forkSearch(events, log('mc'), { ...same, settings: { threshold: 0.5 } }, world());
    expect(nothing).toMatchObject({ recorded, sampled: 0 });
    const { problems } = readDocument(await readFile(nothing.file, 'utf8'), 'jsonl')!;
    expect(problems).toHaveLength(3);
    const labels = (await readFile(nothing.file, 'utf8'))
      .trim()
      .split('\n')
      .flatMap((line) => (JSON.parse(line) as Record).steps_with_score);
    for (const { score, right } of labels) expect(right).toBe(score > 0.5);
    const more = await forkSearch(
      events,
      log('mc'),
      { ...same, settings: { continuations: 6 } },
      world({ policy: walkPolicy({ mistakeRate: 0.3 }) }),
    );
    expect(more.recorded).toBe(recorded);
    expect(more.sampled).toBe(labels.length * 2);
    expect((await readEventLog(more.file.replace(/\.jsonl$/, '.events.jsonl'))).recorded.at(-1)!.event.event).toBe('end');
    await expect(forkSearch(events, log('mc'), { ...same, settings: { continuations: 6 } }, world())).rejects.toThrow('no policy is set');
  });
});

interface Record {
  readonly steps_with_score: readonly { readonly score: number; readonly right: boolean }[];
}

describe('the verifier of a fork', () => {
  it('judges rollouts again from the chosen moment on, and none before it', async () => {
    const events = await recordedSearch();
    const at = events.findIndex(({ event }, i) => event === 'rollouts' && i > 12);
    const { file } = await forkSearch(
      events,
      log('strict'),
      { ...same, at, judgesAgain: true },
      world({ judge: strict, policy: walkPolicy({ mistakeRate: 0.25 }) }),
    );
    const fork = (await readEventLog(file.replace(/\.json$/, '.events.jsonl'))).recorded.map(({ event }) => event);
    const verdicts = (from: readonly RunEvent[]) => from.flatMap((event) => (event.event === 'rollouts' ? event.rollouts : []));
    expect(verdicts(fork.slice(0, at))).toEqual(verdicts(events.slice(0, at)));
    expect(verdicts(fork.slice(at)).every((one) => 'failure' in one || one.verdict === 'wrong')).toBe(true);
  });

  it('can be overruled for one rollout', async () => {
    const events = await recordedSearch();
    const batch = events.find((event): event is RunEvent & RolloutsEvent => event.event === 'rollouts')!;
    const right = batch.rollouts.find((one) => !('failure' in one) && one.verdict === 'right')!;
    const key = prefixKey('failure' in right ? [] : right.steps);
    const change: ForkChange = { ...same, at: 1, verdicts: new Map([[key, 'wrong']]) };
    const { comparison } = await forkSearch(events, log('verdict'), change, world({ policy: walkPolicy({ mistakeRate: 0.25 }) }));
    expect(comparison.nodes[0]!.second!.correct).toBe(comparison.nodes[0]!.first!.correct - 1);
  });
});

describe('a "what if" line', () => {
  it('accepts the settings of the method, and rejects others with the allowed values', () => {
    expect(readWhatIf('what if continuations = 32, verifier = now', 'monte-carlo')).toEqual({
      settings: { continuations: 32 },
      judgesAgain: true,
    });
    expect(readWhatIf('mc == 0', 'mcts')).toBeUndefined();
    for (const [line, why] of [
      ['what if continuations = 32', 'is not a change. Write a setting (rollouts'],
      ['what if rollouts = 0', 'rollouts is a whole number from 1 to 10,000, not "0"'],
      ['what if alpha = 2', 'alpha is a number above 0, at most 1'],
      ['what if cPuct = high', 'cPuct is a number from 0 to 1,000'],
      ['what if', 'for example: what if cPuct'],
    ] as const)
      expect(() => readWhatIf(line, 'mcts')).toThrow(why);
    expect(() => readWhatIf('what if maxSteps = 0', 'monte-carlo')).toThrow('whole number from 1');
  });

  it('fails to compare runs that have no events', () => {
    expect(() => compareRuns([], [])).toThrow('no events');
  });
});
