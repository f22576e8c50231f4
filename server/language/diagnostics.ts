import { type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver-types';
import { local, localMessage, plural, t } from '../l10n.js';
import type { Fault } from '../reasoning/problem.js';
import type { Range, Span } from '../reasoning/span.js';
import { valueChange } from '../reasoning/stepVerdict.js';
import type { Explanations } from './explanations.js';
import { isLow, type LowScoredStep, type ScoredDocument, type ScoredProblem, type ScoredStep } from './scoredDocument.js';
import { stepPlace } from './stepPlace.js';
import { formatRollouts, formatStepValue, oneLine, sourceNames } from './valueText.js';

/** Maximum rows per file in the Problems panel, which is a list for people and also shows other files. */
export const rowsLimit = 200;
/** Maximum marks per file at a time, including those rows: an editor processes all of them again after every edit. */
export const marksLimit = 400;

/** How marks other than first low steps are reported: dots in the editor, rows in the Problems panel, or not at all. */
export type OtherMarks = 'hint' | 'information' | 'off';

interface Finding {
  readonly code: string;
  readonly severity: DiagnosticSeverity;
  readonly message: string;
  readonly range: Range;
}

export interface Marks {
  readonly listed: readonly Diagnostic[];
  /** Rows of the Problems panel, and how many there would be without a limit. */
  readonly rows: number;
  readonly total: number;
  /** Range of offsets in which no mark is missing; undefined = none is missing anywhere. */
  readonly covered?: Span;
}

/** A mark whose message is not written yet: only a few hundred of thousands of marks are shown. */
interface Mark {
  readonly at: Span;
  readonly isRow: boolean;
  readonly write: () => Finding;
}

/**
 * Marks faults, the first low step of every solution and, depending on `others`, later low steps, steps from which no
 * rollout succeeded, and steps that the model knows but could not score. Rows of the Problems panel come first, the
 * most important ones at the top; rows beyond `rowsLimit` become hints. Beyond `marksLimit`, only hints around `seen`
 * are returned.
 */
export function diagnostics(document: ScoredDocument, explanations: Explanations, others: OtherMarks = 'hint', seen?: Range): Marks {
  const faults = document.reasoning.faults.map(
    (fault): Mark => ({ at: fault.span, isRow: true, write: () => faultFinding(document, fault) }),
  );
  const marks = [...faults, ...firstLowMarks(document), ...(others === 'off' ? [] : otherMarks(document, others))];
  const rows = marks.filter(({ isRow }) => isRow);
  const listedRows = rows.slice(0, rowsLimit);
  const beyond = new Set(rows.slice(rowsLimit));
  const hints = marks.filter((mark) => !mark.isRow || beyond.has(mark)).sort((a, b) => a.at.start - b.at.start);
  const room = marksLimit - listedRows.length;
  const from = hints.length <= room ? 0 : firstHint(hints, room, seen ? document.lines.offset(seen.start) : 0);
  const shown = hints.slice(from, from + room);
  const all = [
    ...listedRows.map(({ write }) => write()),
    ...shown.map((mark) => (beyond.has(mark) ? { ...mark.write(), severity: DiagnosticSeverity.Hint } : mark.write())),
  ];
  const listed = all.map((one) => {
    const href = explanations.href(one.code);
    return { ...one, source: 'StepLens', ...(href !== undefined && { codeDescription: { href } }) };
  });
  const covered = { start: hints[from - 1]?.at.end ?? 0, end: hints[from + room]?.at.start ?? document.lines.text.length };
  return { listed, rows: listedRows.length, total: rows.length, ...(shown.length < hints.length && { covered }) };
}

/** Returns the index of the first of `room` hints, most of which are at or after an offset. */
function firstHint(hints: readonly Mark[], room: number, offset: number): number {
  const next = hints.findIndex(({ at }) => at.end >= offset);
  const wanted = (next < 0 ? hints.length : next) - Math.floor(room / 3);
  return Math.max(0, Math.min(wanted, hints.length - room));
}

function firstLowMarks(document: ScoredDocument): Mark[] {
  return document.problems.flatMap((problem) =>
    problem.steps
      .filter(isLow)
      .filter((step) => step.firstLow)
      .map((step) => ({
        at: step.step.span,
        isRow: true,
        write: () => finding(document, step, 'first-low-step', DiagnosticSeverity.Warning, firstLowMessage(document, problem, step)),
      })),
  );
}

function otherMarks(document: ScoredDocument, others: 'hint' | 'information'): Mark[] {
  const marks: Mark[] = [];
  const severity = others === 'hint' ? DiagnosticSeverity.Hint : DiagnosticSeverity.Information;
  for (const problem of document.problems) {
    for (const step of problem.steps) {
      const add = (code: string, message: () => string): void => {
        const write = (): Finding => finding(document, step, code, severity, message());
        marks.push({ at: step.step.span, isRow: others === 'information', write });
      };
      if (isLow(step) && !step.firstLow)
        add('later-low-step', () => `${t('Low step after the first: {0}.', comparison(document, problem, step))}${rolloutsSentence(step)}`);
      // The message of a low step has the counts already.
      const failed = step.low && hasRollouts(step) ? undefined : failedRollouts(problem, step);
      if (failed) add('no-rollout-succeeded', failed);
      if (step.skipped !== undefined && !step.outOfScope) add('step-not-scored', () => t('Not scored: {0}', local(step.skipped ?? '')));
    }
  }
  return marks;
}

/** The fault of a document whose reader threw. Readers should not throw, so this is an error in StepLens. */
export function readerFailed(error: unknown): Fault {
  const cause = localMessage(error);
  const message = t('StepLens could not read this file: {0}. Please report it, with the file if you can.', cause);
  return { code: 'reader-failed', severity: 'error', message, span: { start: 0, end: 0 } };
}

function faultFinding(document: ScoredDocument, fault: Fault): Finding {
  const severity = fault.severity === 'error' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning;
  return { code: fault.code, severity, message: local(fault.message), range: document.lines.range(fault.span) };
}

/** Maximum number of characters of a step that its message quotes. */
const quotedLength = 80;

/** `Solution 1, step 3 of 6: “That takes 55 / 7 = 7 dollars.” PRM 0.29, before 0.62. Rollouts: 3/16 right [0.07, 0.43].` */
function firstLowMessage(document: ScoredDocument, problem: ScoredProblem, step: LowScoredStep): string {
  const place = stepPlace(document.problems.length, problem, step);
  return `${t('{0}: “{1}” {2}.', place, oneLine(step.step.text, quotedLength), comparison(document, problem, step))}${rolloutsSentence(step)}`;
}

/** `PRM 0.12, before 0.94`; a first step has nothing before it. */
function comparison(document: ScoredDocument, problem: ScoredProblem, { step, values, value, source }: LowScoredStep): string {
  if (source === 'human') return t('A person labeled it wrong');
  const parent = step.parent === undefined ? undefined : problem.steps[step.parent];
  const moved = parent && valueChange(parent.values, values, [source]);
  const now = `${sourceNames[source]} ${formatStepValue(value, document.threshold)}`;
  return moved ? t('{0}, before {1}', now, formatStepValue(value - moved.change)) : now;
}

function rolloutsSentence({ values }: ScoredStep): string {
  const rollouts = values.mc && formatRollouts(values.mc);
  return rollouts === undefined ? '' : ` ${t('Rollouts: {0}.', rollouts)}`;
}

/** Whether the message of a low step has the counts of its rollouts. */
function hasRollouts({ values: { mc } }: ScoredStep): boolean {
  return mc?.correct !== undefined && mc.total !== undefined;
}

/** Explains a value of 0 by rollouts counted in the file or kept at the step's node. Written only when it is shown. */
function failedRollouts({ problem }: ScoredProblem, { step, values: { mc } }: ScoredStep): (() => string) | undefined {
  if (mc?.value !== 0) return undefined;
  const { total } = mc;
  if (total) return () => t('0 of {0} from here reached the right answer.', plural(total, '{0} rollout', '{0} rollouts'));
  const node = step.node === undefined ? undefined : problem.tree?.nodes[step.node];
  if (!node?.rollouts.length || node.steps.at(-1) !== step.index) return undefined;
  const { length } = node.rollouts;
  return () => t('0 of {0} kept from here reached the right answer.', plural(length, '{0} distinct rollout', '{0} distinct rollouts'));
}

function finding(document: ScoredDocument, { step }: ScoredStep, code: string, severity: DiagnosticSeverity, message: string): Finding {
  return { code, severity, message, range: document.lines.range(step.span) };
}
