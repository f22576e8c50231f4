import { itemAt, mustHave } from './present.js';

/** A source of uniform numbers in [0, 1). */
export type Random = () => number;

/**
 * Seeded uniform numbers (Mulberry32, started from an FNV-1a hash): the same `seed` and `key` give the same numbers on every
 * machine. `key` makes the choices for one problem independent of which other problems are read. Not for secrets.
 */
export function createRandom(seed: number, key = ''): Random {
  let state = 0x811c9dc5;
  for (const c of `${seed}:${key}`) state = Math.imul(state ^ mustHave(c.codePointAt(0), 'character'), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** `count` different indices below `size`, ascending; every subset is equally likely (Knuth, TAOCP 2, 3.4.2, algorithm S). */
export function sampleIndices(size: number, count: number, random: Random): number[] {
  const chosen: number[] = [];
  for (let i = 0; i < size && chosen.length < count; i++) {
    if ((size - i) * random() < count - chosen.length) chosen.push(i);
  }
  return chosen;
}

/** 0 .. size - 1 in random order; every order is equally likely (Fisher and Yates). */
export function shuffled(size: number, random: Random): number[] {
  const order = Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [itemAt(order, j), itemAt(order, i)];
  }
  return order;
}
