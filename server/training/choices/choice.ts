import type { Exclusion, TrainingSample } from '../selection.js';

/** A further rule for which samples are taken. One file of this folder and one line in `registry.ts`. */
export interface SampleChoice {
  /** For the command line. */
  readonly id: string;
  readonly title: string;
  /** What the number behind `ID:` means, and its value without one; absent where there is none. */
  readonly parameter?: { readonly meaning: string; readonly usual: number };
  /** Why a sample is left out, by itself. `share`: of the problem's solutions that are right, where it is known. */
  exclude?(sample: TrainingSample, parameter: number, share: number | undefined): Exclusion | undefined;
  /** Samples are ranked by it over the whole export, and the share `parameter` with the highest is taken. */
  score?(sample: TrainingSample, parameter: number): number;
}

/** A rule with its parameter. */
export interface ChosenRule {
  readonly choice: SampleChoice;
  readonly parameter: number;
}

/** A rule that ranks samples. */
export interface RankingRule extends ChosenRule {
  readonly choice: SampleChoice & Required<Pick<SampleChoice, 'score'>>;
}

export function ranks(rule: ChosenRule): rule is RankingRule {
  return rule.choice.score !== undefined;
}
