import type { Exclusion, TrainingSample } from '../selection.js';

/** An additional rule that selects samples: one file in this folder and one line in `registry.ts`. */
export interface SampleChoice {
  /** Name on the command line. */
  readonly id: string;
  readonly title: string;
  /** Meaning of the number after `ID:`, and its default; absent if the rule takes no number. */
  readonly parameter?: { readonly meaning: string; readonly usual: number };
  /** Returns why a single sample is left out. `share`: share of the problem's solutions that are right, if known. */
  exclude?(sample: TrainingSample, parameter: number, share: number | undefined): Exclusion | undefined;
  /**
   * Returns a score. Samples are ranked by it over the whole export, and the highest share `parameter` of them is
   * taken.
   */
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
