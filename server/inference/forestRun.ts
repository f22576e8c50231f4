import type { Graph } from './graph/graph.js';
import { type Line, type PrefixCache, sharedLength } from './prefixCache.js';
import type { ReadValues, RunRequest, RunResult } from './protocol.js';
import { tellReads } from './readGroups.js';
import { fewestTokens, type RunLimits } from './runLimits.js';

/** One run of the graph: the path down to a segment, and the reads (indices into `reads`) to take from it. */
interface GraphRun {
  readonly segment: number;
  readonly reads: readonly number[];
}

/**
 * A run request in progress, one run of the graph at a time. Tokens of a path that the line already holds are not run
 * again, so the order of the segments affects only speed.
 */
export class ForestRun {
  readonly #request: RunRequest;
  readonly #graph: Graph;
  readonly #prefixes: PrefixCache;
  readonly #limits: RunLimits;
  readonly #runs: readonly GraphRun[];
  #next = 0;
  /** Reads of the next run that were already passed on. */
  #done = 0;
  #line: Line | undefined;
  #tokens = 0;
  /** Tokens of the last run of the graph. */
  #tried = 0;

  constructor(request: RunRequest, graph: Graph, prefixes: PrefixCache, limits: RunLimits) {
    this.#request = request;
    this.#graph = graph;
    this.#prefixes = prefixes;
    this.#limits = limits;
    this.#runs = graph.cacheLayout === 'none' ? runsPerLeaf(request) : runsPerSegment(request);
  }

  get isDone(): boolean {
    return this.#next >= this.#runs.length;
  }

  get result(): RunResult {
    return { tokens: this.#tokens };
  }

  /**
   * Performs the next run, or as much as fits, and passes its reads on in groups that are consecutive in the request.
   */
  async step(onRead: (reads: ReadValues) => void): Promise<void> {
    const run = this.#runs[this.#next]!;
    const { sequence, positions } = this.#path(run);
    const { pixels } = this.#request;
    const line = (this.#line ??= this.#prefixes.take(sequence, pixels?.digest));
    const known = Math.min(sharedLength(line.tokens, sequence), line.cache.length, positions[this.#done]!);
    // The image tokens are run with their images, in one pass.
    const start = pixels && known < pixels.end ? 0 : known;
    line.cache.cut(start);
    line.tokens = line.tokens.subarray(0, start);
    const end = Math.min(sequence.length, start + Math.max(this.#mostTokens, start === 0 ? (pixels?.end ?? 0) : 0));
    this.#tried = end - start;
    const past = positions.findIndex((position) => position >= end);
    const last = past < 0 ? positions.length : past;
    const rows = Int32Array.from(positions.slice(this.#done, last), (position) => position - start);
    const scores = await this.#graph.run(line.cache, sequence.subarray(start, end), start === 0 ? pixels : undefined, rows);
    line.tokens = sequence.subarray(0, end);
    this.#tokens += end - start;
    tellReads(scores, this.#request, run.reads.slice(this.#done, last), onRead);
    this.#done = last;
    if (last < positions.length) return;
    this.#next++;
    this.#done = 0;
  }

  /** Makes later runs smaller after one that did not fit into memory. Returns false if they cannot be smaller. */
  shrink(): boolean {
    return (
      this.#graph.cacheLayout !== 'none' && this.#limits.halveTokens(this.#tried, Math.max(fewestTokens, this.#request.pixels?.end ?? 0))
    );
  }

  /** Without a cache a sequence is run in one pass. */
  get #mostTokens(): number {
    return this.#graph.cacheLayout === 'none' ? Infinity : this.#limits.tokens;
  }

  /** Gives the cache back; called after the last step, or when the run is abandoned. */
  close(): void {
    if (this.#line) this.#prefixes.giveBack(this.#line);
    this.#line = undefined;
  }

  /** Returns the tokens from the root to the run's last read, and the positions of its reads among them. */
  #path(run: GraphRun): { sequence: Int32Array; positions: number[] } {
    const { parents, ids, offsets, reads } = this.#request;
    const path: number[] = [];
    for (let segment = run.segment; segment >= 0; segment = parents[segment]!) path.push(segment);
    path.reverse();
    const starts = new Map<number, number>();
    let length = 0;
    for (const segment of path) {
      starts.set(segment, length - offsets[segment]!);
      length += offsets[segment + 1]! - offsets[segment]!;
    }
    const positions = run.reads.map((read) => reads[read]! + starts.get(segmentOf(offsets, reads[read]!))!);
    const sequence = new Int32Array(positions.at(-1)! + 1);
    for (const segment of path) {
      const at = starts.get(segment)! + offsets[segment]!;
      const part = ids.subarray(offsets[segment], offsets[segment + 1]);
      if (at < sequence.length) sequence.set(part.subarray(0, sequence.length - at), at);
    }
    return { sequence, positions };
  }
}

function segmentOf(offsets: Int32Array, position: number): number {
  let low = 0;
  let high = offsets.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (offsets[middle]! <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}

function readsBySegment({ offsets, reads }: RunRequest): Map<number, number[]> {
  const bySegment = new Map<number, number[]>();
  reads.forEach((position, read) => {
    const segment = segmentOf(offsets, position);
    const list = bySegment.get(segment);
    if (list) list.push(read);
    else bySegment.set(segment, [read]);
  });
  return bySegment;
}

function runsPerSegment(request: RunRequest): GraphRun[] {
  return [...readsBySegment(request)].map(([segment, reads]) => ({ segment, reads }));
}

/** Without a cache every run starts at the root, so a leaf's run takes all reads of its path that are still open. */
function runsPerLeaf(request: RunRequest): GraphRun[] {
  const { parents } = request;
  const open = readsBySegment(request);
  const hasReadingChild = new Set<number>();
  for (let segment = parents.length - 1; segment >= 0; segment--) {
    if (open.has(segment) || hasReadingChild.has(segment)) hasReadingChild.add(parents[segment]!);
  }
  const runs: GraphRun[] = [];
  for (const leaf of [...open.keys()]) {
    if (hasReadingChild.has(leaf)) continue;
    const path: number[][] = [];
    for (let segment = leaf; segment >= 0; segment = parents[segment]!) {
      const reads = open.get(segment);
      if (reads) path.push(reads);
      open.delete(segment);
    }
    runs.push({ segment: leaf, reads: path.reverse().flat() });
  }
  return runs;
}
