import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ReviewHost, ReviewService } from '../../server/editor/reviewService.js';
import { labelFileOf } from '../../server/review/labelFile.js';
import type { StepLabel } from '../../server/review/labelRecord.js';

const solution = [
  '# Problem',
  '',
  'What is 2 + 3 + 4?',
  '',
  '# Solution',
  '',
  'Step 1: 2 + 3 = 5.',
  '',
  'Step 2: 5 + 4 = 8.',
  '',
  'Step 3: The answer is 8.',
  '',
].join('\n');

let folder: string;
let path: string;
let uri: string;
let told: (readonly StepLabel[])[];
let time: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-review-'));
  path = join(folder, 'solution.md');
  uri = pathToFileURL(path).href;
  await writeFile(path, solution);
  told = [];
  time = 1_700_000_000_000;
});
afterEach(() => rm(folder, { recursive: true }));

function service(more: Partial<ReviewHost> = {}): ReviewService {
  return new ReviewService({
    document: () => undefined,
    openText: () => undefined,
    onLabels: (_, labels) => told.push(labels),
    canWrite: () => true,
    findImages: () => Promise.resolve([]),
    now: () => new Date((time += 1000)),
    warn: () => undefined,
    ...more,
  });
}

const judgment = { problem: 0, by: 'ann', mode: 'every-step', blind: false } as const;
const lines = async (): Promise<Record<string, unknown>[]> =>
  (await readFile(labelFileOf(path), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('a review', () => {
  it('appends each judgment beside the data and never touches the data', async () => {
    const review = service();
    await review.judge({ ...judgment, uri, step: 0, value: 1 });
    await review.judge({ ...judgment, uri, step: 1, value: -1, kind: 'arithmetic', comment: '5 + 4 is 9' });
    expect(await readFile(path, 'utf8')).toBe(solution);
    expect(await lines()).toMatchObject([
      { v: 1, by: 'ann', source: 'human', value: 1, place: { problem: 0, step: 0 }, mode: 'every-step', blind: false },
      { value: -1, kind: 'arithmetic', comment: '5 + 4 is 9' },
    ]);
    expect(told.at(-1)!.map(({ value }) => value)).toEqual([1, -1]);
    expect(
      await review.progress(
        [0, 1, 2].map((step) => ({ uri, problem: 0, step })),
        'ann',
      ),
    ).toEqual([1, -1, null]);
  });

  it('keeps its judgments after a restart', async () => {
    await service().judge({ ...judgment, uri, step: 1, value: -1 });
    const review = service();
    expect(await review.progress([{ uri, problem: 0, step: 1 }], 'ann')).toEqual([-1]);
    expect((await review.step({ ...judgment, uri, step: 1 })).own).toMatchObject({ value: -1, by: 'ann' });
    expect(await service().undo(uri, 'ann'), 'as the first thing a new process does').toEqual({ problem: 0, step: 1 });
  });

  it('labels the steps before the first error right, and undoes them together with it', async () => {
    const review = service();
    expect(await review.judge({ ...judgment, uri, step: 2, value: -1, mode: 'first-error' })).toBe(3);
    expect((await lines()).map(({ value }) => value)).toEqual([1, 1, -1]);
    expect(await review.undo(uri, 'ann')).toEqual({ problem: 0, step: 2 });
    expect(told.at(-1)).toEqual([]);
    expect(await review.undo(uri, 'ann')).toBeUndefined();
    expect(await review.undo(uri, 'bob')).toBeUndefined();
  });

  it('hides every value in a blind review until the reviewer has judged', async () => {
    const review = service();
    await review.judge({ ...judgment, uri, step: 1, value: 1, by: 'bob' });
    const hidden = await review.step({ ...judgment, uri, step: 1, blind: true });
    expect(hidden).toMatchObject({
      text: '5 + 4 = 8.',
      prefix: ['2 + 3 = 5.'],
      number: 2,
      rest: ['The answer is 8.'],
      evidence: null,
      own: null,
    });
    await review.judge({ ...judgment, uri, step: 1, value: -1, blind: true });
    const shown = await review.step({ ...judgment, uri, step: 1, blind: true });
    expect(shown.evidence?.labels).toMatchObject([{ by: 'bob', value: 1 }]);
    expect(shown.own).toMatchObject({ value: -1 });
  });

  it('shows a label as stale after the text of its step changed', async () => {
    await service().judge({ ...judgment, uri, step: 1, value: -1 });
    await writeFile(path, solution.replace('= 8.', '= 9.'));
    const shown = await service().step({ ...judgment, uri, step: 1 });
    expect(shown.own).toBeNull();
    expect(shown.stale).toMatchObject({ value: -1 });
  });

  it('merges the labels of two reviewers and measures their agreement', async () => {
    const other = join(folder, 'other');
    await copyFile(path, other);
    for (const [by, values] of [
      ['ann', [1, -1, -1]],
      ['bob', [1, -1, 1]],
    ] as const) {
      const review = service();
      for (const [step, value] of values.entries()) await review.judge({ ...judgment, uri, step, value, by });
    }
    const merged = await service().agreement([uri], 0.5);
    expect(merged.reviewers).toEqual([
      { name: 'ann', labels: 3 },
      { name: 'bob', labels: 3 },
    ]);
    expect(merged.pairs[0]!.kappa).toMatchObject({ steps: 3 });
    expect(merged.pairs[0]!.kappa.value).toBeCloseTo(0.4, 10);
  });

  it('reports why it cannot write a judgment', async () => {
    await expect(service({ canWrite: () => false }).judge({ ...judgment, uri, step: 0, value: 1 })).rejects.toThrow('untrusted workspace');
    await expect(service().judge({ ...judgment, uri: 'untitled:x', step: 0, value: 1 })).rejects.toThrow('Save the file first');
    await expect(service().judge({ ...judgment, uri, step: 99, value: 1 })).rejects.toThrow('not in the file any more');
  });
});
