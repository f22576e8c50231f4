import type { Graph } from './graph/graph.js';
import type { Line, PrefixCache } from './prefixCache.js';
import type { ReadValues, RunRequest, RunResult } from './protocol.js';
import { tellReads } from './readGroups.js';
import { fewestTokens, type RunLimits } from './runLimits.js';
import { buildTokenTrie, depthFirst, firstPath, heldNodes, nodesTo, readsAt, type TokenTrie, treeOf } from './tokenTrie.js';

/**
 * Tokens of one run. A run costs as much as twenty tokens before its first one. In much longer runs, masked attention
 * between branches costs more than packing saves.
 */
export const mostTokens = 256;

/**
 * A run request in progress on a graph that takes a mask. Every distinct token is run once; a run has as many branches
 * as fit, and each of them sees only its own path.
 */
export class PackedRun {
  readonly #request: RunRequest;
  readonly #graph: Graph;
  readonly #prefixes: PrefixCache;
  readonly #limits: RunLimits;
  readonly #trie: TokenTrie;
  #line: Line | undefined;
  /** Nodes of the line's tokens that belong to this request. */
  #held: number[] = [];
  /** Nodes to run, and how many of them have been run. */
  #order: readonly number[] = [];
  #next = 0;
  #tokens = 0;
  /** Tokens of the last run of the graph. */
  #tried = 0;

  constructor(request: RunRequest, graph: Graph, prefixes: PrefixCache, limits: RunLimits) {
    this.#request = request;
    this.#graph = graph;
    this.#prefixes = prefixes;
    this.#limits = limits;
    this.#trie = buildTokenTrie(request);
  }

  get isDone(): boolean {
    return this.#request.reads.length === 0 || (this.#line !== undefined && this.#next >= this.#order.length);
  }

  get result(): RunResult {
    return { tokens: this.#tokens };
  }

  /** Performs the next run and passes its reads on in groups that are consecutive in the request. */
  async step(onRead: (reads: ReadValues) => void): Promise<void> {
    const line = (this.#line ??= this.#start());
    const { pixels } = this.#request;
    if (pixels && this.#held.length < pixels.end) return this.#runImages(line);
    const nodes = this.#order.slice(this.#next, this.#next + Math.min(mostTokens, this.#limits.tokens));
    const { reads, rows } = readsAt(this.#trie, nodes);
    this.#tried = nodes.length;
    const scores = await this.#graph.runTree!(line.cache, treeOf(this.#trie, nodes, this.#held), rows);
    this.#advance(line, nodes);
    tellReads(scores, this.#request, reads, onRead);
  }

  /** Makes later runs smaller after one that did not fit into memory. Returns false if they cannot be smaller. */
  shrink(): boolean {
    return this.#limits.halveTokens(this.#tried, Math.max(fewestTokens, this.#request.pixels?.end ?? 0));
  }

  /** Gives the cache back; called after the last step, or when the run is abandoned. */
  close(): void {
    if (this.#line) this.#prefixes.giveBack(this.#line);
    this.#line = undefined;
  }

  #start(): Line {
    const { pixels } = this.#request;
    const line = this.#prefixes.take(firstPath(this.#trie), pixels?.digest);
    const held = heldNodes(this.#trie, line.tokens.subarray(0, line.cache.length));
    // The image tokens are run with their images, in one pass.
    this.#held = pixels && held.length < pixels.end ? [] : held;
    this.#order = depthFirst(this.#trie, this.#held);
    this.#cut(line);
    return line;
  }

  /** Runs the prompt up to its last image token; it has no branches. */
  async #runImages(line: Line): Promise<void> {
    const { pixels } = this.#request;
    const nodes = this.#order.slice(0, pixels!.end);
    this.#tried = nodes.length;
    await this.#graph.run(
      line.cache,
      Int32Array.from(nodes, (node) => this.#trie.ids[node]!),
      pixels,
      new Int32Array(0),
    );
    this.#advance(line, nodes);
  }

  /** Records that the line now holds the path to the last of these nodes. */
  #advance(line: Line, nodes: readonly number[]): void {
    this.#next += nodes.length;
    this.#tokens += nodes.length;
    this.#held = nodesTo(this.#trie, nodes.at(-1)!);
    line.tokens = Int32Array.from(this.#held, (node) => this.#trie.ids[node]!);
  }

  #cut(line: Line): void {
    line.cache.cut(this.#held.length);
    line.tokens = line.tokens.slice(0, this.#held.length);
  }
}
