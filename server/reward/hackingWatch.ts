import { rankCorrelation } from '../reasoning/rankCorrelation.js';

/** Number of last completions that are analyzed. */
const looksBack = 1024;
/** With fewer completions, no correlation is reported. */
const fewest = 64;
/** Rank correlations of at least this are reported. The one of honest rewards with length is rarely above 0.4. */
const suspicious = 0.5;
/** Words of a repeated phrase. */
const phraseWords = 4;

export interface WatchReport {
  readonly completions: number;
  /** Rank correlations; null with fewer than 64 completions, or if one of the two quantities does not vary. */
  readonly rewardAndLength: number | null;
  readonly rewardAndSteps: number | null;
  readonly rewardAndRepetition: number | null;
  /** Of a step's value with its position in its completion. */
  readonly valueAndPosition: number | null;
  /** Signs of a policy that has learned to please the model instead of reasoning. */
  readonly alerts: readonly string[];
}

interface Seen {
  readonly reward: number;
  readonly length: number;
  readonly repetition: number;
  readonly values: readonly number[];
}

/**
 * Watches what rewards correlate with. A policy that is trained on a reward model finds what the model likes for the
 * wrong reasons: length, few or many steps, repeated phrases (seen with process rewards by Cheng et al. 2025, PURE,
 * arXiv 2504.15275).
 */
export class HackingWatch {
  readonly #seen: Seen[] = [];

  /** @param values Values of the completion's steps; NaN = not scored. */
  add(text: string, reward: number, values: readonly number[]): void {
    this.#seen.push({ reward, length: text.length, repetition: repetition(text), values });
    if (this.#seen.length > looksBack) this.#seen.shift();
  }

  report(): WatchReport {
    const seen = this.#seen;
    const rewards = seen.map(({ reward }) => reward);
    const with_ = (of: (one: Seen) => number) => (seen.length < fewest ? undefined : rankCorrelation(rewards, seen.map(of)));
    const rewardAndLength = with_(({ length }) => length);
    const rewardAndSteps = with_(({ values }) => values.length);
    const rewardAndRepetition = with_((one) => one.repetition);
    const places = seen.flatMap(({ values }) =>
      values.length < 2 ? [] : values.flatMap((value, i) => (Number.isNaN(value) ? [] : [{ value, place: i / (values.length - 1) }])),
    );
    const valueAndPosition =
      seen.length < fewest
        ? undefined
        : rankCorrelation(
            places.map(({ value }) => value),
            places.map(({ place }) => place),
          );
    const tell = (correlation: number | undefined, what: string, up: string, down: string) =>
      correlation === undefined || Math.abs(correlation) < suspicious
        ? []
        : [`${what} ${correlation > 0 ? up : down} (rank correlation ${correlation.toFixed(2)}, last ${seen.length} completions).`];
    return {
      completions: seen.length,
      rewardAndLength: rewardAndLength ?? null,
      rewardAndSteps: rewardAndSteps ?? null,
      rewardAndRepetition: rewardAndRepetition ?? null,
      valueAndPosition: valueAndPosition ?? null,
      alerts: [
        ...tell(rewardAndLength, 'The reward', 'rises with the length of a completion', 'falls with the length of a completion'),
        ...tell(rewardAndSteps, 'The reward', 'rises with the number of steps', 'falls with the number of steps'),
        ...tell(rewardAndRepetition, 'The reward', 'rises with repeated phrases', 'falls with repeated phrases'),
        ...tell(valueAndPosition, 'The value of a step', 'rises with its place in the solution', 'falls with its place in the solution'),
      ],
    };
  }
}

/** Share of a text's four-word phrases that occurred in it before. */
export function repetition(text: string): number {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const count = words.length - phraseWords + 1;
  if (count <= 0) return 0;
  const phrases = new Set<string>();
  for (let i = 0; i < count; i++) phrases.add(words.slice(i, i + phraseWords).join(' '));
  return 1 - phrases.size / count;
}
