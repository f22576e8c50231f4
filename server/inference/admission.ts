import type { Scores } from './graph/graph.js';
import { placesOf } from './graph/head.js';
import type { ProviderName } from './protocol.js';

/**
 * Largest differences at which a device's scores count as right. A correct device does not return the CPU's bits: with
 * 32-bit weights its scores differ by some 1e-5; with half precision and TF32 by up to 7.5e-3 (random decoders of 8 and
 * 28 layers in PyTorch). Values alone do not reveal a wrong device where all scores are nearly equal, so the order of
 * the tokens by their log-odds is compared as well. A difference within the tolerance changes no verdict whose score is
 * further than that from its threshold.
 */
export const tolerance = {
  single: 1e-3,
  half: 0.02,
  /** For graphs that scale numbers by the rest of the run: 0.01 to 0.03 on small models. */ wholeRuns: 0.1,
};

/** Rank correlation below which two devices order the tokens differently. */
const leastCorrelation = 0.9;
/** Log-odds with a smaller standard deviation differ only by rounding, so they have no order to compare. */
const leastSpread = 0.1;
/** The order of fewer tokens is not compared, because it means little. */
const fewestTokens = 8;

/** Result of a run, for comparison with another run of the same tokens. */
export interface RunSample {
  /** Softmax over the columns, `shares[token * columns + column]`; with a single column, its sigmoid. */
  readonly shares: Float32Array;
  /** Log-odds of the first column of every token. */
  readonly odds: Float32Array;
}

/** @param isCoarse Weights of 16 bits or fewer. */
export function allowedDifference(provider: ProviderName, isCoarse: boolean, env: NodeJS.ProcessEnv = process.env): number {
  // CUDA rounds factors of matrix products to TF32 unless this is turned off.
  return isCoarse || (provider === 'cuda' && env['NVIDIA_TF32_OVERRIDE'] !== '0') ? tolerance.half : tolerance.single;
}

/** Returns why two samples cannot be of the same model; undefined when they agree. */
export function disagreement(expected: RunSample, found: RunSample, allowed: number): string | undefined {
  const difference = largestDifference(expected.shares, found.shares);
  if (!(difference <= allowed)) return `its scores differ from the CPU's by ${difference.toPrecision(2)}, more than ${allowed}`;
  const correlation = rankCorrelation(expected.odds, found.odds);
  if (correlation >= leastCorrelation) return undefined;
  return `it orders tokens otherwise than the CPU does (rank correlation ${correlation.toFixed(2)})`;
}

export function toSample(scores: Scores, columns: Int32Array): RunSample {
  const { values } = scores;
  const stride = scores.columns?.length ?? scores.width;
  const places = placesOf(scores, columns);
  const tokens = values.length / stride;
  const odds = new Float32Array(tokens);
  // The softmax of a single column would always be 1.
  if (places.length === 1) {
    for (let token = 0; token < tokens; token++) odds[token] = values[token * stride + places[0]!]!;
    return { shares: odds.map((value) => 1 / (1 + Math.exp(-value))), odds };
  }
  const shares = new Float32Array(tokens * places.length);
  for (let token = 0; token < tokens; token++) {
    const at = (place: number) => values[token * stride + place]!;
    let highest = -Infinity;
    for (const place of places) highest = Math.max(highest, at(place));
    let others = 0;
    for (const place of places) if (place !== places[0]) others += Math.exp(at(place) - highest);
    const sum = others + Math.exp(at(places[0]!) - highest);
    places.forEach((place, i) => (shares[token * places.length + i] = Math.exp(at(place) - highest) / sum));
    odds[token] = at(places[0]!) - highest - Math.log(others);
  }
  return { shares, odds };
}

/** NaN when any of the compared values is NaN. */
export function largestDifference(a: Float32Array, b: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= largest)) largest = difference;
    if (Number.isNaN(difference)) return NaN;
  }
  return largest;
}

/** Spearman's rank correlation; 1 where there is no order to compare. */
function rankCorrelation(a: Float32Array, b: Float32Array): number {
  const length = Math.min(a.length, b.length);
  if (length < fewestTokens || deviation(a.subarray(0, length)) < leastSpread) return 1;
  const [x, y] = [ranks(a.subarray(0, length)), ranks(b.subarray(0, length))];
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (x[i]! - y[i]!) ** 2;
  return 1 - (6 * sum) / (length * (length ** 2 - 1));
}

function ranks(values: Float32Array): Float64Array {
  const order = [...values.keys()].sort((i, j) => values[i]! - values[j]!);
  const result = new Float64Array(values.length);
  order.forEach((index, rank) => (result[index] = rank));
  return result;
}

function deviation(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
