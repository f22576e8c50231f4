import { embeddingRows } from '../onnx/embeddingRows.js';
import { readModel } from '../onnx/readModel.js';
import { adapterName } from './adapter.js';
import { causeOf, failureOf, messageOf } from './failures.js';
import { withBlankImage } from './graph/blankImage.js';
import type { Graph, Scores } from './graph/graph.js';
import { placesOf } from './graph/head.js';
import { openGraph } from './graph/openGraph.js';
import { joinThreeParts } from './graph/threeParts.js';
import type { Device, LoadRequest, LoadResult, ProviderName } from './protocol.js';
import type { GraphBytes, Runtime, Session } from './runtime.js';
import { type SlicedGraph, sliceGraph } from './slicedGraph.js';

/** Largest difference between a provider's scores and the CPU's, as probabilities, at which the provider is believed. */
const tolerance = 1e-3;
/** The same where a graph scales its numbers by what else is in a run; ONNX Runtime's quantize_dynamic left 0.01 to 0.03 on small models. */
const looseTolerance = 0.1;
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
export async function openModel(
  runtime: Runtime,
  request: LoadRequest,
  onTry: (provider: ProviderName) => void = () => undefined,
): Promise<OpenedModel> {
  const passedOver: { provider: string; reason: string }[] = [];
  const candidates: ProviderName[] = [];
  for (const provider of providersToTry(request.device)) {
    const reason = request.avoid?.find((avoided) => avoided.provider === provider)?.reason ?? runtime.missing(provider);
    if (reason === undefined) candidates.push(provider);
    else passedOver.push({ provider, reason });
  }

  const vocabulary = await readModel(request.parts?.embeddingsPath ?? request.graphPath).then(embeddingRows, () => undefined);
  const sliced = await sliceGraph(request.graphPath, request.columns);
  const { graph: cpu, file } = await openSliced(runtime, request, sliced);
  try {
    const expected = await probe(cpu, request);
    const spread = await spreadInPieces(cpu, request, expected, await probeInPieces(cpu, request));
    const allowed = spread > tolerance ? looseTolerance : tolerance;
    const result = (provider: ProviderName): LoadResult => ({
      device: {
        provider,
        ...(provider !== 'cpu' && { adapter: adapterName(provider) ?? 'unknown adapter' }),
        passedOver,
        ...(spread > tolerance && { note: spreadNote(spread) }),
      },
      width: expected.width,
      ...(vocabulary !== undefined && { vocabulary }),
      takesImages: cpu.takesImages,
      runsInPieces: cpu.cacheLayout !== 'none',
      ...(typeof file === 'string' && { wholeScores: file }),
    });
    for (const provider of candidates) {
      onTry(provider);
      const outcome = await tryProvider(runtime, request, file, provider, expected, allowed, request.device === 'auto' ? cpu : undefined);
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

/** Opens a graph on the CPU, as it is where the runtime does not take the rewritten one: what is wrong with a file is for the runtime to say. */
async function openSliced(
  runtime: Runtime,
  request: LoadRequest,
  file: SlicedGraph | string,
): Promise<{ readonly graph: Graph; readonly file: SlicedGraph | string }> {
  if (typeof file === 'string') return { graph: await open(runtime, request, file, 'cpu'), file };
  try {
    return { graph: await open(runtime, request, file, 'cpu'), file };
  } catch (error) {
    const reason = causeOf(error);
    return { graph: await open(runtime, request, reason, 'cpu'), file: reason };
  }
}

/** @param file The rewritten graph, or why the file is run as it is. */
async function open(runtime: Runtime, request: LoadRequest, file: SlicedGraph | string, provider: ProviderName): Promise<Graph> {
  const opened: Session[] = [];
  const start = async (graph: string | GraphBytes) => {
    const session = await runtime.createSession(graph, provider, request.threads);
    opened.push(session);
    return provider === 'webgpu' ? withBlankImage(session) : session;
  };
  try {
    const decoder = await start(typeof file === 'string' ? request.graphPath : file);
    const columns = typeof file === 'string' ? undefined : file.columns;
    if (!request.parts) return openGraph(decoder, columns);
    const { embeddingsPath, visionPath, imageToken } = request.parts;
    return openGraph(
      joinThreeParts({ decoder, embeddings: await start(embeddingsPath), vision: await start(visionPath) }, imageToken),
      columns,
    );
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

/**
 * A prefix must not feel what follows it, and a cache must give what a full pass gives: all sharing rests on that. Rejects
 * where it does not hold; else how far the scores differ all the same, which is little unless the graph quantises as it runs.
 */
async function spreadInPieces(graph: Graph, { graphPath }: LoadRequest, whole: Probe, pieces: Float32Array): Promise<number> {
  const difference = largestDifference(whole.scores, pieces);
  if (difference <= tolerance || (difference <= looseTolerance && (await quantisesRuns(graphPath)))) return difference;
  if (Number.isNaN(difference)) throw new Error("the graph's scores are not numbers (NaN)");
  throw new Error(
    graph.cacheLayout === 'none'
      ? `the graph's scores of a prefix change by ${difference.toPrecision(2)} when more tokens follow; only causal models are supported`
      : `the graph's scores change by ${difference.toPrecision(2)} when it continues from its own key/value cache; export it again`,
  );
}

/** One scale for all tokens of a run, found while it goes on; not in a file that only the runtime can read. */
async function quantisesRuns(path: string): Promise<boolean> {
  const model = await readModel(path).catch(() => undefined);
  return model?.graph.nodes.some(({ opType }) => opType === 'DynamicQuantizeLinear') ?? false;
}

function spreadNote(spread: number): string {
  return `scores vary by up to ${spread.toPrecision(1)} with what is run along with them, because the graph quantises whole runs ("steplens quantise" does it token by token)`;
}

/**
 * @param allowed Largest difference from the CPU's scores.
 * @param rival Passed over when slower than this one.
 */
async function tryProvider(
  runtime: Runtime,
  request: LoadRequest,
  file: SlicedGraph | string,
  provider: ProviderName,
  expected: Probe,
  allowed: number,
  rival: Graph | undefined,
): Promise<{ readonly graph: Graph } | { readonly reason: string }> {
  let graph: Graph | undefined;
  let reason: string | undefined;
  try {
    graph = await open(runtime, request, file, provider);
    if (rival) {
      const short = { ...request, warmup: request.warmup.subarray(0, Math.max(shortRun, request.pixels?.end ?? 0)) };
      const { scores, times, ms } = await compareSpeed(graph, rival, short);
      reason = disagreement(expected.scores, scores, allowed);
      if (times > hopeless.times && ms > hopeless.ms) reason ??= slownessReason(times);
    }
    reason ??= disagreement(expected.scores, (await probe(graph, request)).scores, allowed);
    if (reason === undefined && rival) {
      const { times } = await compareSpeed(graph, rival, request);
      if (times > 1) reason = slownessReason(times);
    }
    reason ??= disagreement(expected.scores, await probeInPieces(graph, request), allowed);
    if (reason === undefined) return { graph };
  } catch (error) {
    reason = reasonOf(error);
  }
  await graph?.release();
  return { reason };
}

/** How long a provider takes and how many times as long as its rival; not counting first runs, which compile shaders. */
async function compareSpeed(
  graph: Graph,
  rival: Graph,
  request: LoadRequest,
): Promise<{ scores: Float32Array; ms: number; times: number }> {
  await probe(graph, request);
  const { scores, ms } = await probe(graph, request);
  await probe(rival, request);
  return { scores, ms, times: ms / (await probe(rival, request)).ms };
}

function slownessReason(times: number): string {
  return `agreed with the CPU but was ${times < 10 ? times.toFixed(1) : Math.round(times)}x slower`;
}

function disagreement(expected: Float32Array, scores: Float32Array, allowed: number): string | undefined {
  const difference = largestDifference(expected, scores);
  return difference <= allowed ? undefined : `its scores differ from the CPU's by ${difference.toPrecision(2)}`;
}

function reasonOf(error: unknown): string {
  if (/Failed to get a WebGPU adapter/.test(messageOf(error))) {
    return `no usable graphics adapter was found${process.platform === 'linux' ? ' (a Vulkan driver and libvulkan.so.1 are needed)' : ''}`;
  }
  if (failureOf(error) === 'memory')
    return `its memory is too small (${causeOf(error)}); a smaller precision may fit, as "steplens quantise" makes it`;
  return `failed: ${causeOf(error)}`;
}

function probabilities(scores: Scores, columns: Int32Array): Float32Array {
  const { values } = scores;
  const stride = scores.columns?.length ?? scores.width;
  const places = placesOf(scores, columns);
  const tokens = values.length / stride;
  // The one value of a head is no share of anything.
  if (places.length === 1)
    return Float32Array.from({ length: tokens }, (_, token) => 1 / (1 + Math.exp(-values[token * stride + places[0]!]!)));
  const shares = new Float32Array(tokens * places.length);
  for (let token = 0; token < tokens; token++) {
    let highest = -Infinity;
    for (const place of places) highest = Math.max(highest, values[token * stride + place]!);
    let sum = 0;
    for (const place of places) sum += Math.exp(values[token * stride + place]! - highest);
    places.forEach((place, i) => {
      shares[token * places.length + i] = Math.exp(values[token * stride + place]! - highest) / sum;
    });
  }
  return shares;
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
