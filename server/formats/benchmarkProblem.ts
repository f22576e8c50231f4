import type { Problem } from '../reasoning/problem.js';
import type { ProblemDraft } from './problemDraft.js';
import type { Slice } from './slices.js';
import type { LabeledStep } from './stepLabels.js';

export interface BenchmarkFacts {
  /** Id of the JSON list of the steps. */
  readonly list: number | undefined;
  readonly source?: string | undefined;
  readonly model?: string | undefined;
  readonly id?: string | undefined;
  readonly correct?: boolean | undefined;
}

/** A record of a process benchmark: a problem with one judged solution. */
export function benchmarkProblem(
  draft: ProblemDraft,
  record: number,
  index: number,
  question: Slice | undefined,
  steps: readonly (LabeledStep | undefined)[],
  facts: BenchmarkFacts,
): Problem {
  const { list, source, model, id, correct } = facts;
  const known = steps.filter((step) => step !== undefined);
  if (list !== undefined && known.length > 0) draft.addSolution(known, draft.reader.json.span(list), correct);
  const problem = draft.finish(record, index, question);
  return {
    ...problem,
    ...(id !== undefined && { id }),
    ...(source !== undefined && { source }),
    solutions: problem.solutions.map((solution) => ({ ...solution, ...(model !== undefined && { model }) })),
  };
}
