import type { Graph } from './graph/graph.js';
import type { Line, PrefixCache } from './prefixCache.js';
import type { ReadValues, RunRequest, RunResult } from './protocol.js';
import { tellReads } from './readGroups.js';
import { fewestTokens, type RunLimits } from './runLimits.js';
import { buildTokenTrie, depthFirst, firstPath, heldNodes, nodesTo, readsAt, type TokenTrie, treeOf } from './tokenTrie.js';

/** A run costs as much as twenty tokens before the first; in much longer ones, masked attention between branches costs more than packing saves. */
export const mostTokens = 256;

/**
 * A run request under way on a graph that takes a mask: every distinct token is run once, as many branches together as fit into
 * one run, each seeing its own path alone.
 */
export class PackedRun {
  readonly #request: RunRequest;
  readonly #graph: Graph;
  readonly #prefixes: PrefixCache;
  readonly #limits: RunLimits;
  readonly #trie: TokenTrie;
  #line: Line | undefined;
  /** Nodes of the line's tokens, as far as they are this request's. */
  #held: number[] = [];
  /** Nodes to run, and how many of them were. */
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

  /** Makes the next run and hands its reads on, in groups that are consecutive in the request. */
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

  /** The last run was too large for the memory: from now on smaller ones are made. False when it cannot be made smaller. */
  shrink(): boolean {
    return this.#limits.halveTokens(this.#tried, Math.max(fewestTokens, this.#request.pixels?.end ?? 0));
  }

  /** Gives the cache back; after the last step, or when the run is given up. */
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

  /** The prompt up to its last image token; no branch is in it. */
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

  /** The line now holds the path to the last of these nodes. */
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
