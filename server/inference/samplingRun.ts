import { createRandom, type Random } from '../reasoning/random.js';
import { GraphError, type Batch, type Graph, type KeyValueCache, type Scores } from './graph/graph.js';
import type { PromptCache } from './promptCache.js';
import type { SampledRow, SamplingRequest, SamplingResult } from './protocol.js';
import { drawToken } from './sampling.js';

/** Rows that ended are run along until they are this share of the batch: leaving them out moves the cache of the others. */
const endedShare = 0.25;

interface Row {
  readonly random: Random;
  readonly ids: number[];
  finish: SampledRow['finish'] | undefined;
}

/**
 * A sampling under way, one run of the graph at a time: prompt, prefix, then a token of every row. All runs have the same
 * shapes whatever else goes on, so the same request gives the same bits.
 */
export class SamplingRun {
  readonly #request: SamplingRequest;
  readonly #graph: Graph;
  readonly #prompts: PromptCache;
  readonly #rows: readonly Row[];
  readonly #stop: ReadonlySet<number>;
  readonly #banned: ReadonlySet<number>;
  #prompt: KeyValueCache | undefined;
  #batch: Batch | undefined;
  /** The rows in the batch, ended ones included. */
  #running: readonly Row[];
  #tokens = 0;

  constructor(request: SamplingRequest, graph: Graph, prompts: PromptCache) {
    if (!graph.openBatch) throw new GraphError("the graph cannot sample: it needs a batch axis and StepLens's own cache inputs (past_key.0)");
    this.#request = request;
    this.#graph = graph;
    this.#prompts = prompts;
    this.#stop = new Set(request.stop);
    this.#banned = new Set(request.banned);
    this.#rows = Array.from({ length: request.count }, (_, i) => ({ random: createRandom(request.seed, `row ${i}`), ids: [], finish: undefined }));
    this.#running = this.#rows;
  }

  get isDone(): boolean {
    return this.#rows.every((row) => row.finish !== undefined);
  }

  get result(): SamplingResult {
    return { rows: this.#rows.map(({ ids, finish }) => ({ ids: Int32Array.from(ids), finish: finish! })), tokens: this.#tokens };
  }

  async step(): Promise<void> {
    if (!this.#prompt) await this.#runPrompt();
    else if (!this.#batch) await this.#runPrefix(this.#prompt);
    else await this.#runRows(this.#batch);
  }

  close(): void {
    this.#prompt = undefined;
    this.#batch = undefined;
  }

  async #runPrompt(): Promise<void> {
    const { prompt, pixels, prefix } = this.#request;
    let known = this.#prompts.get(this.#request);
    if (!known) {
      const cache = this.#graph.createCache();
      const scores = await this.#graph.run(cache, prompt, pixels);
      this.#tokens += prompt.length;
      known = { cache, last: scores.values.slice(-scores.width) };
      this.#prompts.set(this.#request, known);
    }
    this.#prompt = known.cache;
    if (prefix.length === 0) this.#start(known.cache, known.last);
  }

  async #runPrefix(prompt: KeyValueCache): Promise<void> {
    const { prefix } = this.#request;
    const cache = prompt.copy();
    const scores = await this.#graph.run(cache, prefix);
    this.#tokens += prefix.length;
    this.#start(cache, scores.values.subarray(-scores.width));
  }

  /** All rows draw their first token from the same scores. */
  #start(cache: KeyValueCache, last: Float32Array): void {
    for (const row of this.#rows) this.#draw(row, last);
    this.#running = this.#rows.filter((row) => row.finish === undefined);
    if (this.#running.length > 0) this.#batch = this.#graph.openBatch!(cache, this.#running.length);
  }

  async #runRows(batch: Batch): Promise<void> {
    const scores = await batch.run(Int32Array.from(this.#running, ({ ids }) => ids.at(-1)!));
    this.#tokens += this.#running.length;
    this.#running.forEach((row, i) => {
      if (row.finish === undefined) this.#draw(row, rowOf(scores, i));
    });
    const alive = this.#running.flatMap((row, i) => (row.finish === undefined ? [i] : []));
    if (alive.length > 0 && alive.length <= this.#running.length * (1 - endedShare)) {
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
