import { itemAt } from '../../../server/reasoning/present.js';
import type { Random } from '../../../server/reasoning/random.js';

/** Draws from a source of uniform numbers. */
export class Draw {
  constructor(readonly random: Random) {}

  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.random() * (high - low + 1));
  }

  /** @throws without an item */
  pick<T>(items: readonly T[]): T {
    return itemAt(items, this.#place(items));
  }

  /** Undefined without an item. Always draws a number, so that later draws do not depend on the number of items. */
  pickAny<T>(items: readonly T[]): T | undefined {
    return items[this.#place(items)];
  }

  #place(items: readonly unknown[]): number {
    return Math.floor(this.random() * items.length);
  }

  /** `count` different items in random order. */
  several<T>(items: readonly T[], count: number): T[] {
    const left = [...items];
    return Array.from({ length: Math.min(count, left.length) }, () => itemAt(left.splice(Math.floor(this.random() * left.length), 1), 0));
  }

  /** `count` different whole numbers from `low` to `high`. */
  distinct(low: number, high: number, count: number): number[] {
    const found = new Set<number>();
    while (found.size < count) found.add(this.whole(low, high));
    return [...found];
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }
}
