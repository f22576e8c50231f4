import { freemem } from 'node:os';
import type * as OnnxRuntime from 'onnxruntime-node';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { messageOf } from '../reasoning/errorText.js';
import { bindingFolder, missingCuda } from './cudaLibraries.js';
import type { ProviderName } from './protocol.js';

export interface TensorInfo {
  readonly name: string;
  readonly type: string;
  /** A number, or the name of a dimension that varies. */
  readonly shape: readonly (number | string)[];
}

export interface TensorValue {
  readonly type: string;
  readonly data: Tensor.DataType;
  readonly dims: readonly number[];
}

/** The part of an ONNX Runtime session that StepLens uses. `run` blocks the process until it is done. */
export interface RuntimeSession {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  run(feeds: Readonly<Record<string, TensorValue>>, fetches: readonly string[]): Promise<Readonly<Record<string, TensorValue>>>;
  release(): Promise<void>;
}

/** A graph in memory, whose large weights are in files. */
export interface GraphBytes {
  readonly bytes: Uint8Array;
  /** The folder that the file names are relative to. */
  readonly folder: string;
}

/** The native runtime as the child sees it; tests replace it. */
export interface Runtime {
  readonly version: string;
  /** Why a provider cannot be tried on this machine; undefined = it can. */
  missing(provider: ProviderName): string | undefined;
  /** Bytes of memory that this process can still allocate. */
  freeMemory(): number;
  createSession(graph: string | GraphBytes, provider: ProviderName, threads: number): Promise<RuntimeSession>;
}

/**
 * Loads onnxruntime-node, on first use, so that a platform without a binary gets a message instead of a child that
 * cannot start. Throws an Error that says what is missing.
 */
export async function loadRuntime(): Promise<Runtime> {
  const ort = await importBinding();
  const bundled = new Set(ort.listSupportedBackends().map((backend) => backend.name));
  return {
    version: ort.env.versions.node ?? ort.env.versions.common,
    missing(provider) {
      if (provider === 'cuda') return missingCuda(bindingFolder());
      return bundled.has(provider) ? undefined : `not part of ONNX Runtime for ${process.platform}-${process.arch}`;
    },
    freeMemory: () => Math.min(freemem(), (process.constrainedMemory() || Infinity) - process.memoryUsage.rss()),
    async createSession(graph, provider, threads) {
      const options: InferenceSession.SessionOptions = {
        executionProviders: [provider],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        graphOptimizationLevel: 'all',
        logSeverityLevel: 3,
        // Spinning threads occupy cores that an editor needs, and gain nothing as soon as one of the cores is busy.
        extra: {
          session: {
            // The softmax of masked scores gives denormals, which a processor computes a hundred times slower: 512
            // tokens took twice as long.
            set_denormal_as_zero: '1',
            intra_op: { allow_spinning: '0' },
            inter_op: { allow_spinning: '0' },
            ...(typeof graph !== 'string' && { model_external_initializers_file_folder_path: graph.folder }),
          },
        },
      };
      const session =
        typeof graph === 'string'
          ? await ort.InferenceSession.create(graph, options)
          : await ort.InferenceSession.create(graph.bytes, options);
      return wrapSession(session, ort.Tensor);
    },
  };
}

async function importBinding(): Promise<typeof OnnxRuntime> {
  try {
    const module = await import('onnxruntime-node');
    return 'default' in module ? module.default : module;
  } catch (error) {
    const [cause] = messageOf(error).split('\n');
    throw new Error(
      `ONNX Runtime could not be loaded for ${process.platform}-${process.arch}: ${cause}. ` +
        'It has binaries for Linux (x64, arm64; glibc 2.28 or newer), Windows (x64, arm64) and macOS (arm64).',
      { cause: error },
    );
  }
}

function wrapSession(session: InferenceSession, TensorClass: typeof Tensor): RuntimeSession {
  const info = (metadata: readonly InferenceSession.ValueMetadata[]): TensorInfo[] =>
    metadata.map((value) =>
      value.isTensor ? { name: value.name, type: value.type, shape: value.shape } : { name: value.name, type: 'no tensor', shape: [] },
    );
  return {
    inputs: info(session.inputMetadata),
    outputs: info(session.outputMetadata),
    async run(feeds, fetches) {
      const tensors = Object.entries(feeds).map(
        ([name, { type, data, dims }]) => [name, new TensorClass(type as Tensor.Type, data, dims)] as const,
      );
      return await session.run(Object.fromEntries(tensors), fetches);
    },
    release: () => session.release(),
  };
}
