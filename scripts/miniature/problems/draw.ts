import type { Random } from '../../../server/reasoning/random.js';

/** Draws from a source of uniform numbers. */
export class Draw {
  constructor(readonly random: Random) {}

  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.random() * (high - low + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)]!;
  }

  /** `count` different items in random order. */
  several<T>(items: readonly T[], count: number): T[] {
    const left = [...items];
    return Array.from({ length: Math.min(count, left.length) }, () => left.splice(Math.floor(this.random() * left.length), 1)[0]!);
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
