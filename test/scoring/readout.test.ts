import { describe, expect, it } from 'vitest';
import { createReader, toUnit } from '../../server/scoring/readout.js';
import { ScoringError } from '../../server/scoring/scorer.js';
import type { TextTokenizer } from '../../server/scoring/tokenizer.js';

const tokenizer: TextTokenizer = { path: 'tokenizer.json', encode: () => [], tokenId: (text) => (text === 'Yes' ? 9 : 4) };
const pair = createReader({ kind: 'token-pair', positive: 'Yes', negative: 'No' }, tokenizer);
const labels = createReader({ kind: 'label-head', positive: 1 }, tokenizer);

describe('readouts', () => {
  it('token-pair reads softmax of the positive against the negative token', () => {
    expect([...pair.columns]).toEqual([9, 4]);
    expect(pair.read(Float32Array.of(2, 0))).toBeCloseTo(1 / (1 + Math.exp(-2)), 7);
    expect(pair.read(Float32Array.of(-90, 90))).toBeCloseTo(0, 12);
    expect(pair.read(Float32Array.of(3e38, -3e38))).toBe(1);
    expect(() => pair.checkWidth(10)).not.toThrow();
    expect(() => pair.checkWidth(9)).toThrow(/9 scores a token.*tokenizer\.json/);
  });

  it('label-head reads softmax over all labels', () => {
    expect(labels.columns).toHaveLength(0);
    expect(labels.read(Float32Array.of(1, 1, 1))).toBeCloseTo(1 / 3, 7);
    expect(labels.read(Float32Array.of(0.00064, 0.99951))).toBeCloseTo(1 / (1 + Math.exp(0.00064 - 0.99951)), 6);
    expect(() => labels.checkWidth(1)).toThrow(ScoringError);
    expect(() => labels.checkWidth(2)).not.toThrow();
  });

  it('maps the profile\'s range to [0, 1]', () => {
    expect(toUnit(0.25, [0, 1])).toBe(0.25);
    expect(toUnit(0, [-1, 1])).toBe(0.5);
    expect(toUnit(7, [-1, 1])).toBe(1);
  });
});
