import { describe, expect, it } from 'vitest';
import { decodeText } from '../../server/files/decodeText.js';
import { codes, read, solutions } from './fixtures.js';

const record = (n: number) => ({
  id: `gsm8k-${n}`,
  generator: 'm',
  problem: `What is ${n} + 1?`,
  steps: ['Add.', `${n + 1}.`],
  label: n === 0 ? -1 : 1,
});
const rows = [record(0), record(1)];

/** Every problem of the two rows, with labels and exact ranges. */
function expectRows(text: string): void {
  const document = read(text);
  expect(document.format).toBe('processBench');
  expect(document.problems.map((problem) => problem.id)).toEqual(['gsm8k-0', 'gsm8k-1']);
  expect(document.problems.map((problem) => problem.steps.map((step) => step.values.human))).toEqual([
    [1, 1],
    [1, -1],
  ]);
  for (const { span, text: step } of document.problems.flatMap((problem) => problem.steps))
    expect(text.slice(span.start, span.end)).toBe(step);
}

describe('records inside another structure', () => {
  it.each([
    ['an array', rows],
    ['an array of arrays', rows.map((row) => [row])],
    ['a named list', { version: '1.0', examples: rows }],
    ['splits', { train: [rows[0]], test: [rows[1]] }],
    ['nested splits', { data: { train: rows } }],
    ['an object by id', { a: rows[0], b: rows[1] }],
    [
      'the rows of the Hub viewer',
      {
        features: [{ name: 'id', type: 'string' }],
        rows: rows.map((row, row_idx) => ({ row_idx, row, truncated_cells: [] })),
        num_rows_total: 2,
      },
    ],
    ['columns', Object.fromEntries(Object.keys(record(0)).map((key) => [key, rows.map((row) => row[key as 'id'])]))],
    [
      'columns with row numbers',
      Object.fromEntries(Object.keys(record(0)).map((key) => [key, { 0: rows[0]![key as 'id'], 1: rows[1]![key as 'id'] }])),
    ],
  ])('are read from %s', (_, value) => {
    expectRows(JSON.stringify(value));
    expectRows(JSON.stringify(value, null, 1));
  });

  it('are read after 1,100 other lines, which are reported once', () => {
    const events = Array.from({ length: 1100 }, (_, t) => JSON.stringify({ event: 'start', time: t, host: 'a machine with a long name' }));
    const text = [...events, ...rows.map((row) => JSON.stringify(row))].join('\n');
    expect(text.length).toBeGreaterThan(65_536);
    expectRows(text);
    const { faults } = read(text);
    expect(faults.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'unknown-record: 1,100 records, of which this is the first, are not a valid ProcessBench and were skipped. Move them to another file.',
    ]);
  });

  it('are read from their list only, and its items that are not records are reported', () => {
    const document = read(JSON.stringify({ features: [{ name: 'id' }], data: [...rows, 7, { other: 1 }] }));
    expect(codes(document)).toEqual(['wrong-type', 'unknown-record']);
    expect(document.problems).toHaveLength(2);
  });

  it('are read from a text with comments, record separators, single quotes or CR line endings', () => {
    expectRows(`// labeled by hand\n[ /* first */ ${JSON.stringify(rows[0])},\n${JSON.stringify(rows[1])} ]`);
    expectRows(rows.map((row) => `\x1e${JSON.stringify(row)}\n`).join(''));
    expectRows(rows.map((row) => JSON.stringify(row).replaceAll('"', "'")).join('\n'));
    expectRows(rows.map((row) => JSON.stringify(row)).join('\r'));
  });
});

describe('the reader of step values', () => {
  const withSteps = (steps: unknown) => read(JSON.stringify({ ...record(1), steps }));

  it('reads steps that are objects or lists of lines', () => {
    const document = withSteps([{ text: 'Add.' }, ['1 + 1', '= 2']]);
    expect(codes(document)).toEqual([]);
    expect(solutions(document.problems[0]!)).toEqual([['Add.', '1 + 1\n= 2']]);
    expect(document.problems[0]!.steps.map((step) => step.values.human)).toEqual([1, -1]);
  });

  it('keeps the labels of the other steps when one step cannot be read', () => {
    const document = withSteps([null, 'Second.']);
    expect(codes(document)).toEqual(['empty-step']);
    expect(document.problems[0]!.steps.map((step) => [step.text, step.values.human])).toEqual([['Second.', -1]]);
    expect(codes(withSteps([3, 'Second.']))).toEqual(['wrong-type']);
    expect(codes(withSteps(['', 'Second.']))).toEqual(['empty-step']);
    expect(codes(withSteps([{ number: 1 }, 'Second.']))).toEqual(['wrong-type']);
  });

  it('reports a record without steps', () => {
    const document = read(JSON.stringify({ ...record(0), steps: [] }));
    expect(codes(document)).toEqual(['no-steps']);
    expect(document.problems).toHaveLength(1);
  });

  it('splits a candidate that is one text at blank lines, and reports it', () => {
    const document = read(JSON.stringify([{ question: 'Q?', solutions_splits: ['a\n\nb'], labels: [1], prm_scores: [[0.9, 0.8]] }]));
    expect(codes(document)).toEqual(['wrong-type']);
    expect(document.problems[0]!.steps.map((step) => [step.text, step.values.recordedPrm])).toEqual([
      ['a', 0.9],
      ['b', 0.8],
    ]);
  });
});

describe('recorded scores', () => {
  const scored = (scores: number[][]) => read(scores.map((prm_scores) => JSON.stringify({ ...record(1), prm_scores })).join('\n'));

  it('are used when they are probabilities', () => {
    expect(scored([[0.5, 1]]).problems[0]!.steps.map((step) => step.values.recordedPrm)).toEqual([0.5, 1]);
  });

  it('are not used at all when they are logits, even those between 0 and 1', () => {
    const document = scored([
      [4, -3],
      [0.25, 0.5],
      [-4, 4],
    ]);
    expect(codes(document)).toEqual(['scores-not-in-range']);
    expect(document.faults[0]!.message).toMatch(/^4 of the 6 recorded scores .* logits/);
    expect(document.problems.flatMap((problem) => problem.steps.map((step) => step.values.recordedPrm))).toEqual(Array(6).fill(undefined));
  });

  it('are used when one of many is out of range, which is reported', () => {
    const document = scored([...Array.from({ length: 20 }, () => [0.5, 0.5]), [0.5, 1.5]]);
    expect(codes(document)).toEqual(['out-of-range']);
    expect(document.problems[0]!.steps[0]!.values.recordedPrm).toBe(0.5);
  });
});

describe('the reader of text encodings', () => {
  const text = rows.map((row) => JSON.stringify({ ...row, steps: ['é', '数'] })).join('\n');
  const utf16 = (littleEndian: boolean, mark: boolean): Uint8Array => {
    const bytes = Buffer.from(mark ? `\uFEFF${text}` : text, 'utf16le');
    return littleEndian ? bytes : bytes.swap16();
  };

  it('decodes UTF-8 and UTF-16, with and without byte order mark', () => {
    expect(decodeText(Buffer.from(text))).toBe(text);
    expect(decodeText(Buffer.from(`\uFEFF${text}`))).toBe(`\uFEFF${text}`);
    for (const littleEndian of [true, false]) for (const mark of [true, false]) expect(decodeText(utf16(littleEndian, mark))).toBe(text);
  });

  it('reports UTF-16 that was opened as another encoding', () => {
    const document = read(Buffer.from(utf16(true, false)).toString('latin1'));
    expect(codes(document)).toEqual(['encoding']);
    expect(document.faults[0]!.message).toContain('Reopen it with the encoding UTF-16');
  });

  it('reports bytes that are not UTF-8 once', () => {
    const document = read(decodeText(Buffer.from(JSON.stringify({ ...record(0), steps: ['caf\u00e9', '\u00e9'] }), 'latin1')));
    expect(codes(document)).toEqual(['encoding']);
    expect(document.faults[0]!.message).toMatch(/2 replacement characters .* Latin-1/);
    expect(document.problems[0]!.steps).toHaveLength(2);
  });
});
