import { describe, expect, it } from 'vitest';
import { evaluateLine } from '../../server/protocol/evaluation.js';
import { problemView } from '../../server/protocol/problemView.js';
import { replay } from '../../server/protocol/replay.js';
import {
  bulk,
  count,
  dictionary,
  list,
  nullable,
  number,
  object,
  oneOf,
  optional,
  pair,
  type Shape,
  text,
  variants,
} from '../../server/protocol/shape.js';

const place = (shape: Shape<unknown>, value: unknown): string | undefined => {
  const mismatch = shape.check(value);
  return mismatch && `${mismatch.path}: ${mismatch.expected}`;
};

describe('the shape of a message', () => {
  it('accepts valid values, also with unknown properties', () => {
    const shape = object({ name: text, size: optional(count), label: nullable(number), kind: oneOf('a', 'b') });
    for (const value of [
      { name: 'x', label: null, kind: 'a' },
      { name: '', size: 3, label: 0.5, kind: 'b', extra: [] },
      { name: 'x', size: undefined, label: -1, kind: 'a' },
    ])
      expect(shape.check(value)).toBeUndefined();
  });

  it('reports where a value is wrong, and what was expected there', () => {
    const shape = object({ nodes: list(object({ at: pair, by: dictionary(count) })) });
    const node = { at: [0, 1], by: { a: 1 } };
    expect(place(shape, null)).toBe(': an object');
    expect(place(shape, [])).toBe(': an object');
    expect(place(shape, {})).toBe('.nodes: a list');
    expect(place(shape, { nodes: [node, 3] })).toBe('.nodes[1]: an object');
    expect(place(shape, { nodes: [node, { ...node, at: [0] }] })).toBe('.nodes[1].at: a list of two numbers');
    expect(place(shape, { nodes: [{ ...node, by: { a: -1 } }] })).toBe('.nodes[0].by.a: a whole number from 0');
  });

  it('does not accept null, NaN, infinity or a text as a number', () => {
    for (const value of [null, NaN, Infinity, '1', [], undefined]) expect(place(number, value)).toBe(': a number');
    for (const value of [1.5, -1, null]) expect(place(count, value)).toBe(': a whole number from 0');
  });

  it('distinguishes kinds of objects by their tag', () => {
    const shape = variants('kind', { dot: { x: number }, text: { text } });
    expect(shape.check({ kind: 'dot', x: 1 })).toBeUndefined();
    expect(place(shape, { kind: 'text', x: 1 })).toBe('.text: a text');
    for (const kind of ['line', 'toString', undefined]) expect(place(shape, { kind })).toBe('.kind: one of dot, text');
  });

  it('checks the last element of a long list, and never more than 16 elements', () => {
    let checks = 0;
    const element: Shape<number> = { expected: 'a number', check: (value) => (checks++, number.check(value)) };
    for (const length of [0, 1, 2, 15, 16, 17, 20_000]) {
      checks = 0;
      const values = Array.from({ length }, (_, index) => index);
      expect(bulk(element).check(values)).toBeUndefined();
      expect(checks).toBe(Math.min(length, 16));
      if (length > 0) expect(place(bulk(element), [...values.slice(0, -1), 'x']), `${length}`).toBe(`[${length - 1}]: a number`);
    }
  });

  it('does not accept an empty object as a view, a replay or an evaluation', () => {
    for (const shape of [problemView, replay, evaluateLine]) expect(shape.check({})).toBeDefined();
  });
});
