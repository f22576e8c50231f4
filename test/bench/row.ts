/** One figure of the bench. Figures that are compared come from the same run on the same machine. */
export interface Row {
  readonly name: string;
  /** null = not measured here; `note` says why. */
  readonly value: number | null;
  readonly unit: string;
  /** The baseline, and the ratio of the two figures. */
  readonly ratio?: { readonly to: string; readonly value: number };
  /** The bound for the ratio, or for the value if there is no ratio. */
  readonly target?: { readonly most: number } | { readonly least: number };
  readonly note?: string;
}

/** Returns the middle value, or the mean of the two middle values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Runs the actions in turn, `rounds` times, so that a slow moment affects all of them. Returns median times in ms. */
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
