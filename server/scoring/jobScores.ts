import { english } from '../l10n.js';
import { itemAt } from '../reasoning/present.js';
import type { PrefixTrie } from './prefixTrie.js';
import type { ScoreResult } from './scorer.js';

/** The scores of one job while it runs: first the cached ones, then new ones as they arrive. */
export class JobScores {
  /** One per step, in [0, 1]; NaN = none. */
  readonly scores: Float64Array;
  readonly skipped = new Map<number, string>();
  /** Scores that the cache does not have yet, by the key of their prefix. */
  readonly fresh = new Map<string, number>();
  /** Steps whose score came from the cache. */
  readonly cached: number;
  readonly #trie: PrefixTrie;
  readonly #settled = new Set<number>();
  /** Steps that are finished. */
  #done = 0;

  /** @param known Scores of the cache, by the key of their prefix. */
  constructor(trie: PrefixTrie, known: ReadonlyMap<string, number>, steps: number) {
    this.#trie = trie;
    this.scores = new Float64Array(steps).fill(NaN);
    trie.nodes.forEach(({ key }, node) => {
      const value = known.get(key);
      if (value !== undefined) this.#set(node, value);
    });
    this.cached = this.#done;
  }

  /** Finished steps. */
  get done(): number {
    return this.#done;
  }

  get isComplete(): boolean {
    return this.#done === this.scores.length;
  }

  isWanted(node: number): boolean {
    return !this.#settled.has(node);
  }

  /** @param score In [0, 1], or the reason why there is none. NaN also counts as none. */
  settle(node: number, score: number | { readonly skipped: string }): void {
    const reason = typeof score !== 'number' ? score.skipped : Number.isNaN(score) ? english('The model gave no number here.') : undefined;
    if (reason === undefined) this.fresh.set(itemAt(this.#trie.nodes, node).key, score as number);
    this.#set(node, reason ?? (score as number));
  }

  result(tokens: number): ScoreResult {
    return { scores: this.scores, skipped: this.skipped, cached: this.cached, tokens };
  }

  #set(node: number, outcome: number | string): void {
    const { steps } = itemAt(this.#trie.nodes, node);
    for (const step of steps) {
      if (typeof outcome === 'number') this.scores[step] = outcome;
      else this.skipped.set(step, outcome);
    }
    if (!this.#settled.has(node)) this.#done += steps.length;
    this.#settled.add(node);
  }
}
