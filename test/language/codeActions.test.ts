import { describe, expect, it } from 'vitest';
import type { Diagnostic } from 'vscode-languageserver-types';
import { readDocument } from '../../server/formats/registry.js';
import { codeActions } from '../../server/language/codeActions.js';
import { diagnostics } from '../../server/language/diagnostics.js';
import { wrongResults } from '../../server/language/exactArithmetic.js';
import { noExplanations } from '../../server/language/explanations.js';
import { type ScoredDocument, scoredProblem } from '../../server/language/scoredDocument.js';
import { LineIndex } from '../../server/reasoning/span.js';

/** `text` with each wrong result replaced by the right one. */
function corrected(text: string): string {
  return wrongResults(text).reduceRight((all, { start, end, right }) => all.slice(0, start) + right + all.slice(end), text);
}

describe('a calculation in a text', () => {
  it.each([
    ['3 + 4 = 8 apples', '3 + 4 = 7 apples'],
    ['so 2 + 3 * 4 = 20.', 'so 2 + 3 * 4 = 14.'],
    ['11 / 2 = 5', '11 / 2 = 5.5'],
    ['$12 \u00d7 3 = 35$', '$12 \u00d7 3 = 36$'],
    ['7 - 10 = 3', '7 - 10 = -3'],
    ['1,200 + 300 = 1,400', '1,200 + 300 = 1500'],
    ['2 + 2 = 5 and 3 + 3 = 7', '2 + 2 = 4 and 3 + 3 = 6'],
    ['0.1 + 0.2 = 0.4', '0.1 + 0.2 = 0.3'],
    ['-3 + 5 = 1', '-3 + 5 = 2'],
  ])('is corrected to its exact result if it is wrong: %s', (text, right) => {
    expect(corrected(text)).toBe(right);
  });

  it.each([
    '3 + 4 = 7',
    '55 / 7 = 7 dollars',
    '10 / 4 = 2.5',
    '2 / 3 = 0.67',
    '11 / 8 = 1.4',
    '5 / 0 = 3',
    'x2 + 3 = 9',
    '2x + 3 = 9',
    'a_1 + 3 = 5',
    '3 + 4 = 7 + 1',
    '2 + 3 = 2 * 4',
    '2^3 + 1 = 7',
    '50% + 10 = 61',
    '10 - 3 = 5%',
    '1 / 2 + 1 / 2 = 1',
    '3 + 4 = 7.0',
    '\\frac{1}{2} + 3 = 9',
    'f(2) + 3 = 9',
    '2024-11-27 = 3',
    '5 + 5 = 10,000 - 9,990',
  ])('is left unchanged if it is right, has no exact result, or is part of something else: %s', (text) => {
    expect(wrongResults(text)).toEqual([]);
  });
});

function documentOf(text: string, languageId: string): ScoredDocument {
  const reasoning = readDocument(text, languageId)!;
  return {
    uri: 'file:///w/a',
    version: 1,
    lines: new LineIndex(text),
    reasoning,
    problems: reasoning.problems.map((problem) => scoredProblem(problem, undefined, 0.5)),
    threshold: 0.5,
  };
}

/** Returns the code actions at each diagnostic of a document. */
function actionsOf(text: string, languageId = 'json') {
  const document = documentOf(text, languageId);
  return diagnostics(document, noExplanations, 'information').listed.flatMap((diagnostic: Diagnostic) =>
    codeActions(document, text, diagnostic.range, [diagnostic]),
  );
}

/** The text after an action's edit. */
function applied(text: string, { edit }: ReturnType<typeof actionsOf>[number]): string {
  const lines = new LineIndex(text);
  return Object.values(edit!.changes!)
    .flat()
    .reduce((all, { range, newText }) => all.slice(0, lines.offset(range.start)) + newText + all.slice(lines.offset(range.end)), text);
}

describe('quick fixes', () => {
  it('correct a wrong result in a low step, at its place in the escaped text', () => {
    const text = JSON.stringify({
      prompt: 'How many "apples"?',
      completions: ['There are "3 + 4 = 8" apples.', 'So 8.'],
      labels: [false, false],
    });
    const fix = actionsOf(text).find(({ title }) => title.startsWith('Correct the result'))!;
    expect(fix.title).toBe('Correct the result: 3 + 4 = 7');
    expect(fix.isPreferred).toBe(true);
    expect(applied(text, fix)).toBe(text.replace('= 8', '= 7'));
  });

  it.each([
    ['a number in quotation marks', '"mc_value": 0.5', '"mc_value": "0.5"'],
    ['True of Python', '"assumed": true', '"assumed": True'],
    ['None of Python', '"visit_count": null', '"visit_count": None'],
  ])('replace %s with the JSON value that was meant', (_, right, wrong) => {
    const tree = (value: string) =>
      `{"question": "q", "mc_value": 0.25, "visit_count": 1, "correct_rollouts": [], "incorrect_rollouts": [], "children": [{"partial_solution": ["s"], ${value}, "correct_rollouts": [], "incorrect_rollouts": [], "children": []}]}`;
    const fix = actionsOf(tree(wrong)).find(({ edit }) => edit !== undefined)!;
    expect(applied(tree(wrong), fix)).toBe(tree(right));
  });

  it.each([
    ['\u2212', '-'],
    ['\uff0b', '+'],
    ['good', '+'],
    ['Wrong', '-'],
  ])('convert the label %s to + or -', (typo, right) => {
    const turns = (label: string) =>
      JSON.stringify({
        conversations: [
          { role: 'user', content: 'What is 3 + 4? Step 1: 7.' },
          { role: 'assistant', content: '+' },
          { role: 'user', content: 'Step 2: so 7.' },
          { role: 'assistant', content: label },
        ],
      });
    const text = `${turns('-')}\n${turns(typo)}\n`;
    const fix = actionsOf(text, 'jsonl').find(({ edit }) => edit !== undefined)!;
    expect(applied(text, fix)).toBe(`${turns('-')}\n${turns(right)}\n`);
  });

  it('offer a command that helps where no edit is certain', () => {
    const commands = (code: string) => {
      const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } };
      const text = '# Problem\n\nHow many?\n\nStep 1: a\n\nStep 2: b\n';
      return codeActions(documentOf(text, 'markdown'), text, range, [{ code, source: 'StepLens', range, message: '' }]).map(
        ({ command }) => command?.command,
      );
    };
    expect(commands('unknown-record')).toEqual(['steplens.mapFields', 'steplens.reviewSteps']);
    expect(commands('step-not-scored')).toEqual(['steplens.selectModel', 'steplens.showLog', 'steplens.reviewSteps']);
    expect(commands('later-low-step')).toEqual(['workbench.action.openSettings', 'steplens.reviewSteps']);
    expect(commands('first-low-step')).toEqual(['steplens.setThreshold', 'steplens.reviewSteps']);
    expect(commands('truncated-json')).toEqual(['steplens.reviewSteps']);
  });

  it('are not offered for diagnostics of other extensions', () => {
    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } };
    const text = '# Problem\n\nHow many?\n\nStep 1: a\n\nStep 2: b\n';
    expect(
      codeActions(documentOf(text, 'markdown'), text, range, [{ code: 'unknown-record', source: 'other', range, message: '' }]).filter(
        ({ diagnostics: marks }) => marks !== undefined,
      ),
    ).toEqual([]);
  });
});

describe('the code action for a review', () => {
  const text = `${JSON.stringify({ prompt: 'How many?', completions: ['There are 7.', 'So 8.', 'So 9.'], labels: [true, false, false] })}\n`;
  const reviews = (uri: string, word: string, codes: readonly string[] = []) => {
    const document = { ...documentOf(text, 'jsonl'), uri };
    const start = document.lines.position(text.indexOf(word));
    const range = { start, end: start };
    const marks = codes.map((code) => ({ code, source: 'StepLens', range, message: '' }));
    return codeActions(document, text, range, marks).filter(({ command }) => command?.command === 'steplens.reviewSteps');
  };
  const uri = 'file:///w/a.jsonl';

  it('starts at the step at the cursor', () => {
    expect(reviews(uri, 'So 8')).toEqual([
      {
        title: 'Review from this step…',
        kind: 'refactor',
        command: { title: 'Review from this step…', command: 'steplens.reviewSteps', arguments: [uri, null, { problem: 0, step: 1 }] },
      },
    ]);
  });

  it('is a quick fix for a low step', () => {
    expect(reviews(uri, 'So 8', ['first-low-step', 'wrong-type'])).toMatchObject([
      { title: 'Review from this step…', kind: 'quickfix', diagnostics: [{ code: 'first-low-step' }] },
    ]);
  });

  it('starts at the record if the cursor is not on a step, and is not offered in an unsaved file', () => {
    expect(reviews(uri, 'How many').map(({ command }) => command?.arguments)).toEqual([[uri, null, { problem: 0 }]]);
    expect(reviews('untitled:a', 'So 8')).toEqual([]);
  });
});
