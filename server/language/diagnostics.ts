import { type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver-types';
import type { Fault } from '../reasoning/problem.js';
import type { Range } from '../reasoning/span.js';
import { valueChange } from '../reasoning/stepVerdict.js';
import type { Explanations } from './explanations.js';
import type { ScoredDocument, ScoredProblem, ScoredStep } from './scoredDocument.js';
import { count } from './solutionValues.js';
import { formatChange, formatRollouts, formatValue, sourceNames } from './valueText.js';

/** Diagnostics of one document beyond these are counted, not listed. */
export const diagnosticsLimit = 1000;

interface Finding {
  readonly code: string;
  readonly severity: DiagnosticSeverity;
  readonly message: string;
  readonly range: Range;
}

/** What could not be read, the low steps, the steps no rollout succeeded from, and the steps a model that knows them could not score. What matters most survives the limit. */
export function diagnostics(document: ScoredDocument, explanations: Explanations): Diagnostic[] {
  const faults = document.reasoning.faults.map((fault) => faultFinding(document, fault));
  const firstLow: Finding[] = [];
  const others: Finding[] = [];
  for (const problem of document.problems) {
    for (const step of problem.steps) {
      if (step.firstLow) firstLow.push(lowFinding(document, problem, step));
      else if (step.low) others.push(lowFinding(document, problem, step));
      const failed = failedRollouts(problem, step);
      if (failed !== undefined) others.push(finding(document, step, 'no-rollout-succeeded', DiagnosticSeverity.Information, failed));
      if (step.skipped !== undefined && !step.outOfScope) {
        others.push(finding(document, step, 'step-not-scored', DiagnosticSeverity.Information, `Not scored: ${step.skipped}`));
      }
    }
  }
  const all = [...faults, ...firstLow, ...others];
  const listed = all.slice(0, diagnosticsLimit);
  if (all.length > listed.length) {
    const start = { line: 0, character: 0 };
    listed.push({
      code: 'more-diagnostics',
      severity: DiagnosticSeverity.Information,
      message: `${count(all.length - listed.length, 'more finding')} of this file ${all.length - listed.length === 1 ? 'is' : 'are'} not listed. \`steplens score\` prints every step.`,
      range: { start, end: start },
    });
  }
  return listed.map((one) => {
    const href = explanations.href(one.code);
    return { ...one, source: 'StepLens', ...(href !== undefined && { codeDescription: { href } }) };
  });
}

/** The fault of a document whose reader threw: readers do not, so this is ours to mend. */
export function readerFailed(error: unknown): Fault {
  const cause = error instanceof Error ? error.message : String(error);
  const message = `StepLens could not read this file: ${cause}. Please report it, with the file if you can.`;
  return { code: 'reader-failed', severity: 'error', message, span: { start: 0, end: 0 } };
}

function faultFinding(document: ScoredDocument, fault: Fault): Finding {
  const severity = fault.severity === 'error' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning;
  return { code: fault.code, severity, message: fault.message, range: document.lines.range(fault.span) };
}

function lowFinding(document: ScoredDocument, problem: ScoredProblem, step: ScoredStep): Finding {
  const lead = step.firstLow ? 'First low step' : 'Low step after the first';
  const message = `${lead}: ${comparison(document, problem, step)}.${rolloutsSentence(step)}`;
  return step.firstLow
    ? finding(document, step, 'first-low-step', DiagnosticSeverity.Warning, message)
    : finding(document, step, 'later-low-step', DiagnosticSeverity.Information, message);
}

/** `PRM 0.12 < 0.50 (previous step 0.94, -0.82)`. */
function comparison(document: ScoredDocument, problem: ScoredProblem, { step, values, value, source }: ScoredStep): string {
  if (source === 'human') return 'a person labelled it wrong';
  const { threshold } = document;
  const parent = step.parent === undefined ? undefined : problem.steps[step.parent];
  const moved = parent && valueChange(parent.values, values, [source!]);
  const before = moved ? ` (previous step ${formatValue(value! - moved.change)}, ${formatChange(moved.change)})` : '';
  return `${sourceNames[source!]} ${formatValue(value!, threshold)} < ${formatValue(threshold)}${before}`;
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
