import type { InputFile } from '../files/inputFiles.js';
import type { DeviceInfo } from '../inference/deviceInfo.js';
import type { ScoredProblem } from '../language/scoredDocument.js';
import { aggregatesOf, solutionValues } from '../language/solutionValues.js';
import type { Solution } from '../reasoning/problem.js';
import type { Range } from '../reasoning/span.js';
import type { StepValues } from '../reasoning/stepValue.js';
import type { ScorerInfo } from '../scoring/scorer.js';

/** One line of `steplens score --json`: a public contract, `media/schemas/score.schema.json`. */
export interface ScoreLine {
  readonly file: string;
  /** Zero-based line where the solution begins. */
  readonly line: number;
  /** Positions from 0: the problem in the file, the solution in the problem. */
  readonly problem: number;
  readonly solution: number;
  readonly steps: readonly {
    readonly text: string;
    readonly range: Range;
    readonly values: StepValues;
    /** Why the model gave no score. */
    readonly skipped?: string;
  }[];
  /** Over the model's scores; when it has none, over the first source that has values. null = no value is known. */
  readonly aggregate: { readonly min: number; readonly mean: number; readonly last: number; readonly product: number } | null;
  /** Position of the first low step; null = none is low. */
  readonly firstLow: number | null;
  readonly threshold: number;
  readonly model: string;
  readonly device: DeviceInfo;
}

export function scoreLine(input: InputFile, problem: ScoredProblem, solution: Solution, threshold: number, info: ScorerInfo): ScoreLine {
  const { steps } = solutionValues(problem, solution);
  const aggregates = aggregatesOf(steps.map((step) => step.values));
  const firstLow = steps.findIndex((step) => step.low);
  return {
    file: input.file,
    line: input.lines.position(solution.span.start).line,
    problem: problem.problem.index,
    solution: solution.index,
    steps: steps.map(({ step, values, skipped }) => ({
      text: step.text,
      range: input.lines.range(step.span),
      values,
      ...(skipped !== undefined && { skipped }),
    })),
    aggregate: aggregates ? { min: aggregates.min, mean: aggregates.mean, last: aggregates.last, product: aggregates.product } : null,
    firstLow: firstLow < 0 ? null : firstLow,
    threshold,
    model: info.model,
    device: info.device,
  };
}
