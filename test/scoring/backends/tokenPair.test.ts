import { describe, expect, it } from 'vitest';
import { readRow, readRows } from '../../../server/scoring/backends/poolingRows.js';
import { readTokenPair } from '../../../server/scoring/backends/tokenPair.js';

type Likely = readonly [token: string, probability: number];

const reply = (...listed: readonly Likely[]) => ({
  choices: [
    {
      index: 0,
      logprobs: { content: [{ top_logprobs: listed.map(([token, probability]) => ({ token, logprob: Math.log(probability) })) }] },
    },
  ],
});
const read = (...listed: readonly Likely[]) => readTokenPair(reply(...listed), ['Yes', 'YES'], ['No', 'NO']);

describe('readTokenPair', () => {
  it('returns the share of the first of two tokens, each in its likelier spelling', () => {
    expect(read(['Yes', 0.6], ['No', 0.2], ['The', 0.1])).toBeCloseTo(0.75, 12);
    expect(read(['YES', 0.3], ['Yes', 0.1], ['No', 0.1], ['NO', 0.05])).toBeCloseTo(0.75, 12);
    expect(read(['yes', 0.5], ['Yes', 0.1], ['No', 0.1])).toBeCloseTo(0.5, 12);
  });

  it('counts a token that is not listed as 0 where it cannot change the score', () => {
    expect(read(['Yes', 0.995], ['The', 0.004], ['So', 0.0001])).toBe(1);
    expect(read(['No', 0.9999])).toBe(0);
    // The last listed token is unlikely, so the missing token is too, although much probability is not listed.
    expect(read(['Yes', 0.5], ['The', 0.1], ['So', 0.0001])).toBe(1);
  });

  it('returns the reason instead of a score where the missing token could change it', () => {
    expect(read(['The', 0.5], ['Yes', 0.1], ['So', 0.1])).toEqual({
      skipped: expect.stringMatching(/"No" is not among the 3 likeliest.*0\.10 against 0\.10/) as string,
    });
    expect(read(['The', 0.9], ['So', 0.05])).toEqual({
      skipped: 'Neither "Yes" nor "No" is among the 2 likeliest answers of the model, which begin with "The".',
    });
    expect(read()).toEqual({ skipped: expect.stringContaining('Neither') as string });
  });

  it('reads a probability of 1, and refuses replies without log-probabilities', () => {
    expect(read(['Yes', 1], ['No', 0])).toBe(1);
    expect(() => readTokenPair({ choices: [{ message: { content: 'Yes' }, logprobs: null }] }, ['Yes'], ['No'])).toThrow(
      'no log-probabilities',
    );
    expect(() => readTokenPair({ choices: [] }, ['Yes'], ['No'])).toThrow('empty list of choices');
    expect(() => readTokenPair('<html>', ['Yes'], ['No'])).toThrow('HTML page');
  });
});

const base64 = (...numbers: number[]) => Buffer.from(Float32Array.from(numbers).buffer).toString('base64');

describe('readRows', () => {
  it('reads nested numbers, a flat list and base64 alike', () => {
    const rows = [
      [0.25, 0.75],
      [0.5, 0.5],
    ];
    expect(readRows(rows, 2)).toEqual(rows);
    expect(readRows(rows.flat(), 2)).toEqual(rows);
    expect(readRows(base64(...rows.flat()), 2)).toEqual(rows);
    expect(readRows([0.25, 0.5], 2)).toEqual([[0.25], [0.5]]);
  });

  it('reports what is wrong when the numbers of rows and steps differ', () => {
    expect(readRows([[0.1, 0.9]], 2)).toMatch(
      /^The server gave 1 row of scores for 2 steps: the text was truncated, it holds the separator itself, or .*STEP/,
    );
    expect(readRows([0.1, 0.9, 0.5], 2)).toMatch(/^The server gave 3 numbers for 2 steps/);
    expect(readRows([], 1)).toMatch(/^The server gave 0 numbers for 1 step:/);
    expect(() => readRows({ a: 1 }, 1)).toThrow('neither numbers nor base64');
    expect(() => readRows(Buffer.from('abcde').toString('base64'), 1)).toThrow('no list of float32');
  });
});

describe('readRow', () => {
  it('sums the labels that mean correct, and takes a single number as the probability', () => {
    expect(readRow([0.0006, 0.9995], [1])).toBe(0.9995);
    expect(readRow([0.2, 0.5, 0.3], [1, 2])).toBeCloseTo(0.8, 12);
    expect(readRow([0.3], [0])).toBe(0.3);
    expect(readRow([NaN, 0.5], [1])).toBeNaN();
  });

  it('refuses values that are not probabilities, and a label that does not exist', () => {
    expect(() => readRow([-1.2, 3.4], [1])).toThrow(/\[-1\.2,3\.4\] for a step, which are no probabilities/);
    expect(() => readRow([0.9, 0.9], [1])).toThrow('no probabilities');
    expect(() => readRow([0.5, 0.5], [2])).toThrow("gives 2 labels a step; 'readout.positive' is 2");
  });
});
