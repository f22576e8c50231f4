/** One figure of the bench; figures that are compared are taken in the same run on the same machine. */
export interface Row {
  readonly name: string;
  /** null = not measured here; `note` says why. */
  readonly value: number | null;
  readonly unit: string;
  /** What it is measured against, and the ratio of the two. */
  readonly ratio?: { readonly to: string; readonly value: number };
  /** What it should be at most, or at least: the value, or its ratio where it has one. */
  readonly target?: { readonly most: number } | { readonly least: number };
  readonly note?: string;
}

/** Middle value; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Runs the actions in turn, `rounds` times over, so that a slow moment of the machine hits all of them; medians in ms. */
export async function interleaved(rounds: number, actions: readonly (() => unknown)[]): Promise<number[]> {
  const times = actions.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, action] of actions.entries()) {
      const start = performance.now();
      await action();
      times[i]!.push(performance.now() - start);
    }
  }
  return times.map(median);
}
