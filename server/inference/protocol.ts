/**
 * The wire between the server and its inference child (Node IPC, `serialization: 'advanced'`, so typed arrays travel as
 * they are). One request at a time is answered, in order; `cancel` takes effect between two sequences.
 */
import type { DeviceInfo } from '../scoring/scorer.js';

export interface LoadRequest {
  readonly graphPath: string;
  /** Tried in this order; the first that agrees with `cpu` on a warm-up run is taken. */
  readonly providers: readonly string[];
  readonly threads: number;
  /** A short real sequence for the warm-up run. */
  readonly warmup: { readonly ids: Int32Array };
}

export interface LoadResult {
  /** Handle for `run`; one per (graph, device, threads), loaded once. */
  readonly session: number;
  readonly device: DeviceInfo;
  /** Width of the score output's last axis: vocabulary or number of labels. */
  readonly width: number;
  readonly hasCache: boolean;
}

/**
 * Token sequences that share prefixes, as a forest of segments: each segment's tokens follow its parent's. Every segment
 * is run once, with its ancestors' key/value cache where the graph allows.
 */
export interface RunRequest {
  readonly session: number;
  /** A parent comes before its children; -1 = none. */
  readonly parents: Int32Array;
  /** Tokens of all segments, one after the other. */
  readonly ids: Int32Array;
  /** Segment i is `ids[offsets[i] .. offsets[i+1])`. */
  readonly offsets: Int32Array;
  /** Columns of the score output to return for the LAST token of each segment (all of them when empty). */
  readonly columns: Int32Array;
}

/** `values[i * columns + c]`: raw logits of segment i's last token; NaN where `wanted` said not to read. */
export interface RunProgress {
  readonly segment: number;
  readonly values: Float32Array;
}

export interface RunResult {
  readonly tokens: number;
}
