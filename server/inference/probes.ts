import { largestDifference, type RunSample, toSample } from './admission.js';
import { type Graph, GraphError } from './graph/graph.js';
import type { LoadRequest } from './protocol.js';

export interface ProbeRun extends RunSample {
  readonly width: number;
  readonly ms: number;
}

export async function probe(graph: Graph, { warmup, pixels, columns }: LoadRequest): Promise<ProbeRun> {
  const start = performance.now();
  const scores = await graph.run(graph.createCache(), warmup, pixels);
  return { ...toSample(scores, columns), width: scores.width, ms: performance.now() - start };
}

/** The same, but runs the second half after the first, from its cache; without a cache, only the first half. */
export async function probeInPieces(graph: Graph, { warmup, pixels, columns }: LoadRequest): Promise<RunSample> {
  const cache = graph.createCache();
  const middle = Math.max(warmup.length >> 1, pixels?.end ?? 0);
  const first = toSample(await graph.run(cache, warmup.subarray(0, middle), pixels), columns);
  if (graph.cacheLayout === 'none') return first;
  const second = toSample(await graph.run(cache, warmup.subarray(middle)), columns);
  return { shares: joined(first.shares, second.shares), odds: joined(first.odds, second.odds) };
}

function joined(first: Float32Array, second: Float32Array): Float32Array {
  const both = new Float32Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/**
 * Checks that a prefix does not depend on what follows it, and that a cache gives the scores of a full pass: all
 * sharing relies on this. Throws GraphError when that is not so. Returns the largest difference of the scores, which is
 * small unless the graph quantizes as it runs.
 */
export function spreadInPieces(graph: Graph, whole: RunSample, pieces: RunSample, allowed: number): number {
  const difference = largestDifference(whole.shares, pieces.shares);
  if (difference <= allowed) return difference;
  if (Number.isNaN(difference)) throw new GraphError("the graph's scores are not numbers (NaN)");
  throw new GraphError(
    graph.cacheLayout === 'none'
      ? `the graph's scores of a prefix change by ${difference.toPrecision(2)} when more tokens follow; only causal models are supported`
      : `the graph's scores change by ${difference.toPrecision(2)} when it continues from its own key/value cache; export it again`,
  );
}

export function spreadNote(spread: number): string {
  return `scores vary by up to ${spread.toPrecision(1)} with what is run along with them, because the graph quantizes whole runs ("steplens quantise" does it token by token)`;
}
