import { LabelError } from './labelError.js';
import type { ProblemToLabel, RunEvent } from './runEvents.js';

/** Number of judged rollouts from which on the share of undecided ones is checked. */
const FEWEST = 32;
const EXAMPLES = 3;
const LONGEST = 100;

/** Share of undecided rollouts that stops a run, unless the caller sets another. */
export const defaultMostUndecided = 0.5;

/**
 * Watches how many rollouts of a run are undecided. Labels of the others are biased toward the answers that are easy to
 * read, so a run with too many undecided rollouts is stopped.
 */
export class UndecidedWatch {
  readonly #most: number;
  readonly #examples: string[] = [];
  #judged = 0;
  #undecided = 0;

  /** `most`: largest share of undecided among the judged rollouts, in [0, 1]. */
  constructor(most: number = defaultMostUndecided) {
    this.#most = most;
  }

  /** Counts a batch. Returns the error that must end the run, with examples, when too many rollouts are undecided. */
  add({ id, answer: reference }: ProblemToLabel, event: RunEvent): LabelError | undefined {
    if (event.event !== 'rollouts') return undefined;
    for (const rollout of event.rollouts) {
      if (!('failure' in rollout)) {
        this.#judged++;
        if (rollout.verdict !== 'undecided') continue;
        this.#undecided++;
        const { answer, steps, reason, judgeFailure } = rollout;
        const wrote = answer === undefined ? `no final answer in "${shortened(steps.at(-1) ?? '')}"` : `"${shortened(answer)}"`;
        const example = `${id}: ${wrote} against "${shortened(reference)}"${because(reason, judgeFailure)}`;
        if (this.#examples.length < EXAMPLES && !this.#examples.includes(example)) this.#examples.push(example);
      }
    }
    const share = this.#undecided / this.#judged;
    if (this.#judged < FEWEST || share <= this.#most) return undefined;
    return new LabelError(
      `${this.#undecided} of ${this.#judged} judged rollouts are undecided (${Math.round(share * 100)} %, more than ${Math.round(this.#most * 100)} %), so the labels would be biased. ` +
        `Examples: ${this.#examples.join('; ')}. Name a judge (--judge URL --judge-model NAME), ask for a plain final answer, or raise --max-undecided; finished problems are kept.`,
    );
  }
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST ? `…${line.slice(-LONGEST)}` : line;
}

function because(reason: string | undefined, judgeFailure: string | undefined): string {
  if (judgeFailure !== undefined) return ` (judge: ${judgeFailure})`;
  return reason === undefined ? '' : ` (verifier: ${reason})`;
}
