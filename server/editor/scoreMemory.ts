import type { ProblemScores } from '../language/scoredDocument.js';
import type { Problem } from '../reasoning/problem.js';

interface Remembered {
  readonly score: number;
  readonly skipped?: string;
  readonly isOutOfScope?: boolean;
}

/**
 * Returns the scores of a document's problems after an edit, taken from those before it. Unchanged problems at both
 * ends of the document keep their scores; only those between them are looked up.
 */
export function recallAll(
  before: readonly Problem[],
  scores: readonly (ProblemScores | undefined)[],
  after: readonly Problem[],
): ProblemScores[] {
  const most = Math.min(before.length, after.length);
  const isKept = (one: number, other: number): boolean => scores[one] !== undefined && readsTheSame(before[one], after[other]);
  let head = 0;
  while (head < most && isKept(head, head)) head++;
  let tail = 0;
  while (tail < most - head && isKept(before.length - 1 - tail, after.length - 1 - tail)) tail++;
  const last = before.length - tail;
  const between = before.slice(head, last).map((problem) => ({ problem, scored: scores[problem.index] }));
  const memory = new ScoreMemory(between, scores.find((one) => one?.source)?.source);
  return after.map((problem, at) => {
    const same = at < head ? scores[at] : at >= after.length - tail ? scores[at - after.length + before.length] : undefined;
    return same ?? memory.recall(problem);
  });
}

/** Whether everything that a score depends on is equal. A problem that only moved has the same string objects. */
function readsTheSame(one: Problem | undefined, other: Problem | undefined): boolean {
  if (one === undefined || other === undefined || one === other) return one === other;
  return (
    one.question === other.question &&
    one.rawQuestion === other.rawQuestion &&
    one.answer === other.answer &&
    one.images.join('\0') === other.images.join('\0') &&
    one.steps.length === other.steps.length &&
    one.steps.every(({ parent, text, raw }, at) => {
      const step = other.steps[at];
      return parent === step?.parent && text === step?.text && raw === step?.raw;
    })
  );
}

/**
 * The scores of a document before an edit. A step's score stays valid as long as the question (for a judge also the
 * answer it is given) and every step up to it are unchanged. An unchanged step after a changed one keeps its score as
 * pending, which is shown until the new one arrives.
 */
export class ScoreMemory {
  /** Question and steps as a trie: key = ids of the prefix and of the next text, see `keyOf`, value = id of the longer prefix. */
  readonly #prefixes = new Map<number, number>();
  /** Ids of texts. Looking up an unedited text is cheap: it is the same string object, whose hash is already known. */
  readonly #texts = new Map<string, number>();
  readonly #exact = new Map<number, Remembered>();
  readonly #byText: Map<string, number>[] = [];
  readonly #source: ProblemScores['source'];

  /** `source`: the same for all, because one model scored them; problems that still wait do not have it. */
  constructor(
    before: readonly { readonly problem: Problem; readonly scored: ProblemScores | undefined }[],
    source: ProblemScores['source'] = before.find(({ scored }) => scored?.source)?.scored?.source,
  ) {
    this.#source = source;
    for (const { problem, scored } of before) {
      if (!scored) continue;
      const texts = new Map<string, number>();
      this.#byText[problem.index] = texts;
      const ids: number[] = [];
      const root = this.#add(0, this.#rootText(problem));
      for (const step of problem.steps) {
        const id = this.#add(step.parent === undefined ? root : (ids[step.parent] ?? root), step.raw ?? step.text);
        ids.push(id);
        const score = scored.scores[step.index] ?? NaN;
        if (!Number.isNaN(score)) texts.set(step.text, score);
        if (scored.pending?.has(step.index)) continue;
        const skipped = scored.skipped.get(step.index);
        const isOutOfScope = scored.outOfScope?.has(step.index) ?? false;
        this.#exact.set(id, { score, ...(skipped !== undefined && { skipped, isOutOfScope }) });
      }
    }
  }

  recall(problem: Problem): ProblemScores {
    const scores = new Float64Array(problem.steps.length).fill(NaN);
    const skipped = new Map<number, string>();
    const outOfScope = new Set<number>();
    const pending = new Set<number>();
    const ids: (number | undefined)[] = [];
    const root = this.#find(0, this.#rootText(problem));
    for (const step of problem.steps) {
      const prefix = step.parent === undefined ? root : ids[step.parent];
      const id = prefix === undefined ? undefined : this.#find(prefix, step.raw ?? step.text);
      ids.push(id);
      const known = id === undefined ? undefined : this.#exact.get(id);
      if (known) {
        scores[step.index] = known.score;
        if (known.skipped !== undefined) skipped.set(step.index, known.skipped);
        if (known.isOutOfScope) outOfScope.add(step.index);
      } else {
        pending.add(step.index);
        scores[step.index] = this.#byText[problem.index]?.get(step.text) ?? NaN;
      }
    }
    return { scores, skipped, outOfScope, pending, ...(this.#source && { source: this.#source }) };
  }

  /** Returns the id of a prefix followed by a text, and adds it if it is new; 0 is the empty prefix. */
  #add(prefix: number, text: string): number {
    let textId = this.#texts.get(text);
    if (textId === undefined) this.#texts.set(text, (textId = this.#texts.size));
    const key = keyOf(prefix, textId);
    const known = this.#prefixes.get(key);
    if (known !== undefined) return known;
    const id = this.#prefixes.size + 1;
    this.#prefixes.set(key, id);
    return id;
  }

  #find(prefix: number, text: string): number | undefined {
    const textId = this.#texts.get(text);
    return textId === undefined ? undefined : this.#prefixes.get(keyOf(prefix, textId));
  }

  #rootText({ question, rawQuestion = question, answer, images }: Problem): string {
    return ['question', rawQuestion, ...images, ...(this.#source === 'judge' ? ['answer', answer ?? ''] : [])].join('\0');
  }
}

/** More than the number of steps that a text in the editor can have. */
const mostTexts = 2 ** 26;

/** Combines both ids into one number, which is exact because both are below `mostTexts`. */
function keyOf(prefix: number, text: number): number {
  return prefix * mostTexts + text;
}
