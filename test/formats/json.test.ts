import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { FaultList } from '../../server/formats/faults.js';
import { readJson } from '../../server/formats/json.js';
import { type JsonDocument, Kind } from '../../server/formats/jsonDocument.js';
import { MAX_DEPTH } from '../../server/formats/jsonReader.js';

vi.setConfig({ testTimeout: 30_000 });

function parse(text: string): { json: JsonDocument; roots: unknown[]; faults: string[]; messages: string[]; at: number[] } {
  const faults = new FaultList();
  const json = readJson(text, faults);
  const list = faults.list();
  return {
    json,
    roots: json.roots.map((root) => valueOf(json, root)),
    faults: list.map((fault) => fault.code),
    messages: list.map((fault) => fault.message),
    at: list.map((fault) => fault.span.start),
  };
}

/** Returns a node's value. Recursive, so only for shallow values. */
function valueOf(json: JsonDocument, id: number): unknown {
  switch (json.kind(id)) {
    case Kind.object: {
      const entries = json.items(id).map((item): [string, unknown] => [json.string(item - 1).text, valueOf(json, item)]);
      return Object.fromEntries(entries);
    }
    case Kind.array:
      return json.items(id).map((item) => valueOf(json, item));
    case Kind.string:
    case Kind.escapedString:
      return json.string(id).text;
    case Kind.number:
      return json.number(id);
    case Kind.true:
      return true;
    case Kind.false:
      return false;
    case Kind.null:
      return null;
    default:
      return undefined;
  }
}

/** Any UTF-16 unit, including lone surrogates, or a whole surrogate pair, a quote or a backslash. */
const anyCharacter = fc.oneof(
  fc.nat(0xffff).map((code) => String.fromCharCode(code)),
  fc.constantFrom('😀', '"', '\\'),
);

describe('the JSON reader `readJson`', () => {
  it('reads what JSON.parse reads, in any layout', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3, stringUnit: anyCharacter }), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const { roots, faults } = parse(text);
        expect(faults.filter((code) => code !== 'lone-surrogate')).toEqual([]);
        // Compared as text with the result of JSON.parse, because of `-0` and `__proto__` as an own key.
        expect(JSON.stringify(roots)).toBe(JSON.stringify([JSON.parse(text)]));
      }),
      { numRuns: 40 },
    );
  });

  it('returns the exact span of any part of a string, whatever escapes it contains', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 4 }),
      fc
        .constantFrom('\\n', '\\"', '\\\\', '\\/', '\\u00e9', '\\ud83d\\ude00', '\\ud83d', '\\ude00', '😀', 'é', '\\t')
        .map((raw) => ({ raw })),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.nat(), fc.nat(), (pieces, a, b) => {
        const raw = pieces.map((one) => (typeof one === 'string' ? JSON.stringify(one).slice(1, -1) : one.raw)).join('');
        const text = `  {"k": "${raw}"}`;
        const { json } = parse(text);
        const string = json.string(json.get(json.roots[0]!, 'k')!);
        expect(string.text).toBe(JSON.parse(`"${raw}"`));
        const [from, to] = [a % (string.text.length + 1), b % (string.text.length + 1)].sort((x, y) => x - y) as [number, number];
        const span = string.span(from, to);
        expect(JSON.parse(`"${text.slice(span.start, span.end)}"`)).toBe(string.text.slice(from, to));
      }),
      { numRuns: 300 },
    );
  });

  it('accepts NaN and infinities as Python writes them, and a byte order mark', () => {
    const { roots, faults } = parse('\uFEFF[NaN, Infinity, -Infinity, 1e3, -0.5]');
    expect(roots).toEqual([[NaN, Infinity, -Infinity, 1000, -0.5]]);
    expect(faults).toEqual([]);
  });

  it('uses the last of two equal keys, even if one is written with escapes', () => {
    const { json } = parse('{"a": 1, "\\u0061": 2}');
    expect(json.number(json.get(json.roots[0]!, 'a')!)).toBe(2);
  });

  it.each([
    ['[1 2]', [[1, 2]], /comma is missing/],
    ['[1,,2]', [[1, 2]], /value is missing/],
    ['{"a" 1}', [{ a: 1 }], /colon is missing/],
    ['{"a":}', [{ a: undefined }], /no value/],
    ['{"a": nil, "b": 2}', [{ a: undefined, b: 2 }], /nil is not a JSON value/],
    ['[{"a": 1, {"a": 2}]', [[{ a: 1 }, { a: 2 }]], /"}" is missing/],
    ['{"a": [1, 2}', [{ a: [1, 2] }], /"\]" is missing/],
    ['[1]]', [[1]], /no open bracket/],
    ['{"a": 1},\n{"a": 2}', [{ a: 1 }, { a: 2 }], /comma between two records/],
    ['{"a": "x\n  y", "b": 1}', [{ a: 'x\n  y', b: 1 }], /raw line break/],
    ['{"a": "x,\n "b": 1}', [{ a: 'x,', b: 1 }], /not closed/],
    ['{"a": "\\(x\\)"}', [{ a: '\\(x\\)' }], /not a JSON escape.*first of 2 places/],
    ['{"a": "x\ty"}', [{ a: 'x\ty' }], /raw tab/],
    ['\u0000[1]', [[1]], /outside of every record/],
    ['[1] /* to do', [[1]], /comment is not closed/],
  ])('reads %j as far as possible and reports the damage', (text, expected, message) => {
    const { roots, faults, messages } = parse(text);
    expect(roots).toEqual(expected);
    expect(new Set(faults)).toEqual(new Set(['malformed-json']));
    expect(messages[0]).toMatch(message);
  });

  it.each([
    ['[1, 2,]', [[1, 2]], /no comma before "\]"/],
    ['[{"a": 1,}, {"a": 2,},]', [[{ a: 1 }, { a: 2 }]], /no comma before .* first of 3 places/],
    ['{a: 1}', [{ a: 1 }], /no quotation marks/],
    ['{"a": None, "b": True}', [{ a: null, b: true }], /None is a word of Python/],
    ["{'a': 'it\\'s', \"b\": False}", [{ a: "it's", b: false }], /single quotes.* first of 3 places/],
  ])('reads %j and reports once that it is not strict JSON', (text, expected, message) => {
    const { roots, faults, messages } = parse(text);
    expect(roots).toEqual(expected);
    expect(faults).toEqual(['loose-json']);
    expect(messages[0]).toMatch(message);
  });

  it('returns the exact span of a part of a string in single quotes', () => {
    const text = "{'a': 'it\\'s \\\\ so'}";
    const { json } = parse(text);
    const string = json.string(json.get(json.roots[0]!, 'a')!);
    expect(string.text).toBe("it's \\ so");
    const { start, end } = string.span(5);
    expect(text.slice(start, end)).toBe('\\\\ so');
  });

  it('accepts comments, record separators and byte order marks between records', () => {
    const { roots, faults } = parse('// by hand\n[1, /* two: */ 2 // "end"\n]\n\x1e{"a": "// no comment"}\n\uFEFF{"b": "/* nor this */"}');
    expect(roots).toEqual([[1, 2], { a: '// no comment' }, { b: '/* nor this */' }]);
    expect(faults).toEqual([]);
  });

  it('never throws and never hangs, whatever the text', () => {
    const token = fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '"a"', '\\', '\n', ' ', '1', 'true', 'x', '\ud800', '\u0001');
    fc.assert(
      fc.property(fc.array(token, { maxLength: 40 }), (tokens) => void parse(tokens.join(''))),
      { numRuns: 500 },
    );
  });

  it('drops a number at the end of a truncated text, and keeps a string there', () => {
    expect(parse('{"a": 0.4').roots).toEqual([{ a: undefined }]);
    expect(parse('{"a": "0.4').roots).toEqual([{ a: '0.4' }]);
  });

  it('reports where nesting is too deep, and reads what comes after it', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const { json, faults, at } = parse(`{"a": ${deep}, "b": 5}`);
    expect(faults).toEqual(['nested-too-deep']);
    expect(at[0]).toBe('{"a": '.length + MAX_DEPTH - 1);
    expect(json.number(json.get(json.roots[0]!, 'b')!)).toBe(5);
    expect(parse('['.repeat(100_000)).faults).toEqual(['nested-too-deep', 'truncated-json']);
    expect(parse(`${'['.repeat(MAX_DEPTH)}${']'.repeat(MAX_DEPTH)}`).faults).toEqual([]);
  });

  it('reports lone surrogates, raw or escaped, and no complete pair', () => {
    expect(parse('["\ud83d\ude00", "\\ud83d\\ude00", "\ud83d\\ude00", "\\ud83d\ude00"]').faults).toEqual([]);
    const { faults, at } = parse('["\ud83dx", "\\ude00", "\\ud83d\\ud83d\\ude00"]');
    expect(faults).toEqual(['lone-surrogate', 'lone-surrogate', 'lone-surrogate']);
    expect(at).toEqual([2, 8, 18]);
  });

  it('returns the path and a description of a value', () => {
    const { json } = parse('[{"q": 1}, {"children": [{}, {"mc_value": "0.5"}]}]');
    const record = json.items(json.roots[0]!)[1]!;
    const child = json.items(json.get(record, 'children')!)[1]!;
    const value = json.get(child, 'mc_value')!;
    expect(json.path(value)).toBe('[1].children[1].mc_value');
    expect(json.describe(value)).toBe('"0.5", a string');
  });
});

describe('JSON Lines', () => {
  const record = (n: number): string => JSON.stringify({ question: `q${n}`, list: [{ a: 1 }, [2]] });

  it('is recognized by its content, with any line endings', () => {
    for (const end of ['\n', '\r\n', '\n\n', '\r', '\n\x1e']) {
      const { roots, faults } = parse([1, 2, 3].map(record).join(end) + end);
      expect(roots).toHaveLength(3);
      expect(faults).toEqual([]);
    }
  });

  it('loses only the line that is cut off, at any place in the first, second or last line', () => {
    const lines = [1, 2, 3].map(record);
    for (let bad = 0; bad < 3; bad++) {
      for (let cut = 1; cut < lines[bad]!.length; cut++) {
        const text = lines.map((line, i) => (i === bad ? line.slice(0, cut) : line)).join('\n');
        const { roots, faults } = parse(text);
        const others = roots.filter((root) => (root as { list?: unknown[] }).list?.length === 2);
        expect(others.length, `${bad} ${cut}`).toBeGreaterThanOrEqual(2);
        expect(new Set(faults), text).toEqual(new Set(['truncated-json']));
      }
    }
  });

  it('is not assumed for JSON values that span several lines', () => {
    for (const text of [
      '[\n{"a": 1},\n{"a": 2}\n]',
      '{"children": [\n{"a": 1},\n{"a": 2}]}',
      '{"a": [\n{"b": 1}\n]}',
      '[{"a": 1},\n{"a": 2}]',
    ]) {
      const { roots, faults } = parse(text);
      expect(roots).toEqual([JSON.parse(text)]);
      expect(faults).toEqual([]);
    }
    const two = parse('{\n  "a": 1\n}\n{\n  "a": 2\n}\n');
    expect(two.roots).toEqual([{ a: 1 }, { a: 2 }]);
    expect(two.faults).toEqual([]);
  });

  it('skips lines that are not JSON and reports them once', () => {
    for (const count of [1, 2, 40]) {
      const { roots, faults, messages } = parse(`${'Loading model\n'.repeat(count)}${record(1)}\n${record(2)}\n`);
      expect(roots).toHaveLength(2);
      expect(faults).toEqual(['not-json']);
      expect(messages[0]).toContain(count === 1 ? 'This line is' : count === 2 ? 'another line are' : '39 other lines are');
    }
  });
});
