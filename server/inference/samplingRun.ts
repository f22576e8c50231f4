import { createRandom, type Random } from '../reasoning/random.js';
import { type Batch, type Graph, GraphError, type KeyValueCache, type Scores } from './graph/graph.js';
import type { PromptCache, RunPrompt } from './promptCache.js';
import type { Pixels, SampledRow, SamplingRequest, SamplingResult } from './protocol.js';
import { openRows } from './rowBatch.js';
import { fewestTokens, type RunLimits } from './runLimits.js';
import { drawToken } from './sampling.js';

/**
 * Ended rows stay in the batch until they are this share of it, because removing them moves the cache of the others.
 */
const endedShare = 0.25;

interface Row {
  readonly index: number;
  readonly random: Random;
  readonly ids: number[];
  finish: SampledRow['finish'] | undefined;
}

/**
 * A sampling in progress, one run of the graph at a time: prompt, prefix, then one token of every row. The shapes of
 * its runs do not depend on other runs, so the same request gives the same bits as long as the runs fit into memory. If
 * they do not fit, prompt and prefix are run in pieces and the rows in groups, from the same streams of random numbers.
 */
export class SamplingRun {
  readonly #request: SamplingRequest;
  readonly #graph: Graph;
  readonly #prompts: PromptCache;
  readonly #limits: RunLimits;
  readonly #rows: Row[];
  readonly #stop: ReadonlySet<number>;
  readonly #banned: ReadonlySet<number>;
  /** Cache of a prompt or prefix that is run in pieces, with the pieces run so far. */
  #growing: KeyValueCache | undefined;
  #prompt: RunPrompt | undefined;
  /** The sequence that all rows continue. */
  #shared: RunPrompt | undefined;
  #batch: Batch | undefined;
  /** The rows in the batch, ended ones included. */
  #running: readonly Row[] = [];
  #tokens = 0;
  /** Tokens of the last run of the graph. */
  #tried = 0;

  constructor(request: SamplingRequest, graph: Graph, prompts: PromptCache, limits: RunLimits) {
    if (graph.cacheLayout === 'none')
      throw new GraphError(
        'the graph cannot sample: it takes no keys and values of earlier tokens; export it with its cache (text-generation-with-past)',
      );
    this.#request = request;
    this.#graph = graph;
    this.#prompts = prompts;
    this.#limits = limits;
    this.#stop = new Set(request.stop);
    this.#banned = new Set(request.banned);
    this.#rows = Array.from({ length: request.count }, (_, index) => this.#newRow(index));
  }

  get isDone(): boolean {
    return this.#rows.every((row) => row.finish !== undefined);
  }

  get result(): SamplingResult {
    return { rows: this.#rows.map(({ ids, finish }) => ({ ids: Int32Array.from(ids), finish: finish! })), tokens: this.#tokens };
  }

  async step(): Promise<void> {
    if (!this.#prompt) await this.#runPrompt();
    else if (!this.#shared) await this.#runPrefix(this.#prompt);
    else if (this.#batch) await this.#runRows(this.#batch);
    else this.#start(this.#shared);
  }

  /** Makes later runs smaller after one that did not fit into memory. Returns false if they cannot be smaller. */
  shrink(): boolean {
    if (!this.#shared) return this.#limits.halveTokens(this.#tried, Math.max(fewestTokens, this.#request.pixels?.end ?? 0));
    if (!this.#limits.halveRows(this.#running.length)) return false;
    // Rows that had not ended are drawn again, each from the beginning of its stream.
    for (const row of this.#running) if (row.finish === undefined) this.#rows[row.index] = this.#newRow(row.index);
    this.#batch = undefined;
    return true;
  }

  close(): void {
    this.#growing = undefined;
    this.#prompt = undefined;
    this.#shared = undefined;
    this.#batch = undefined;
  }

  #newRow(index: number): Row {
    return { index, random: createRandom(this.#request.seed, `row ${index}`), ids: [], finish: undefined };
  }

  async #runPrompt(): Promise<void> {
    const { prompt, pixels, prefix } = this.#request;
    let known = this.#prompts.get(this.#request);
    if (!known) {
      known = await this.#extend(() => this.#graph.createCache(), 0, prompt, pixels);
      if (!known) return;
      this.#prompts.set(this.#request, known);
    }
    this.#prompt = known;
    if (prefix.length === 0) this.#start(known);
  }

  async #runPrefix(prompt: RunPrompt): Promise<void> {
    const shared = await this.#extend(() => prompt.cache.copy(), prompt.cache.length, this.#request.prefix);
    if (shared) this.#start(shared);
  }

  /** Runs `ids`, which follow the first `from` tokens, or as many of them as fit; undefined when some are left. */
  async #extend(open: () => KeyValueCache, from: number, ids: Int32Array, pixels?: Pixels): Promise<RunPrompt | undefined> {
    const cache = (this.#growing ??= open());
    const start = cache.length - from;
    const isFirst = start === 0;
    const end = Math.min(ids.length, start + Math.max(this.#limits.tokens, isFirst ? (pixels?.end ?? 0) : 0));
    this.#tried = end - start;
    const scores = await this.#graph.run(cache, ids.subarray(start, end), isFirst ? pixels : undefined, Int32Array.of(end - start - 1));
    this.#tokens += end - start;
    if (end < ids.length) return undefined;
    this.#growing = undefined;
    return { cache, last: scores.values };
  }

  /** Starts the next rows, as many as fit. They draw their first token from the same scores. */
  #start(shared: RunPrompt): void {
    this.#shared = shared;
    const waiting = this.#rows.filter((row) => row.finish === undefined);
    this.#running = waiting.slice(0, this.#limits.rows);
    for (const row of this.#running) this.#draw(row, shared.last);
    this.#running = this.#running.filter((row) => row.finish === undefined);
    if (this.#running.length > 0) {
      const { length } = this.#running;
      this.#batch = this.#graph.openBatch?.(shared.cache, length) ?? openRows(this.#graph, shared.cache, length);
    }
  }

  async #runRows(batch: Batch): Promise<void> {
    const scores = await batch.run(Int32Array.from(this.#running, ({ ids }) => ids.at(-1)!));
    this.#tokens += this.#running.length;
    this.#running.forEach((row, i) => {
      if (row.finish === undefined) this.#draw(row, rowOf(scores, i));
    });
    const alive = this.#running.flatMap((row, i) => (row.finish === undefined ? [i] : []));
    if (alive.length === 0) this.#batch = undefined;
    else if (alive.length <= this.#running.length * (1 - endedShare)) {
      batch.keep(alive);
      this.#running = alive.map((i) => this.#running[i]!);
    }
  }

  #draw(row: Row, logits: Float32Array): void {
    const { temperature, maxNewTokens } = this.#request;
    const id = drawToken(logits, temperature, this.#banned, row.random);
    if (this.#stop.has(id)) {
      row.finish = 'stop';
      return;
    }
    row.ids.push(id);
    if (row.ids.length >= maxNewTokens) row.finish = 'length';
  }
}

function rowOf({ values, width }: Scores, row: number): Float32Array {
  return values.subarray(row * width, (row + 1) * width);
}
