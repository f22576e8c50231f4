import type { Graph } from './graph/graph.js';
import { PackedRun } from './packedRun.js';
import type { PrefixCache } from './prefixCache.js';
import type { ReadValues, RunRequest, RunResult } from './protocol.js';
import { tellReads, valuesPerRead } from './readGroups.js';
import type { RunLimits } from './runLimits.js';
import { buildTokenTrie, depthFirst, nodesTo, readsAt, type TokenTrie, treeOf } from './tokenTrie.js';

/**
 * Tokens of one run. On an H200 a run costs 17 ms before its first token (3B, float16), so few runs are better. Beyond
 * some thousand tokens, attention over pairs of tokens that do not see each other costs more than the layers' products.
 */
export const mostTogether = 2048;

/** One run of the graph: a path that was scored before, and the new nodes below it. */
interface Pack {
  readonly nodes: readonly number[];
  /** Number of nodes at its beginning whose reads an earlier pack passes on. */
  readonly known: number;
}

/**
 * A run request in progress on a device from which fetching keys and values is slow: nothing is kept between runs of
 * the graph, and only scores are fetched. Measured on an H200 with a 3B model in float16: 512 tokens take 17 ms without
 * keys and values among the outputs, 90 ms with them; 64 tokens after 1,024 that are kept take 68 ms. A tree of more
 * than `mostTogether` tokens is run in parts, each from the root.
 */
export class WholeRun {
  readonly #request: RunRequest;
  readonly #graph: Graph;
  readonly #prefixes: PrefixCache;
  readonly #limits: RunLimits;
  readonly #trie: TokenTrie;
  /** Nodes in the order in which they are run, and how many of them have been run. */
  readonly #order: readonly number[];
  #next = 0;
  #tokens = 0;
  #tried = 0;
  /** Runs the rest if not even one path fits into the memory at a time. */
  #inPieces: PackedRun | undefined;
  readonly #told = new Set<number>();
  /** Number of values per read. */
  readonly #width: number;

  /** @param width Columns of the graph's head. */
  constructor(request: RunRequest, graph: Graph, prefixes: PrefixCache, limits: RunLimits, width: number) {
    this.#request = request;
    this.#graph = graph;
    this.#prefixes = prefixes;
    this.#limits = limits;
    this.#width = valuesPerRead(request, width);
    this.#trie = buildTokenTrie(request);
    this.#order = depthFirst(this.#trie, []);
  }

  get isDone(): boolean {
    return this.#inPieces?.isDone ?? this.#next >= this.#order.length;
  }

  get result(): RunResult {
    return { tokens: this.#tokens + (this.#inPieces?.result.tokens ?? 0) };
  }

  /** Performs the next run and passes its reads on in groups that are consecutive in the request. */
  async step(onRead: (reads: ReadValues) => void): Promise<void> {
    if (this.#inPieces) return this.#inPieces.step((reads) => this.#tellRest(reads, onRead));
    const { nodes, known } = nextPack(this.#trie, this.#order, this.#next, Math.min(mostTogether, this.#limits.tokens));
    const { reads, rows } = readsAt(this.#trie, nodes, known);
    this.#tried = nodes.length;
    const scores = await this.#graph.scoreTree!(treeOf(this.#trie, nodes, []), rows, this.#request.pixels);
    this.#next += nodes.length - known;
    this.#tokens += nodes.length;
    for (const read of reads) this.#told.add(read);
    tellReads(scores, this.#request, reads, onRead);
  }

  /** Makes later runs smaller after one that did not fit into memory. Returns false if they cannot be smaller. */
  shrink(): boolean {
    if (this.#inPieces) return this.#inPieces.shrink();
    if (!this.#limits.halveTokens(this.#tried)) return false;
    const { nodes } = nextPack(this.#trie, this.#order, this.#next, this.#limits.tokens);
    // A path cannot be cut here, but it can be when its keys and values are kept.
    if (nodes.length >= this.#tried) this.#inPieces = new PackedRun(this.#request, this.#graph, this.#prefixes, this.#limits);
    return true;
  }

  close(): void {
    this.#inPieces?.close();
  }

  /** Passes on the reads that were not passed on before. */
  #tellRest({ first, values }: ReadValues, onRead: (reads: ReadValues) => void): void {
    const width = this.#width;
    for (let row = 0; row * width < values.length; row++)
      if (!this.#told.has(first + row)) onRead({ first: first + row, values: values.slice(row * width, (row + 1) * width) });
  }
}

/** Returns the path to the next node with as many branches as fit, at least one. */
function nextPack(trie: TokenTrie, order: readonly number[], from: number, most: number): Pack {
  const { parents } = trie;
  const path = nodesTo(trie, parents[order[from]!]!);
  let to = from;
  while (to < order.length) {
    let end = to + 1;
    while (end < order.length && parents[order[end]!] === order[end - 1]) end++;
    if (to > from && path.length + end - from > most) break;
    to = end;
  }
  return { nodes: [...path, ...order.slice(from, to)], known: path.length };
}
