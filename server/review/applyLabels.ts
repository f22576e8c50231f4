import type { Problem, ReasoningDocument } from '../reasoning/problem.js';
import type { StepLabel } from './labelRecord.js';
import { type StepKeys, stepKeys } from './stepKeys.js';

/** A label whose text is no longer in the document. */
export interface StaleLabel {
  readonly label: StepLabel;
  /** The step that is now at the place of the judged one, in the same problem; absent when there is none. */
  readonly place?: { readonly problem: number; readonly step: number };
}

/** A document with the labels that people gave its steps. */
export interface LabeledDocument {
  /** The document with people's verdicts as `values.human`. */
  readonly document: ReasoningDocument;
  /** By problem: people's verdicts, by step. */
  readonly verdicts: readonly (ReadonlyMap<number, -1 | 0 | 1> | undefined)[];
  /** By problem and step of the document: the current labels, one per person. */
  readonly labels: readonly (ReadonlyMap<number, readonly StepLabel[]> | undefined)[];
  readonly stale: readonly StaleLabel[];
}

/**
 * Joins a document with current labels (`currentLabels`). A label applies to every step with its content key, so that a copy
 * of a solution elsewhere in the file has it too.
 */
export function applyLabels(document: ReasoningDocument, current: readonly StepLabel[]): LabeledDocument {
  if (current.length === 0) return { document, verdicts: [], labels: [], stale: [] };
  const byStep = new Map<string, StepLabel[]>();
  for (const label of current) byStep.set(label.step, [...(byStep.get(label.step) ?? []), label]);
  const keys = document.problems.map(stepKeys);
  const found = new Set<string>();
  const labels: (ReadonlyMap<number, readonly StepLabel[]> | undefined)[] = [];
  const verdicts: (ReadonlyMap<number, -1 | 0 | 1> | undefined)[] = [];
  const problems = document.problems.map((problem, at) => {
    const own = labelsOf(keys[at], byStep);
    labels.push(own.size > 0 ? own : undefined);
    for (const list of own.values()) for (const { step } of list) found.add(step);
    const said = verdictsOf(own);
    verdicts.push(said.size > 0 ? said : undefined);
    return said.size > 0 ? withHuman(problem, said) : problem;
  });
  const stale = current.filter(({ step }) => !found.has(step)).map((label) => staleLabel(label, document, keys));
  return { document: { ...document, problems }, verdicts, labels, stale };
}

function labelsOf(
  keys: StepKeys | undefined,
  byStep: ReadonlyMap<string, readonly StepLabel[]>,
): ReadonlyMap<number, readonly StepLabel[]> {
  const own = new Map<number, readonly StepLabel[]>();
  for (const [step, key] of (keys?.steps ?? []).entries()) {
    const list = byStep.get(key);
    if (list) own.set(step, list);
  }
  return own;
}

function verdictsOf(labels: ReadonlyMap<number, readonly StepLabel[]>): ReadonlyMap<number, -1 | 0 | 1> {
  const verdicts = new Map<number, -1 | 0 | 1>();
  for (const [step, list] of labels) {
    const verdict = humanVerdict(list);
    if (verdict !== undefined) verdicts.set(step, verdict);
  }
  return verdicts;
}

function withHuman(problem: Problem, verdicts: ReadonlyMap<number, -1 | 0 | 1>): Problem {
  const steps = problem.steps.map((step) => {
    const human = verdicts.get(step.index);
    return human === undefined ? step : { ...step, values: { ...step.values, human } };
  });
  return { ...problem, steps };
}

/**
 * The verdict of several people on one step: the value with the most votes, without unsure and skipped ones; undefined
 * when nobody judged the step or two values have equally many votes.
 */
export function humanVerdict(labels: readonly StepLabel[]): -1 | 0 | 1 | undefined {
  const votes = new Map<-1 | 0 | 1, number>();
  for (const { value } of labels) if (typeof value === 'number') votes.set(value, (votes.get(value) ?? 0) + 1);
  const [first, second] = [...votes].sort(([, a], [, b]) => b - a);
  return first && first[1] !== second?.[1] ? first[0] : undefined;
}

function staleLabel(label: StepLabel, { problems }: ReasoningDocument, keys: readonly StepKeys[]): StaleLabel {
  const { problem, step } = label.place;
  const isThere = keys[problem]?.problem === label.problem && problems[problem]?.steps[step] !== undefined;
  return { label, ...(isThere && { place: { problem, step } }) };
}
