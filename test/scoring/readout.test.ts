import { describe, expect, it } from 'vitest';
import { ModelError } from '../../server/models/modelError.js';
import type { TextTokenizer } from '../../server/models/tokenizer.js';
import { createReader, toUnit } from '../../server/scoring/readouts/readouts.js';

const ids: Record<string, number> = { Yes: 9, No: 4 };
const pieces: Record<string, number> = { Yes: 7, No: 5 };
const tokenizer = {
  path: 'tokenizer.json',
  tokenId: (text: string) => ids[text],
  pieceId: (text: string) => pieces[text],
} as unknown as TextTokenizer;
const pair = createReader({ kind: 'token-pair', positive: 'Yes', negative: 'No', lookup: 'text' }, tokenizer);
const labels = createReader({ kind: 'label-head', positive: [1] }, tokenizer);

describe('the readout', () => {
  it('token-pair reads the softmax of the positive against the negative token', () => {
    expect([...pair.columns]).toEqual([9, 4]);
    expect([...createReader({ kind: 'token-pair', positive: 'Yes', negative: 'No', lookup: 'piece' }, tokenizer).columns]).toEqual([7, 5]);
    expect(pair.read(Float32Array.of(2, 0))).toBeCloseTo(1 / (1 + Math.exp(-2)), 7);
    expect(pair.read(Float32Array.of(-90, 90))).toBeCloseTo(0, 12);
    expect(pair.read(Float32Array.of(3e38, -3e38))).toBe(1);
    expect(() => pair.checkWidth(10)).not.toThrow();
    expect(() => pair.checkWidth(9)).toThrow(/9 scores a token.*tokenizer\.json/);
    expect(() => pair.checkWidth(1)).toThrow('Use the profile of a family whose head gives one value.');
    expect(() => pair.checkWidth(2)).toThrow('Use the profile of a family whose head gives 2 labels.');
  });

  it('label-head reads the softmax over all labels, and sums those that mean correct', () => {
    expect(labels.columns).toHaveLength(0);
    expect(labels.read(Float32Array.of(1, 1, 1))).toBeCloseTo(1 / 3, 7);
    expect(labels.read(Float32Array.of(0.00064, 0.99951))).toBeCloseTo(1 / (1 + Math.exp(0.00064 - 0.99951)), 6);
    const three = createReader({ kind: 'label-head', positive: [1, 2] }, tokenizer);
    expect(three.read(Float32Array.of(Math.log(1), Math.log(2), Math.log(5)))).toBeCloseTo(7 / 8, 6);
    expect(() => labels.checkWidth(1)).toThrow(ModelError);
    expect(() => labels.checkWidth(2)).not.toThrow();
    expect(() => three.checkWidth(2)).toThrow("'readout.positive' is 1, 2");
  });

  it('sigmoid-head reads the sigmoid of a single value', () => {
    const head = createReader({ kind: 'sigmoid-head' }, tokenizer);
    expect(head.read(Float32Array.of(Math.log(3)))).toBeCloseTo(0.75, 6);
    expect(head.read(Float32Array.of(-800))).toBe(0);
    expect(() => head.checkWidth(1)).not.toThrow();
    expect(() => head.checkWidth(151_000)).toThrow(
      "The graph gives 151000 scores a token, but a 'sigmoid-head' reads a head of one value.",
    );
  });

  it('label-difference reads one share minus another in the range of the profile, scalar-head the value itself', () => {
    const pure = createReader({ kind: 'label-difference', positive: 1, negative: 0 }, tokenizer);
    expect(pure.read(Float32Array.of(0, Math.log(3)))).toBeCloseTo(0.5, 6);
    expect(toUnit(pure.read(Float32Array.of(0, Math.log(3))), [-1, 1])).toBeCloseTo(0.75, 6);
    expect(() => pure.checkWidth(1)).toThrow('reads labels 1 and 0, counted from 0');
    const scalar = createReader({ kind: 'scalar-head' }, tokenizer);
    expect(scalar.read(Float32Array.of(-2.5))).toBe(-2.5);
    expect(() => scalar.checkWidth(2)).toThrow("a 'scalar-head' reads a head of one value");
  });

  it('log-ratio reads the sigmoid of beta times the log ratio of the tokens to the reference model', () => {
    const ratio = createReader({ kind: 'log-ratio', beta: 0.05 }, tokenizer);
    expect(ratio.comparesTokens).toBe(true);
    expect(ratio.read(Float32Array.of(0))).toBe(0.5);
    expect(ratio.read(Float32Array.of(20 * Math.log(3)))).toBeCloseTo(0.75, 6);
    expect(() => ratio.checkWidth(151_000)).not.toThrow();
    expect(() => ratio.checkWidth(2)).toThrow("The graph gives 2 scores a token, but a 'log-ratio' reads the probabilities");
  });

  it('token-probability sums the probabilities of its tokens over the whole vocabulary', () => {
    const yes = createReader({ kind: 'token-probability', tokens: ['Yes', 'No'], lookup: 'text' }, tokenizer);
    expect(yes.columns).toHaveLength(0);
    expect(yes.read(new Float32Array(10))).toBeCloseTo(0.2, 7);
    expect(() => yes.checkWidth(9)).toThrow(/9 scores a token.*looks for token 9/);
  });

  it("maps the profile's range to [0, 1]", () => {
    expect(toUnit(0.25, [0, 1])).toBe(0.25);
    expect(toUnit(0, [-1, 1])).toBe(0.5);
    expect(toUnit(7, [-1, 1])).toBe(1);
  });
});
