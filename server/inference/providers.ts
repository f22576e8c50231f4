import type { SlicedColumns } from '../onnx/sliceHead.js';
import { messageOf } from '../reasoning/errorText.js';
import { adapterName } from './adapter.js';
import { allowedDifference, disagreement, type RunSample, tolerance } from './admission.js';
import { failureOf, runtimeCause } from './failures.js';
import type { Graph } from './graph/graph.js';
import { openGraph } from './graph/openGraph.js';
import { withMatrix } from './graph/treeFeeds.js';
import { type GraphFacts, readFacts } from './graphFacts.js';
import { openOn, openSliced } from './openProvider.js';
import type { PreparedSession } from './preparedGraph.js';
import { type ProbeRun, probe, probeInPieces, spreadInPieces, spreadNote } from './probes.js';
import type { Device, LoadRequest, LoadResult, ProviderName } from './protocol.js';
import { compareBeginning } from './referenceRun.js';
import type { Runtime, TensorValue } from './runtime.js';
import type { SlicedGraph } from './slicedGraph.js';

/** Tokens of the first run of `auto`, to detect a software GPU early: it is some hundred times slower than the CPU. */
const shortRun = 16;
/** Tokens of the self-check of a graph that is compared with no other device: enough to test its mask and its cache. */
const checkRun = 32;
/**
 * A device beyond both in a short run is no GPU. A real GPU can be slower than the CPU there, because of its latency.
 */
const hopeless = { times: 10, ms: 50 };
/** Memory of a CPU session relative to its weights, and the share of the free memory that a comparison may take. */
const cpuOverhead = 1.3;
const mostOfFree = 0.8;
/** Larger models are not loaded onto the CPU for comparison, because the first score would have to wait too long. */
const mostBytesOnCpu = 4 * 2 ** 30;

export interface OpenedModel {
  readonly graph: Graph;
  readonly result: LoadResult;
}

/**
 * Opens a graph on the requested device. A provider other than the CPU is used only after a warm-up run that agrees
 * with the CPU's, because some graphs fail or go wrong at run time and not at load; `auto` also passes over a provider
 * that is slower than the CPU. A model of more than 4 GiB, or one that does not fit into the machine's memory, is
 * compared with the CPU only in its first layers. The result lists what was passed over, and why.
 * Rejects with an Error when the graph cannot be used on the CPU either.
 *
 * @param onTry Called before a provider other than the CPU starts to work: native code may end the process there.
 * @param early The same graph on the CPU, already open.
 */
export async function openModel(
  runtime: Runtime,
  request: LoadRequest,
  onTry: (provider: ProviderName) => void = () => undefined,
  early?: PreparedSession,
): Promise<OpenedModel> {
  const passedOver: { provider: string; reason: string }[] = [];
  const candidates: ProviderName[] = [];
  for (const provider of providersToTry(request.device)) {
    const reason = request.avoid?.find((avoided) => avoided.provider === provider)?.reason ?? runtime.missing(provider);
    if (reason === undefined) candidates.push(provider);
    else passedOver.push({ provider, reason });
  }
  const facts = early && candidates.length === 0 ? factsOf(early) : await readFacts(runtime, request, candidates.includes('cuda'));
  const { positions } = facts;
  const fitting = positions === undefined ? request : { ...request, warmup: request.warmup.subarray(0, positions) };
  const mostBytes = Math.min(mostBytesOnCpu, (mostOfFree * runtime.freeMemory()) / cpuOverhead);
  if (candidates.length > 0 && facts.bytesOnCpu > mostBytes) {
    for (const { provider, name, isFused } of attempts(candidates, facts)) {
      onTry(provider);
      const outcome = await tryAlone(runtime, fitting, facts, provider, isFused);
      if ('graph' in outcome) {
        await early?.session.release();
        return { graph: outcome.graph, result: resultOf(outcome.graph, outcome.width, provider, passedOver, facts, outcome.note) };
      }
      passedOver.push({ provider: name, reason: outcome.reason });
    }
    candidates.length = 0;
  }
  return openBesideCpu(runtime, fitting, facts, candidates, passedOver, onTry, early);
}

function columnsOf({ facts }: PreparedSession): SlicedColumns {
  return { kept: Int32Array.from(facts.columns), width: facts.width };
}

/** Returns the facts stored in a prepared graph; the model itself is not read, because no other device is tried. */
function factsOf(early: PreparedSession): GraphFacts {
  const { vocabulary, bytesOnCpu } = early.facts;
  const file = { bytes: new Uint8Array(0), folder: '', columns: columnsOf(early) };
  return { model: undefined, file, vocabulary, isCoarse: false, quantizesRuns: false, bytesOnCpu };
}

/** Returns the attempts in order; on CUDA the graph with few large nodes comes before the one with many small ones. */
function attempts(
  candidates: readonly ProviderName[],
  { fused }: GraphFacts,
): readonly { readonly provider: ProviderName; readonly name: string; readonly isFused: boolean }[] {
  return candidates.flatMap((provider) => [
    ...(provider === 'cuda' && fused ? [{ provider, name: `${provider} with fused nodes`, isFused: true }] : []),
    { provider, name: provider, isFused: false },
  ]);
}

/** Opens the graph on the CPU, which every other provider is then compared with. */
async function openBesideCpu(
  runtime: Runtime,
  request: LoadRequest,
  read: GraphFacts,
  candidates: readonly ProviderName[],
  passedOver: { provider: string; reason: string }[],
  onTry: (provider: ProviderName) => void,
  early: PreparedSession | undefined,
): Promise<OpenedModel> {
  const { graph: cpu, file } = early
    ? { graph: openGraph(early.session, columnsOf(early)), file: read.file }
    : await openSliced(runtime, request, read.file);
  const facts = { ...read, file };
  try {
    // A large model takes a second for a run of the length on which devices are compared.
    const own = candidates.length > 0 ? request : shortened(request, checkRun);
    const expected = await probe(cpu, own);
    const spread = spreadInPieces(
      cpu,
      expected,
      await probeInPieces(cpu, own),
      facts.quantizesRuns ? tolerance.wholeRuns : tolerance.single,
    );
    const note = spread > tolerance.single && facts.quantizesRuns ? spreadNote(spread) : undefined;
    for (const { provider, name, isFused } of attempts(candidates, facts)) {
      onTry(provider);
      const fused = isFused ? facts.fused!.file : file;
      const allowed = note === undefined ? allowedDifference(provider, facts.isCoarse) : tolerance.wholeRuns;
      const outcome = await tryProvider(runtime, request, fused, provider, expected, allowed, request.device === 'auto' ? cpu : undefined);
      if ('graph' in outcome) {
        await cpu.release();
        return { graph: outcome.graph, result: resultOf(outcome.graph, expected.width, provider, passedOver, facts, note) };
      }
      passedOver.push({ provider: name, reason: outcome.reason });
    }
    return { graph: cpu, result: resultOf(cpu, expected.width, 'cpu', passedOver, facts, note) };
  } catch (error) {
    await cpu.release();
    throw error;
  }
}

function resultOf(
  graph: Graph,
  width: number,
  provider: ProviderName,
  passedOver: readonly { readonly provider: string; readonly reason: string }[],
  { vocabulary, positions, file, cannotBranch }: GraphFacts,
  note: string | undefined,
): LoadResult {
  return {
    device: {
      provider,
      ...(provider !== 'cpu' && { adapter: adapterName(provider) ?? 'unknown adapter' }),
      passedOver,
      ...(note !== undefined && { note }),
    },
    width,
    ...(vocabulary !== undefined && { vocabulary }),
    ...(positions !== undefined && { positions }),
    ...(cannotBranch !== undefined && { cannotBranch }),
    takesImages: graph.takesImages,
    runsInPieces: graph.cacheLayout !== 'none',
    ...(typeof file === 'string' && { wholeScores: file }),
  };
}

function providersToTry(device: Device): ProviderName[] {
  if (device === 'cpu') return [];
  if (device !== 'auto') return [device];
  if (process.platform === 'win32') return ['cuda', 'webgpu', 'dml'];
  return process.platform === 'darwin' ? ['webgpu', 'coreml'] : ['cuda', 'webgpu'];
}

/** Tries a provider without loading the whole model onto the CPU. */
async function tryAlone(
  runtime: Runtime,
  request: LoadRequest,
  facts: GraphFacts,
  provider: ProviderName,
  isFused: boolean,
): Promise<{ readonly graph: Graph; readonly width: number; readonly note: string } | { readonly reason: string }> {
  let graph: Graph | undefined;
  let feeds: Readonly<Record<string, TensorValue>> = {};
  try {
    graph = await openOn(runtime, request, isFused ? facts.fused!.file : facts.file, provider, (fed) => (feeds = fed));
    const whole = await probe(graph, request);
    const plain = facts.model && { model: facts.model, feeds: isFused ? withMatrix(feeds) : feeds };
    const own = isFused ? { model: facts.fused!.model, feeds } : plain;
    const beginning = plain && own && (await compareBeginning(runtime, request, provider, plain, own));
    const isSlow = request.device === 'auto' && beginning !== undefined && beginning.times > 1 && beginning.ms > hopeless.ms;
    if (beginning?.reason === undefined && !isSlow) {
      spreadInPieces(graph, whole, await probeInPieces(graph, request), allowedDifference(provider, facts.isCoarse));
      const note = `compared with the CPU in its first layers alone, because the whole model needs ${inGigabytes(facts.bytesOnCpu)} of memory there`;
      return { graph, width: whole.width, note };
    }
    await graph.release();
    return { reason: beginning?.reason ?? slownessReason(beginning?.times ?? NaN) };
  } catch (error) {
    await graph?.release();
    return { reason: reasonOf(error) };
  }
}

function inGigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toPrecision(2)} GiB`;
}

/**
 * @param allowed Largest difference from the CPU's scores.
 * @param rival The provider is passed over when it is slower than this graph.
 */
async function tryProvider(
  runtime: Runtime,
  request: LoadRequest,
  file: SlicedGraph | string,
  provider: ProviderName,
  expected: ProbeRun,
  allowed: number,
  rival: Graph | undefined,
): Promise<{ readonly graph: Graph } | { readonly reason: string }> {
  let graph: Graph | undefined;
  let reason: string | undefined;
  try {
    graph = await openOn(runtime, request, file, provider);
    if (rival) {
      const { sample, times, ms } = await compareSpeed(graph, rival, shortened(request, shortRun));
      reason = disagreement(expected, sample, allowed);
      if (times > hopeless.times && ms > hopeless.ms) reason ??= slownessReason(times);
    }
    reason ??= disagreement(expected, await probe(graph, request), allowed);
    if (reason === undefined && rival) {
      const { times } = await compareSpeed(graph, rival, request);
      if (times > 1) reason = slownessReason(times);
    }
    reason ??= disagreement(expected, await probeInPieces(graph, request), allowed);
    if (reason === undefined) return { graph };
  } catch (error) {
    reason = reasonOf(error);
  }
  await graph?.release();
  return { reason };
}

function shortened(request: LoadRequest, tokens: number): LoadRequest {
  return { ...request, warmup: request.warmup.subarray(0, Math.max(tokens, (request.pixels?.end ?? 0) + 2)) };
}

/** Returns a provider's time and its ratio to the rival's. First runs do not count, because they compile shaders. */
async function compareSpeed(graph: Graph, rival: Graph, request: LoadRequest): Promise<{ sample: RunSample; ms: number; times: number }> {
  await probe(graph, request);
  const sample = await probe(graph, request);
  const { ms } = sample;
  await probe(rival, request);
  return { sample, ms, times: ms / (await probe(rival, request)).ms };
}

function slownessReason(times: number): string {
  return `agreed with the CPU but was ${times < 10 ? times.toFixed(1) : Math.round(times)}x slower`;
}

function reasonOf(error: unknown): string {
  if (/Failed to get a WebGPU adapter/.test(messageOf(error))) {
    return `no usable graphics adapter was found${process.platform === 'linux' ? ' (a Vulkan driver and libvulkan.so.1 are needed)' : ''}`;
  }
  if (failureOf(error) === 'memory')
    return `its memory is too small (${runtimeCause(error)}); a smaller precision may fit, as "steplens quantise" makes it`;
  return `failed: ${runtimeCause(error)}`;
}
