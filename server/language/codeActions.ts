import { type CodeAction, CodeActionKind, type Command, type Diagnostic } from 'vscode-languageserver-types';
import { t } from '../l10n.js';
import type { ExpectedValue } from '../reasoning/problem.js';
import type { Range } from '../reasoning/span.js';
import { wrongResults } from './exactArithmetic.js';
import type { ScoredDocument } from './scoredDocument.js';
import { placeAt } from './stepAt.js';

/**
 * Quick fixes at a range: an edit where the correct text is certain, else a command that helps. Also offers a review of
 * the step or record there. `text` is the document's, `diagnostics` those of the range.
 */
export function codeActions(document: ScoredDocument, text: string, range: Range, diagnostics: readonly Diagnostic[]): CodeAction[] {
  const own = diagnostics.filter(({ source }) => source === 'StepLens');
  return [
    ...arithmeticFixes(document, text, range, own),
    ...own.flatMap((diagnostic) => [...literalFixes(document, text, diagnostic), ...commandFixes(diagnostic)]),
    ...reviewActions(document, range, own),
  ];
}

/** Corrects wrong calculations in the steps that the range touches. */
function arithmeticFixes(document: ScoredDocument, text: string, range: Range, diagnostics: readonly Diagnostic[]): CodeAction[] {
  const { lines, problems } = document;
  const [from, to] = [lines.offset(range.start), lines.offset(range.end)];
  const spans = new Map<number, number>();
  for (const { steps } of problems)
    for (const { step } of steps) if (step.span.start <= to && step.span.end >= from) spans.set(step.span.start, step.span.end);
  return [...spans].flatMap(([start, end]) =>
    wrongResults(text.slice(start, end)).map(({ start: at, end: until, calculation, right }) => ({
      title: t('Correct the result: {0} = {1}', calculation, right),
      kind: CodeActionKind.QuickFix,
      isPreferred: true,
      diagnostics: diagnostics.filter(({ code }) => code === 'first-low-step' || code === 'later-low-step'),
      edit: edit(document, { start: start + at, end: start + until }, right),
    })),
  );
}

/** Labels and numbers as people and programs write them but no format accepts, with their unambiguous meaning. */
const literals: Readonly<Record<string, string>> = {
  True: 'true',
  False: 'false',
  None: 'null',
  undefined: 'null',
  '"true"': 'true',
  '"True"': 'true',
  '"false"': 'false',
  '"False"': 'false',
  '"null"': 'null',
  '"None"': 'null',
};
const labelSigns: Readonly<Record<string, string>> = {
  '＋': '+',
  '−': '-',
  '–': '-',
  '—': '-',
  '－': '-',
  '➕': '+',
  '➖': '-',
  '++': '+',
  '--': '-',
  plus: '+',
  minus: '-',
  good: '+',
  bad: '-',
  right: '+',
  wrong: '-',
  correct: '+',
  incorrect: '-',
  positive: '+',
  negative: '-',
};

function literalFixes(document: ScoredDocument, text: string, diagnostic: Diagnostic): CodeAction[] {
  const { code, range } = diagnostic;
  if (code !== 'wrong-type' && code !== 'loose-json') return [];
  const span = { start: document.lines.offset(range.start), end: document.lines.offset(range.end) };
  const raw = text.slice(span.start, span.end);
  const fault = document.reasoning.faults.find((one) => one.code === code && one.span.start === span.start && one.span.end === span.end);
  const right = fault?.expected === 'sign' ? signFor(raw) : literalFor(raw, fault?.expected);
  if (right === undefined) return [];
  return [
    {
      title: t('Replace {0} with {1}', raw, right),
      kind: CodeActionKind.QuickFix,
      isPreferred: true,
      diagnostics: [diagnostic],
      edit: edit(document, span, right),
    },
  ];
}

/** Returns the sign, in quotation marks if the file has them. */
function signFor(raw: string): string | undefined {
  const inside = /^"(.*)"$/s.exec(raw)?.[1];
  const sign = labelSigns[(inside ?? raw).trim().toLowerCase()];
  return sign === undefined || inside === undefined ? sign : `"${sign}"`;
}

/** A number in quotation marks is a number where one was expected. */
function literalFor(raw: string, expected: ExpectedValue | undefined): string | undefined {
  const quoted = /^"\s*(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*"$/.exec(raw)?.[1];
  if (quoted !== undefined && expected === 'number') return quoted.replace(/^(-?)0+(?=\d)/, '$1');
  const literal = literals[raw];
  // A literal in quotation marks may be a text, unless true or false was expected.
  return literal === undefined || (raw.startsWith('"') && expected !== 'boolean') ? undefined : literal;
}

/** Offers commands for diagnostics that no edit can fix. */
function commandFixes(diagnostic: Diagnostic): CodeAction[] {
  const command = commandsFor(String(diagnostic.code));
  return command.map((one) => ({ title: one.title, kind: CodeActionKind.QuickFix, diagnostics: [diagnostic], command: one }));
}

function commandsFor(code: string): readonly Command[] {
  switch (code) {
    case 'unknown-record':
    case 'missing-key':
    case 'no-steps':
    case 'invalid-mapping':
      return [{ title: t('Map fields: say which keys have steps and labels…'), command: 'steplens.mapFields' }];
    case 'step-not-scored':
      return [
        { title: t('Choose a model…'), command: 'steplens.selectModel' },
        { title: t('Show log'), command: 'steplens.showLog' },
      ];
    case 'later-low-step':
    case 'no-rollout-succeeded':
      return [
        {
          title: t('Open settings of these marks'),
          command: 'workbench.action.openSettings',
          arguments: ['steplens.diagnostics.laterSteps'],
        },
      ];
    case 'first-low-step':
      return [{ title: t('Set threshold…'), command: 'steplens.setThreshold' }];
    case 'reader-failed':
      return [{ title: t('Show log'), command: 'steplens.showLog' }];
    default:
      return [];
  }
}

/** Marks of steps that a person's label can settle. */
const stepMarks: readonly unknown[] = ['first-low-step', 'later-low-step', 'no-rollout-succeeded', 'step-not-scored'];

/** Offers a review from the step at the start of the range, else of the record. Only files on disk have a label log. */
function reviewActions(document: ScoredDocument, { start }: Range, diagnostics: readonly Diagnostic[]): CodeAction[] {
  const place = document.uri.startsWith('file:') ? placeAt(document, start) : undefined;
  if (!place || place.problem.steps.length === 0) return [];
  const problem = place.problem.problem.index;
  const step = place.step?.step.index;
  const marks = step === undefined ? [] : diagnostics.filter(({ code }) => stepMarks.includes(code));
  const title = step === undefined ? t('Review this record…') : t('Review from this step…');
  const from = { problem, ...(step !== undefined && { step }) };
  return [
    {
      title,
      kind: marks.length > 0 ? CodeActionKind.QuickFix : CodeActionKind.Refactor,
      ...(marks.length > 0 && { diagnostics: [...marks] }),
      command: { title, command: 'steplens.reviewSteps', arguments: [document.uri, null, from] },
    },
  ];
}

function edit(
  document: ScoredDocument,
  span: { readonly start: number; readonly end: number },
  newText: string,
): CodeAction['edit'] & object {
  return { changes: { [document.uri]: [{ range: document.lines.range(span), newText }] } };
}
