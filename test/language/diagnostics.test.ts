import { describe, expect, it } from 'vitest';
import { DiagnosticSeverity } from 'vscode-languageserver-types';
import { diagnostics, marksLimit, readerFailed, rowsLimit } from '../../server/language/diagnostics.js';
import { noExplanations, readExplanations } from '../../server/language/explanations.js';
import { scored, sketch } from './fixture.js';

const found = (document: Parameters<typeof diagnostics>[0]) =>
  diagnostics(document, noExplanations).listed.map(({ code, severity, message, range }) => ({
    code,
    severity,
    message,
    line: range.start.line,
  }));

describe('diagnostics', () => {
  it('warn at the first low step, hint at later ones, and show place, text, value, source and the value before', () => {
    const document = scored(
      sketch([{ question: 'q', solutions: [['a', { text: 'b', values: { mc: { value: 3 / 16, correct: 3, total: 16 } } }, 'c', 'd']] }]),
      [[0.94, 0.12, 0.7, 0.3]],
    );
    expect(found(document)).toEqual([
      {
        code: 'first-low-step',
        severity: DiagnosticSeverity.Warning,
        message: 'Step 2 of 4: “b” PRM 0.12, before 0.94. Rollouts: 3/16 right [0.07, 0.43].',
        line: 2,
      },
      {
        code: 'later-low-step',
        severity: DiagnosticSeverity.Hint,
        message: 'Low step after the first: PRM 0.30, before 0.70.',
        line: 4,
      },
    ]);
  });

  it('mark a first low step in every solution', () => {
    const document = scored(
      sketch([
        {
          question: 'q',
          solutions: [
            ['a', 'b'],
            ['c', 'd'],
          ],
        },
      ]),
      [[0.9, 0.1, 0.2, 0.1]],
    );
    expect(found(document).map(({ code, line }) => [code, line])).toEqual([
      ['first-low-step', 2],
      ['first-low-step', 3],
      ['later-low-step', 4],
    ]);
  });

  it('cover exactly the characters of the step', () => {
    const document = scored(sketch([{ question: 'q', solutions: [['one', 'two 🎲 two']] }]), [[0.9, 0.1]]);
    expect(diagnostics(document, noExplanations).listed[0]!.range).toEqual({
      start: { line: 2, character: 0 },
      end: { line: 2, character: 10 },
    });
  });

  it('report a step once, even if many paths share it', () => {
    const children = [{ steps: ['x'] }, { steps: ['y'] }, { steps: ['z'] }];
    const document = scored(sketch([{ question: 'q', tree: { children: [{ steps: ['a', 'b'], children }] } }]), [
      [0.9, 0.1, 0.2, 0.8, 0.9],
    ]);
    expect(found(document).map(({ code, line }) => [code, line])).toEqual([
      ['first-low-step', 2],
      ['later-low-step', 3],
    ]);
  });

  it('report how many rollouts failed where none succeeded', () => {
    const mc = { value: 0, correct: 0, total: 16 };
    const document = scored(sketch([{ question: 'q', solutions: [['a', { text: 'b', values: { mc } }]] }]), [[0.9, 0.8]]);
    expect(found(document)).toEqual([
      {
        code: 'no-rollout-succeeded',
        severity: DiagnosticSeverity.Hint,
        message: '0 of 16 rollouts from here reached the right answer.',
        line: 2,
      },
    ]);
  });

  it('report the rollout counts of a low step once', () => {
    const mc = { value: 0, correct: 0, total: 16 };
    const document = scored(sketch([{ question: 'q', solutions: [['a', { text: 'b', values: { mc } }]] }]), [[0.9, 0.1]]);
    expect(found(document).map(({ code }) => code)).toEqual(['first-low-step']);
    expect(found(document)[0]!.message).toContain('Rollouts: 0/16 right');
  });

  it('count the rollouts that a tree node keeps when the file has no total', () => {
    const rollouts = [
      { correct: false, steps: ['5'] },
      { correct: false, steps: ['6'] },
    ];
    const document = scored(sketch([{ question: 'q', tree: { children: [{ steps: ['a', 'b'], mc: { value: 0 }, rollouts }] } }]), [
      [0.9, 0.8],
    ]);
    expect(found(document)).toMatchObject([
      { code: 'no-rollout-succeeded', message: '0 of 2 distinct rollouts kept from here reached the right answer.', line: 2 },
    ]);
  });

  it('do not report rollouts where a 0 is a hard label or nothing was sampled', () => {
    const values = [{ mc: { value: 0, hard: true } }, { mc: { value: 0 } }, {}];
    const document = scored(sketch([{ question: 'q', solutions: [values.map((one, at) => ({ text: `s${at}`, values: one }))] }]), [
      [0.9, 0.9, 0.9],
    ]);
    expect(found(document)).toEqual([]);
  });

  it('use the values in the file while no model has scored it', () => {
    const document = scored(
      sketch([
        {
          question: 'q',
          solutions: [
            [
              { text: 'a', values: { mc: { value: 0.25 } } },
              { text: 'b', values: { recordedPrm: 0.2 } },
              { text: 'c', values: { human: -1 } },
            ],
          ],
        },
      ]),
    );
    expect(found(document).map(({ message }) => message)).toEqual([
      'Step 1 of 3: “a” rollouts 0.25.',
      'Low step after the first: PRM in file 0.20.',
      'Low step after the first: A person labeled it wrong.',
    ]);
  });

  it('never round a low value up to the threshold', () => {
    const document = scored(sketch([{ question: 'q', solutions: [['a']] }]), [[0.4996]]);
    expect(found(document)[0]!.message).toBe('Step 1 of 1: “a” PRM 0.4996.');
  });

  it('report why a step has no score', () => {
    const document = scored(sketch([{ question: 'q', solutions: [['a', 'b']] }]), [[0.9, NaN]], {
      skipped: new Map([[1, '9,000 tokens, the model reads 4,096']]),
    });
    expect(found(document)).toEqual([
      {
        code: 'step-not-scored',
        severity: DiagnosticSeverity.Hint,
        message: 'Not scored: 9,000 tokens, the model reads 4,096',
        line: 2,
      },
    ]);
  });

  it('list the faults of the file with their own codes', () => {
    const faults = [
      { code: 'truncated-json', severity: 'error', message: 'The text ends inside a string.', span: { start: 0, end: 1 } },
      { code: 'label-count', severity: 'warning', message: '3 labels, 2 markers.', span: { start: 0, end: 1 } },
    ] as const;
    expect(found(scored(sketch([{ question: 'q', solutions: [['a']] }], faults)))).toEqual([
      { code: 'truncated-json', severity: DiagnosticSeverity.Error, message: 'The text ends inside a string.', line: 0 },
      { code: 'label-count', severity: DiagnosticSeverity.Warning, message: '3 labels, 2 markers.', line: 0 },
    ]);
  });

  it('report a reader that throws as an error', () => {
    expect(readerFailed(new RangeError('too deep'))).toMatchObject({ code: 'reader-failed', severity: 'error' });
    expect(readerFailed('x').message).toContain('could not read this file: x.');
  });

  it('link a code to the line of its explanation', () => {
    const explanations = readExplanations('file:///docs/diagnostics.md', '# Diagnostics\n\n## `other`\n\n## `first-low-step`\ntext\n');
    const document = scored(sketch([{ question: 'q', solutions: [['a']] }]), [[0.1]]);
    expect(diagnostics(document, explanations).listed[0]).toMatchObject({
      source: 'StepLens',
      codeDescription: { href: 'file:///docs/diagnostics.md#L5' },
    });
    expect(explanations.href('unheard-of')).toBe('file:///docs/diagnostics.md');
  });

  it('list up to `rowsLimit` first low steps as warnings, and the other ones as hints', () => {
    const document = scored(sketch([{ question: 'q', solutions: Array.from({ length: 300 }, () => ['a', 'b']) }]), [
      Array.from({ length: 600 }, (_, step) => (step % 2 === 0 ? 0.1 : 0.9)),
    ]);
    const { listed, rows, total, covered } = diagnostics(document, noExplanations);
    expect([rows, total, covered]).toEqual([rowsLimit, 300, undefined]);
    expect(listed.filter(({ severity }) => severity === DiagnosticSeverity.Warning)).toHaveLength(rowsLimit);
    expect(listed.filter(({ severity }) => severity === DiagnosticSeverity.Hint)).toHaveLength(300 - rowsLimit);
    expect(new Set(listed.map(({ code, range }) => `${code} ${range.start.line}`)).size).toBe(300);
  });

  it('are limited to `marksLimit` around the visible range, with the range in which they are complete', () => {
    const document = scored(sketch([{ question: 'q', solutions: Array.from({ length: 1000 }, () => ['a', 'b', 'c']) }]), [
      Array.from({ length: 3000 }, () => 0.1),
    ]);
    for (const line of [0, 700, 1500, 2990]) {
      const seen = { start: { line, character: 0 }, end: { line: line + 40, character: 0 } };
      const { listed, total, covered } = diagnostics(document, noExplanations, 'hint', seen);
      expect(listed).toHaveLength(marksLimit);
      expect(total).toBe(1000);
      // Every visible step is marked, because all steps are low.
      const lines = new Set(listed.map(({ range }) => range.start.line));
      for (let at = Math.max(1, line); at < Math.min(3000, line + 40); at++) expect(lines.has(at)).toBe(true);
      expect(covered!.start).toBeLessThanOrEqual(document.lines.offset(seen.start));
      expect(covered!.end).toBeGreaterThanOrEqual(document.lines.offset(seen.end));
    }
  });

  it('report everything except first low steps as hints, as information or not at all', () => {
    const mc = { value: 0, correct: 0, total: 16 };
    const document = scored(
      sketch([{ question: 'q', solutions: [['a', 'b', { text: 'c', values: { mc } }, 'd']] }]),
      [[0.1, 0.2, 0.9, NaN]],
      {
        skipped: new Map([[3, 'too long']]),
      },
    );
    const of = (others: 'hint' | 'information' | 'off') =>
      diagnostics(document, noExplanations, others).listed.map(({ code, severity }) => [code, severity]);
    const codes = ['later-low-step', 'no-rollout-succeeded', 'step-not-scored'];
    expect(of('hint')).toEqual([['first-low-step', 2], ...codes.map((code) => [code, DiagnosticSeverity.Hint])]);
    expect(of('information')).toEqual([['first-low-step', 2], ...codes.map((code) => [code, DiagnosticSeverity.Information])]);
    expect(of('off')).toEqual([['first-low-step', 2]]);
  });

  it('name problem, solution and step where there are several, and the node of a tree', () => {
    const several = sketch([
      { question: 'q', solutions: [['a'], ['b', 'c  is\n too long '.repeat(30)]] },
      { question: 'p', tree: { children: [{ steps: ['x', 'y'], children: [{ steps: ['z'] }] }] } },
    ]);
    const messages = found(
      scored(several, [
        [0.9, 0.9, 0.1],
        [0.9, 0.9, 0.1],
      ]),
    ).map(({ message }) => message);
    expect(messages[0]).toMatch(/^Problem 1, solution 2, step 2 of 2: “c is too long .{1,70}…” PRM 0\.10, before 0\.90\.$/);
    expect(messages[1]).toBe('Problem 2, node 2, step 3: “z” PRM 0.10, before 0.90.');
  });
});
