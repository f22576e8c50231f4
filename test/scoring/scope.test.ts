import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelError } from '../../server/models/modelError.js';
import type { Scope } from '../../server/scoring/scope/scope.js';
import { openScope, type ScopeSettings } from '../../server/scoring/scope/scopes.js';
import { scoreWithin } from '../../server/scoring/scope/scoreWithin.js';
import { wordPairs } from '../../server/scoring/scope/wordPairs.js';
import type { ScoreJob } from '../../server/scoring/scorer.js';
import { imagesAt } from '../images.js';

const images = imagesAt('/i.png');

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'scope-'))));
afterAll(() => rm(folder, { recursive: true }));

const settings: ScopeSettings = { kind: 'word-pairs', pairs: 'pairs.txt', knows: 'sums', question: 0.8, step: 0.5 };
async function scopeOf(...lines: string[]): Promise<Scope> {
  await writeFile(join(folder, 'pairs.txt'), lines.join('\n'));
  return openScope(settings, folder);
}

describe('the word pairs of a text', () => {
  it('consist of lowercase words, one sign for all numbers, other single characters, and both ends', () => {
    expect(wordPairs('Ana’s 3 boxes, 24 PENS?')).toEqual(["^ ana's", "ana's #", '# boxes', 'boxes ,', '# pens', 'pens ?']);
    expect(wordPairs('So it is')).toEqual(['^ so', 'so it', 'it is', 'is $']);
  });

  it('leave out arithmetic, and treat only whole numbers up to 9999 as numbers', () => {
    expect(wordPairs('12 + 5 = 17')).toEqual([]);
    expect(wordPairs('')).toEqual([]);
    expect(wordPairs('a 9999 b 10000 c 2.5')).toEqual(['^ a', 'a #', '# b', 'b 10000', '10000 c', 'c 2.5']);
  });

  it('treat letters of any script as words', () => {
    expect(wordPairs('答え 是')).toEqual(['^ 答え', '答え 是', '是 $']);
  });
});

describe('a scope of word pairs', () => {
  it('knows its own texts completely, others by their share, and a text without words not at all', async () => {
    const scope = await scopeOf(...wordPairs('Ana buys 4 boxes.'), ...wordPairs('How many are left?'));
    expect(scope.share('Ana buys 17 boxes.')).toBe(1);
    expect(scope.share('Ben buys 17 boxes.')).toBe(3 / 5);
    expect(scope.share('3 + 4 = 7')).toBe(0);
    expect(scope.share('')).toBe(0);
  });

  it('reports the file, the line and what to do', async () => {
    await expect(openScope({ ...settings, pairs: 'none.txt' }, folder)).rejects.toThrow(
      /none\.txt cannot be read \(ENOENT\)\. Put the file that 'scope\.pairs' of prm\.json names there/,
    );
    await expect(scopeOf('a b', 'a b c')).rejects.toThrow(/pairs\.txt, line 2: "a b c" is not two words separated by one space\./);
    await expect(scopeOf('', '')).rejects.toThrow(/pairs\.txt holds no word pairs\./);
    await expect(scopeOf('lonely')).rejects.toBeInstanceOf(ModelError);
  });
});

/** A scope with all texts that do not begin with "x". */
const noX: Scope = { knows: 'sums', question: 0.5, step: 0.5, share: (text) => (text === '' || text.startsWith('x') ? 0 : 1) };

describe('scoring within a scope', () => {
  const forest = fc
    .array(fc.tuple(fc.constantFrom('a', 'b', 'xa'), fc.nat()), { maxLength: 12 })
    .map((nodes) => nodes.map(([text, parent], i) => (i === 0 || parent % 3 === 0 ? { text } : { text, parent: parent % i })));

  it('scores exactly the steps that are inside together with every step before them, in their places', async () => {
    await fc.assert(
      fc.asyncProperty(forest, async (steps) => {
        const asked: ScoreJob[] = [];
        const result = await scoreWithin('M', noX, { question: 'q', images, answer: '4', steps }, (job) => {
          asked.push(job);
          // The score of a step is the length of its path. The model skips the last step for its own reason.
          const depth: number[] = [];
          for (const { parent } of job.steps) depth.push(parent === undefined ? 1 : depth[parent]! + 1);
          const scores = Float64Array.from(depth);
          scores[scores.length - 1] = NaN;
          return Promise.resolve({ scores, skipped: new Map([[scores.length - 1, 'too long']]), cached: 1, tokens: 7 });
        });
        const outside: boolean[] = [];
        const depth: number[] = [];
        for (const { text, parent } of steps) {
          outside.push(text.startsWith('x') || (parent !== undefined && outside[parent]!));
          depth.push(parent === undefined ? 1 : depth[parent]! + 1);
        }
        const inside = steps.flatMap((_, i) => (outside[i] ? [] : [i]));
        expect(asked.length).toBe(inside.length > 0 || steps.length === 0 ? 1 : 0);
        if (inside.length > 0) expect(asked[0]).toMatchObject({ question: 'q', images, answer: '4' });
        steps.forEach((_, i) => {
          const isLast = i === inside.at(-1);
          expect(result.scores[i]).toEqual(outside[i] || isLast ? NaN : depth[i]);
          expect(result.outOfScope?.has(i) ?? false).toBe(outside[i]);
          expect(result.skipped.has(i)).toBe(outside[i]! || isLast);
        });
      }),
    );
  });

  it('reports what the model knows and what is outside it', async () => {
    const score = () => Promise.reject(new Error('not asked'));
    const reasons = async (question: string, ...texts: string[]) => {
      const steps = texts.map((text, i) => (i === 0 ? { text } : { text, parent: i - 1 }));
      const { skipped, scores } = await scoreWithin('M', noX, { question, images: [], steps }, score);
      expect([...scores].every(Number.isNaN)).toBe(true);
      return [...skipped.values()];
    };
    expect(await reasons('xq', 'a')).toEqual(['M knows only sums, and this question is not one of them.']);
    expect(await reasons('', 'a')).toEqual(['M knows only sums, and there is no question here.']);
    expect(await reasons('q', 'xa', 'b')).toEqual([
      'M knows only sums, and this step is written in another way.',
      'M knows only sums, and an earlier step is written in another way.',
    ]);
  });

  it('passes a job on unchanged if the model declares no scope', async () => {
    const job: ScoreJob = { question: 'xq', images: [], steps: [{ text: 'xa' }] };
    const result = { scores: Float64Array.of(0.5), skipped: new Map<number, string>(), cached: 0, tokens: 1 };
    let asked: ScoreJob | undefined;
    expect(await scoreWithin('M', undefined, job, (one) => ((asked = one), Promise.resolve(result)))).toBe(result);
    expect(asked).toBe(job);
  });

  it('looks only at the first 20,000 characters of a long text', async () => {
    const long = 'word '.repeat(2_000_000);
    const looked: number[] = [];
    const scope: Scope = { ...noX, share: (text) => (looked.push(text.length), 1) };
    await scoreWithin('M', scope, { question: long, images: [], steps: [{ text: long }] }, () =>
      Promise.resolve({ scores: Float64Array.of(1), skipped: new Map<number, string>(), cached: 0, tokens: 1 }),
    );
    expect(looked).toEqual([20_000, 20_000]);
  });
});

describe('steps without text', () => {
  it("have no score, and stay in the sequence for the steps after them, as in the authors' code", async () => {
    const job: ScoreJob = { question: 'q', images: [], steps: [{ text: 'a' }, { text: ' ', parent: 0 }, { text: 'b', parent: 1 }] };
    const asked: ScoreJob[] = [];
    const result = await scoreWithin('m', undefined, job, (inside) => {
      asked.push(inside);
      return Promise.resolve({ scores: Float64Array.from([0.5, 0.75, 0.25]), skipped: new Map(), cached: 0, tokens: 3 });
    });
    expect(asked[0]!.steps).toEqual(job.steps);
    expect([...result.scores]).toEqual([0.5, NaN, 0.25]);
    expect([...result.skipped]).toEqual([[1, 'the step has no text']]);
    expect(result.outOfScope).toBeUndefined();
  });
});
