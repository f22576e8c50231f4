import { describe, expect, it } from 'vitest';
import { jsonPointerAt } from '../../server/formats/jsonPointer.js';

const text = '{"a": [1, {"b/c": "x", "d~": [true, "[,{"]}], "e": {}, "last": "end"}';

/** Resolves a pointer according to RFC 6901. */
function valueAt(value: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((at, name) => (at as Record<string, unknown>)[name.replaceAll('~1', '/').replaceAll('~0', '~')], value);
}

describe('jsonPointerAt', () => {
  it.each([
    ['"x"', '/a/1/b~1c', 'x'],
    ['true', '/a/1/d~0/0', true],
    ['"[,{"', '/a/1/d~0/1', '[,{'],
    ['1,', '/a/0', 1],
    ['"end"', '/last', 'end'],
    ['{}', '/e', {}],
    ['[1', '/a', [1, { 'b/c': 'x', 'd~': [true, '[,{'] }]],
  ])('finds %s at %s', (needle, pointer, value) => {
    const found = jsonPointerAt(text, text.indexOf(needle));
    expect(found).toBe(pointer);
    expect(valueAt(JSON.parse(text), found)).toEqual(value);
  });

  it('returns an empty pointer at the first character, and accepts text that is not JSON', () => {
    expect(jsonPointerAt(text, 0)).toBe('');
    expect(jsonPointerAt('', 5)).toBe('');
    expect(jsonPointerAt(']]}{"a": "unclosed', 14)).toBe('/a');
    expect(jsonPointerAt('['.repeat(100_000), 99_999)).toBe('/0'.repeat(99_999));
  });
});
