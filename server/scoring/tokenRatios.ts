import type { ReadValues } from '../inference/protocol.js';
import { itemAt, mustGet } from '../reasoning/present.js';

/**
 * Sums the log-probabilities of every node's tokens in a model minus those in its reference, as they arrive. The model
 * runs first, so a node is complete when the reference has returned the value of its last token.
 */
export class TokenRatios {
  readonly #nodes: readonly number[];
  readonly #sums = new Map<number, number>();
  /** Number of missing values, by node. */
  readonly #missing = new Map<number, number>();

  /** @param nodes Node of every read. */
  constructor(nodes: readonly number[]) {
    this.#nodes = nodes;
    for (const node of nodes) this.#missing.set(node, (this.#missing.get(node) ?? 0) + 2);
  }

  /**
   * @param sign 1 for values of the model, -1 for those of its reference.
   * @returns The nodes that are complete now, with their sums in nats.
   */
  add({ first, values }: ReadValues, sign: 1 | -1): readonly (readonly [node: number, sum: number])[] {
    return [...values].flatMap((value, i) => {
      const node = itemAt(this.#nodes, first + i);
      const sum = (this.#sums.get(node) ?? 0) + sign * value;
      const missing = mustGet(this.#missing, node) - 1;
      this.#sums.set(node, sum);
      this.#missing.set(node, missing);
      return missing === 0 ? [[node, sum] as const] : [];
    });
  }
}
