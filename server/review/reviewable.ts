import type { Problem, Step } from '../reasoning/problem.js';
import type { StepValues } from '../reasoning/stepValue.js';
import { valueOf } from '../reasoning/stepVerdict.js';
import type { StepLabel } from './labelRecord.js';
import type { StepEvidence } from './posterior.js';
import { stepKeys } from './stepKeys.js';

/** A problem whose steps can be judged, with everything known about them. */
export interface ReviewableProblem {
  readonly uri: string;
  readonly problem: Problem;
  /** In the order of `problem.steps`: the file's values, people's labels and the live model's scores. */
  readonly steps: readonly ReviewableStep[];
}

export interface ReviewableStep {
  readonly step: Step;
  readonly values: StepValues;
  /** Whether the step is low and no step before it is. */
  readonly firstLow: boolean;
  /** Current labels, one per person. */
  readonly labels: readonly StepLabel[];
}

/** Every step once: a step that several solutions share, after the same steps, counts once. */
export function distinctSteps(
  problems: readonly ReviewableProblem[],
): { readonly problem: ReviewableProblem; readonly step: ReviewableStep }[] {
  const seen = new Set<string>();
  return problems.flatMap((problem) => {
    const { steps: keys } = stepKeys(problem.problem);
    return problem.steps.flatMap((step, at) => {
      const key = keys[at] ?? '';
      if (seen.has(key)) return [];
      seen.add(key);
      return [{ problem, step }];
    });
  });
}

/** Name under which a human label of the data file itself counts as a reviewer. */
export const fileReviewer = 'data file';

/** The evidence on a step by source. Values that were assumed, or already cut to 0 or 1, do not count as rollouts. */
export function evidenceOf({ step, values, labels }: ReviewableStep): StepEvidence {
  const people = labels.flatMap(({ by, value }) => (typeof value === 'number' ? [{ by, value }] : []));
  if (labels.length === 0 && step.values.human !== undefined) people.push({ by: fileReviewer, value: step.values.human });
  const { mc } = values;
  const counts =
    mc && !mc.assumed && mc.correct !== undefined && mc.total !== undefined ? { correct: mc.correct, total: mc.total } : undefined;
  const prm = valueOf(values, 'prm') ?? valueOf(values, 'recordedPrm');
  const judge = valueOf(values, 'judge');
  return { people, ...(counts && { mc: counts }), ...(prm !== undefined && { prm }), ...(judge !== undefined && { judge }) };
}
