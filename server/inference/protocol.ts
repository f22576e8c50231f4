/**
 * Messages between the server and its inference child: Node IPC with `serialization: 'advanced'`, so that typed arrays
 * stay as they are. Every request is answered once, by `done` or `failed`, after its `read`s. Failures are data.
 */
import type { DeviceInfo } from './deviceInfo.js';

/** Execution providers StepLens knows. */
export type ProviderName = 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml';
/** A requested device: a provider, or the best one that works. */
export type Device = 'auto' | ProviderName;

/** Loads a graph onto a device; the same request again is answered from the loaded session. */
export interface LoadRequest {
  readonly graphPath: string;
  /**
   * The other two graphs of a three-part model and the id of its image token (-1 = none); `graphPath` is its decoder.
   */
  readonly parts?: { readonly embeddingsPath: string; readonly visionPath: string; readonly imageToken: number };
  readonly device: Device;
  /** Threads of one run on the CPU, >= 1. */
  readonly threads: number;
  /** A short real sequence, on which a provider is compared with the CPU. */
  readonly warmup: Int32Array;
  /** Images of `warmup`, for a graph that reads images. */
  readonly pixels?: Pixels;
  /** The columns to compare, as in `RunRequest`; runs of this session may ask for no others. */
  readonly columns: Int32Array;
  /** Tokens of the longest sequence that will be run. */
  readonly longest?: number;
  /** Providers that ended an earlier child or lost their device in one, with the reason; not tried again. */
  readonly avoid?: readonly { readonly provider: string; readonly reason: string }[];
  /** The size that an earlier child found to fit; no limit when absent. */
  readonly size?: RunSize;
}

/**
 * The largest run of a graph that its device's memory holds, as far as is known; Infinity = nothing was too large yet.
 */
export interface RunSize {
  /** Tokens of one sequence, not counting those in its cache. */
  readonly tokens: number;
  /** Rows of a sampling that grow together. */
  readonly rows: number;
}

export interface LoadResult {
  readonly device: DeviceInfo;
  /** Width of the score output's last axis: vocabulary or number of labels. */
  readonly width: number;
  /** Size of the graph's vocabulary, if its file states it. */
  readonly vocabulary?: number;
  /** Number of positions of the graph, if its file states it: a longer sequence cannot be run. */
  readonly positions?: number;
  /** The graph has an input for images. */
  readonly takesImages: boolean;
  /** It takes a key/value cache, so that a sequence need not be run in one pass. */
  readonly runsInPieces: boolean;
  /** Why a graph in Hugging Face's layout cannot run branches together; undefined = it can, or has another layout. */
  readonly cannotBranch?: string;
  /** Why every run returns the scores of all tokens; undefined = the graph was rewritten for the wanted ones alone. */
  readonly wholeScores?: string;
}

/** The images of a sequence, prepared for the graph. Their features take the places of its image tokens, in order. */
export interface Pixels {
  /** Row by row, channel by channel, image by image; or patch by patch. */
  readonly values: Float32Array;
  /** [images, channels, height, width], or [patches, values of a patch]. */
  readonly shape: readonly number[];
  /** Distinguishes images, because different images have the same tokens. */
  readonly digest: string;
  /** All image tokens are before this position; the tokens before it are run in one pass. */
  readonly end: number;
  /** Set for images that are given as patches. */
  readonly grids?: PixelGrids;
}

export interface PixelGrids {
  /** [images, 3]: one frame, rows and columns of patches. */
  readonly sizes: Int32Array;
  /**
   * [3, end]: positions of the first `end` tokens on three axes, see `gridPositions`. Each later token is one further
   * on all axes.
   */
  readonly positions: Int32Array;
}

/**
 * Token sequences that share prefixes, as a forest of segments: each segment's tokens follow its parent's. Depth-first
 * order lets the key/value cache of the path be extended and cut without copies.
 */
export interface RunRequest {
  /** A parent comes before its children; -1 = none. */
  readonly parents: Int32Array;
  /** Tokens of all segments, one after the other. */
  readonly ids: Int32Array;
  /** Segment i is `ids[offsets[i] .. offsets[i+1])`; one entry more than there are segments. */
  readonly offsets: Int32Array;
  /** Positions in `ids` whose scores are wanted, ascending; one is repeated when several targets follow its token. */
  readonly reads: Int32Array;
  /** Columns of the score output to return at each of them; all columns when empty. */
  readonly columns: Int32Array;
  /**
   * One target per read: the only value of the read is then the log-probability of this token as the next one, over the
   * whole vocabulary. `columns` is empty.
   */
  readonly targets?: Int32Array;
  /** Images of segment 0, which every other segment then follows. */
  readonly pixels?: Pixels;
  /** Higher first; equal ones take turns. */
  readonly priority: number;
}

export interface RunResult {
  /** Tokens run through the graph. */
  readonly tokens: number;
}

/** Raw scores of consecutive reads: `values[r * columns + c]` belongs to `reads[first + r]`. */
export interface ReadValues {
  readonly first: number;
  readonly values: Float32Array;
}

/**
 * Continues one sequence `count` times. The prompt is run in one pass, then the prefix in one, then one token of every
 * row at a time. Row i therefore depends only on this request and i, not on earlier or concurrent runs.
 */
export interface SamplingRequest {
  /** Not empty. */
  readonly prompt: Int32Array;
  /** Images of the prompt. */
  readonly pixels?: Pixels;
  /** Tokens that all rows share after the prompt; may be empty. */
  readonly prefix: Int32Array;
  /** Rows, >= 1. */
  readonly count: number;
  /** Largest number of new tokens of a row, >= 1. */
  readonly maxNewTokens: number;
  /** 1 samples from the model's own distribution; 0 takes the likeliest token. */
  readonly temperature: number;
  /** Tokens that end a row; they are not part of it. */
  readonly stop: Int32Array;
  /** Tokens that are never drawn. */
  readonly banned: Int32Array;
  /** 32 bits. Every row has its own stream of random numbers. */
  readonly seed: number;
  /** As in `RunRequest`. */
  readonly priority: number;
}

export interface SamplingResult {
  /** In the order of their streams. */
  readonly rows: readonly SampledRow[];
  /** Tokens run through the graph, including those of rows that had ended. */
  readonly tokens: number;
}

export interface SampledRow {
  readonly ids: Int32Array;
  /** Whether the row ended at a stop token or at the largest length. */
  readonly finish: 'stop' | 'length';
}

/** Server -> child. `session` is the client's number for a loaded graph, so that it stays valid across restarts. */
export type ToChild =
  | { readonly kind: 'load'; readonly id: number; readonly session: number; readonly request: LoadRequest }
  | { readonly kind: 'run'; readonly id: number; readonly session: number; readonly request: RunRequest }
  | { readonly kind: 'sample'; readonly id: number; readonly session: number; readonly request: SamplingRequest }
  /** Largest size of the next runs of a loaded graph; not answered. */
  | { readonly kind: 'resize'; readonly session: number; readonly size: RunSize }
  /** Takes effect between two runs of the graph; answered by `failed` with reason `cancelled`. */
  | { readonly kind: 'cancel'; readonly id: number };

/** Child -> server. */
export type FromChild =
  /** The child starts to work on this request; if the child dies now, this request is to blame. */
  | { readonly kind: 'working'; readonly id: number }
  /** A load is trying a provider; if the child dies now, this provider is to blame. */
  | { readonly kind: 'trying'; readonly id: number; readonly provider: ProviderName }
  | { readonly kind: 'read'; readonly id: number; readonly reads: ReadValues }
  /** Memory was too small for a run of this request. Runs are smaller from now on, in this and in any later child. */
  | { readonly kind: 'shrunk'; readonly id: number; readonly size: RunSize }
  /** The device was lost during this request, which this process does not answer: it cannot be used any more. */
  | { readonly kind: 'lost'; readonly id: number; readonly message: string }
  | { readonly kind: 'done'; readonly id: number; readonly result: LoadResult | RunResult | SamplingResult }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: 'cancelled' | FailureReason; readonly message: string };

/**
 * `memory`: not even the smallest run fits. `graph`: StepLens does not understand its inputs or outputs, or its scores cannot be used.
 * `images`: the graph and the profile's images do not fit together.
 */
export type FailureReason = 'memory' | 'graph' | 'images' | 'error';
