import { type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver-types';
import type { Fault } from '../reasoning/problem.js';
import type { Range } from '../reasoning/span.js';
import { valueChange } from '../reasoning/stepVerdict.js';
import type { Explanations } from './explanations.js';
import type { ScoredDocument, ScoredProblem, ScoredStep } from './scoredDocument.js';
import { count } from './solutionValues.js';
import { stepPlace } from './stepPlace.js';
import { firstWords, formatRollouts, formatValue, sourceNames } from './valueText.js';

/** Diagnostics of one document beyond these are counted, not listed. */
export const diagnosticsLimit = 1000;

/** How what is not a first low step is reported: dots in the editor, a row in the Problems panel, or not at all. */
export type OtherMarks = 'hint' | 'information' | 'off';

interface Finding {
  readonly code: string;
  readonly severity: DiagnosticSeverity;
  readonly message: string;
  readonly range: Range;
}

export interface Marks {
  readonly listed: readonly Diagnostic[];
  /** With those beyond the limit. */
  readonly total: number;
}

/**
 * What could not be read, the first low step of every solution, and by `others` the later low steps, the steps no rollout succeeded
 * from, and the steps a model that knows them could not score. What matters most survives the limit.
 */
export function diagnostics(document: ScoredDocument, explanations: Explanations, others: OtherMarks = 'hint'): Marks {
  const all = [...document.reasoning.faults.map((fault) => faultFinding(document, fault)), ...firstLowFindings(document)];
  if (others !== 'off')
    for (const one of otherFindings(document, others === 'hint' ? DiagnosticSeverity.Hint : DiagnosticSeverity.Information)) all.push(one);
  const listed = all.slice(0, diagnosticsLimit).map((one) => {
    const href = explanations.href(one.code);
    return { ...one, source: 'StepLens', ...(href !== undefined && { codeDescription: { href } }) };
  });
  return { listed, total: all.length };
}

function firstLowFindings(document: ScoredDocument): Finding[] {
  return document.problems.flatMap((problem) =>
    problem.steps
      .filter((step) => step.firstLow)
      .map((step) => finding(document, step, 'first-low-step', DiagnosticSeverity.Warning, firstLowMessage(document, problem, step))),
  );
}

function otherFindings(document: ScoredDocument, severity: DiagnosticSeverity): Finding[] {
  const found: Finding[] = [];
  for (const problem of document.problems) {
    for (const step of problem.steps) {
      if (step.low && !step.firstLow) {
        const message = `Low step after the first: ${comparison(document, problem, step)}.${rolloutsSentence(step)}`;
        found.push(finding(document, step, 'later-low-step', severity, message));
      }
      const failed = failedRollouts(problem, step);
      if (failed !== undefined) found.push(finding(document, step, 'no-rollout-succeeded', severity, failed));
      if (step.skipped !== undefined && !step.outOfScope)
        found.push(finding(document, step, 'step-not-scored', severity, `Not scored: ${step.skipped}`));
    }
  }
  return found;
}

/** The fault of a document whose reader threw: readers do not, so this is an error of StepLens. */
export function readerFailed(error: unknown): Fault {
  const cause = error instanceof Error ? error.message : String(error);
  const message = `StepLens could not read this file: ${cause}. Please report it, with the file if you can.`;
  return { code: 'reader-failed', severity: 'error', message, span: { start: 0, end: 0 } };
}

function faultFinding(document: ScoredDocument, fault: Fault): Finding {
  const severity = fault.severity === 'error' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning;
  return { code: fault.code, severity, message: fault.message, range: document.lines.range(fault.span) };
}

/** Characters of a step that its message quotes. */
const quotedLength = 80;

/** `Solution 1, step 3 of 6: “That takes 55 / 7 = 7 dollars.” PRM 0.29, before 0.62. Rollouts: 3/16 right [0.07, 0.43].` */
function firstLowMessage(document: ScoredDocument, problem: ScoredProblem, step: ScoredStep): string {
  const place = stepPlace(document.problems.length, problem, step);
  return `${place}: “${firstWords(step.step.text, quotedLength)}” ${comparison(document, problem, step)}.${rolloutsSentence(step)}`;
}

/** `PRM 0.12, before 0.94`; a first step has nothing before it. */
function comparison(document: ScoredDocument, problem: ScoredProblem, { step, values, value, source }: ScoredStep): string {
  if (source === 'human') return 'A person labeled it wrong';
  const parent = step.parent === undefined ? undefined : problem.steps[step.parent];
  const moved = parent && valueChange(parent.values, values, [source!]);
  const before = moved ? `, before ${formatValue(value! - moved.change)}` : '';
  return `${sourceNames[source!]} ${formatValue(value!, document.threshold)}${before}`;
}

function rolloutsSentence({ values }: ScoredStep): string {
  const rollouts = values.mc && formatRollouts(values.mc);
  return rollouts === undefined ? '' : ` Rollouts: ${rollouts}.`;
}

/** Why a value of 0 is known from rollouts: counted in the file, or kept at the step's node. */
function failedRollouts({ problem }: ScoredProblem, { step, values: { mc } }: ScoredStep): string | undefined {
  if (mc?.value !== 0) return undefined;
  if (mc.total) return `0 of ${count(mc.total, 'rollout')} from here reached the right answer.`;
  const node = step.node === undefined ? undefined : problem.tree?.nodes[step.node];
  if (!node?.rollouts.length || node.steps.at(-1) !== step.index) return undefined;
  return `0 of ${count(node.rollouts.length, 'distinct rollout')} kept from here reached the right answer.`;
}

function finding(document: ScoredDocument, { step }: ScoredStep, code: string, severity: DiagnosticSeverity, message: string): Finding {
  return { code, severity, message, range: document.lines.range(step.span) };
}
