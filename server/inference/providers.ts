import { openGraph } from './graph/openGraph.js';
import type { Graph, Scores } from './graph/graph.js';
import { joinThreeParts } from './graph/threeParts.js';
import type { Device, LoadRequest, LoadResult, ProviderName } from './protocol.js';
import type { Runtime, Session } from './runtime.js';
import { adapterName } from './adapter.js';

/** Largest difference between a provider's scores and the CPU's, as probabilities, at which the provider is believed. */
const tolerance = 1e-3;
/** `auto` first runs so many tokens, so that a software GPU, some hundred times slower than the CPU, is found out soon. */
const shortRun = 16;
/** A short run slower than both is no GPU; a real one may be slower than the CPU on it, because of its latency. */
const hopeless = { times: 10, ms: 50 };

export interface OpenedModel {
  readonly graph: Graph;
  readonly result: LoadResult;
}

/**
 * Opens a graph on the device asked for. A provider other than the CPU is taken only after a warm-up run on which it
 * agrees with the CPU, because some graphs fail or go wrong at run time and not at load; `auto` also passes over one
 * that is slower than the CPU. What was passed over, and why, stands in the result.
 * Rejects with an Error when the graph cannot be used on the CPU either.
 *
 * @param onTry Called before a provider other than the CPU gets to work: native code may end the process there.
 */
export async function openModel(runtime: Runtime, request: LoadRequest, onTry: (provider: ProviderName) => void = () => undefined): Promise<OpenedModel> {
  const passedOver: { provider: string; reason: string }[] = [];
  const candidates: ProviderName[] = [];
  for (const provider of providersToTry(request.device)) {
    const reason = request.avoid?.find((avoided) => avoided.provider === provider)?.reason ?? runtime.missing(provider);
    if (reason === undefined) candidates.push(provider);
    else passedOver.push({ provider, reason });
  }

  const cpu = await open(runtime, request, 'cpu');
  try {
    const expected = await probe(cpu, request);
    requireSameInPieces(cpu, expected, await probeInPieces(cpu, request));
    const result = (provider: ProviderName): LoadResult => ({
      device: { provider, ...(provider !== 'cpu' && { adapter: adapterName(provider) ?? 'unknown adapter' }), passedOver },
      width: expected.width,
      takesImages: cpu.takesImages,
    });
    for (const provider of candidates) {
      onTry(provider);
      const outcome = await tryProvider(runtime, request, provider, expected, request.device === 'auto' ? cpu : undefined);
      if ('graph' in outcome) {
        await cpu.release();
        return { graph: outcome.graph, result: result(provider) };
      }
      passedOver.push({ provider, reason: outcome.reason });
    }
    return { graph: cpu, result: result('cpu') };
  } catch (error) {
    await cpu.release();
    throw error;
  }
}

function providersToTry(device: Device): ProviderName[] {
  if (device === 'cpu') return [];
  if (device !== 'auto') return [device];
  if (process.platform === 'win32') return ['cuda', 'webgpu', 'dml'];
  return process.platform === 'darwin' ? ['webgpu', 'coreml'] : ['cuda', 'webgpu'];
}

async function open(runtime: Runtime, request: LoadRequest, provider: ProviderName): Promise<Graph> {
  const opened: Session[] = [];
  const start = async (path: string) => {
    const session = await runtime.createSession(path, provider, request.threads);
    opened.push(session);
    return session;
  };
  try {
    const decoder = await start(request.graphPath);
    if (!request.parts) return openGraph(decoder);
    const { embeddingsPath, visionPath, imageToken } = request.parts;
    return openGraph(joinThreeParts({ decoder, embeddings: await start(embeddingsPath), vision: await start(visionPath) }, imageToken));
  } catch (error) {
    await Promise.all(opened.map((session) => session.release()));
    throw error;
  }
}

interface Probe {
  /** Softmax over the columns, `scores[token * columns + column]`; the sigmoid of a single one. */
  readonly scores: Float32Array;
  readonly width: number;
  readonly ms: number;
}

async function probe(graph: Graph, { warmup, pixels, columns }: LoadRequest): Promise<Probe> {
  const start = performance.now();
  const scores = await graph.run(graph.createCache(), warmup, pixels);
  return { scores: probabilities(scores, columns), width: scores.width, ms: performance.now() - start };
}

/** The same with the second half run after the first, from its cache; without a cache, the first half alone. */
async function probeInPieces(graph: Graph, { warmup, pixels, columns }: LoadRequest): Promise<Float32Array> {
  const cache = graph.createCache();
  const middle = Math.max(warmup.length >> 1, pixels?.end ?? 0);
  const first = probabilities(await graph.run(cache, warmup.subarray(0, middle), pixels), columns);
  if (graph.cacheLayout === 'none') return first;
  const second = probabilities(await graph.run(cache, warmup.subarray(middle)), columns);
  const both = new Float32Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** A prefix must not feel what follows it, and a cache must give what a full pass gives: all sharing rests on that. */
function requireSameInPieces(graph: Graph, whole: Probe, pieces: Float32Array): void {
  const difference = largestDifference(whole.scores, pieces);
  if (difference <= tolerance) return;
  if (Number.isNaN(difference)) throw new Error("the graph's scores are not numbers (NaN)");
  throw new Error(
    graph.cacheLayout === 'none'
      ? `the graph's scores of a prefix change by ${difference.toPrecision(2)} when more tokens follow; only causal models are supported`
      : `the graph's scores change by ${difference.toPrecision(2)} when it continues from its own key/value cache; export it again`,
  );
}

/** @param rival Passed over when slower than this one. */
async function tryProvider(
  runtime: Runtime,
  request: LoadRequest,
  provider: ProviderName,
  expected: Probe,
  rival: Graph | undefined,
): Promise<{ readonly graph: Graph } | { readonly reason: string }> {
  let graph: Graph | undefined;
  let reason: string | undefined;
  try {
    graph = await open(runtime, request, provider);
    if (rival) {
      const short = { ...request, warmup: request.warmup.subarray(0, Math.max(shortRun, request.pixels?.end ?? 0)) };
      const { scores, times, ms } = await compareSpeed(graph, rival, short);
      reason = disagreement(expected.scores, scores);
      if (times > hopeless.times && ms > hopeless.ms) reason ??= slownessReason(times);
    }
    reason ??= disagreement(expected.scores, (await probe(graph, request)).scores);
    if (reason === undefined && rival) {
      const { times } = await compareSpeed(graph, rival, request);
      if (times > 1) reason = slownessReason(times);
    }
    reason ??= disagreement(expected.scores, await probeInPieces(graph, request));
    if (reason === undefined) return { graph };
  } catch (error) {
    reason = reasonOf(error);
  }
  await graph?.release();
  return { reason };
}

/** How long a provider takes and how many times as long as its rival; not counting first runs, which compile shaders. */
async function compareSpeed(graph: Graph, rival: Graph, request: LoadRequest): Promise<{ scores: Float32Array; ms: number; times: number }> {
  await probe(graph, request);
  const { scores, ms } = await probe(graph, request);
  await probe(rival, request);
  return { scores, ms, times: ms / (await probe(rival, request)).ms };
}

function slownessReason(times: number): string {
  return `agreed with the CPU but was ${times < 10 ? times.toFixed(1) : Math.round(times)}x slower`;
}

function disagreement(expected: Float32Array, scores: Float32Array): string | undefined {
  const difference = largestDifference(expected, scores);
  return difference <= tolerance ? undefined : `its scores differ from the CPU's by ${difference.toPrecision(2)}`;
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (/Failed to get a WebGPU adapter/.test(message)) {
    return `no usable graphics adapter was found${process.platform === 'linux' ? ' (a Vulkan driver and libvulkan.so.1 are needed)' : ''}`;
  }
  const line = message.split('\n').find((part) => part.trim() !== '') ?? 'unknown error';
  return `failed: ${line.length > 240 ? `${line.slice(0, 240)}...` : line}`;
}

function probabilities({ values, width }: Scores, columns: Int32Array): Float32Array {
  const tokens = values.length / width;
  const picked = columns.length > 0 ? columns : Int32Array.from({ length: width }, (_, i) => i);
  // The one value of a head is no share of anything.
  if (picked.length === 1) return Float32Array.from({ length: tokens }, (_, token) => 1 / (1 + Math.exp(-values[token * width + picked[0]!]!)));
  const scores = new Float32Array(tokens * picked.length);
  for (let token = 0; token < tokens; token++) {
    let highest = -Infinity;
    for (const column of picked) highest = Math.max(highest, values[token * width + column]!);
    let sum = 0;
    for (const column of picked) sum += Math.exp(values[token * width + column]! - highest);
    picked.forEach((column, i) => {
      scores[token * picked.length + i] = Math.exp(values[token * width + column]! - highest) / sum;
    });
  }
  return scores;
}

/** NaN when any of the compared values is NaN. */
function largestDifference(a: Float32Array, b: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= largest)) largest = difference;
    if (Number.isNaN(difference)) return NaN;
  }
  return largest;
}
