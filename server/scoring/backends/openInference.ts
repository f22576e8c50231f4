import { join } from 'node:path';
import { GraphError } from '../../inference/graph/graph.js';
import { openGraph } from '../../inference/graph/openGraph.js';
import type { RuntimeSession, TensorInfo } from '../../inference/runtime.js';
import { english } from '../../l10n.js';
import { imagesPlace, toPixels } from '../../models/images/imageKinds.js';
import { prepareImagesApart } from '../../models/images/imageProcess.js';
import { ModelError } from '../../models/modelError.js';
import { loadTokenizer } from '../../models/tokenizer.js';
import { itemAt, lastItem, mustGet, mustHave } from '../../reasoning/present.js';
import { HttpClient } from '../../remote/httpClient.js';
import { RequestFailure } from '../../remote/requestFailure.js';
import { createEncoder, layoutText, markersOf } from '../layouts/layouts.js';
import { planRun } from '../planRun.js';
import { buildTrie } from '../prefixTrie.js';
import { createReader, toUnit } from '../readouts/readouts.js';
import type { Backend, BackendContext, PathScore, PathScores, ScorePath } from './backend.js';
import { decodeInference, encodeInference, typeOfDatatype } from './inferenceTensors.js';
import type { OpenInferenceProfile } from './remoteProfile.js';

/** Longest reply: it may have a whole vocabulary's scores per token. For more, put the readout in the graph. Bytes. */
const MOST_LOGITS = 512 * 2 ** 20;

interface Metadata {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

/**
 * A graph behind the Open Inference Protocol v2 (KServe's specification/protocol/inference_rest.md): Triton, KServe, MLServer.
 * Text is laid out and encoded, and scores are read, as for a graph on this machine. The metadata lists the inputs.
 * The server keeps no keys and values, so every path is run whole, with an empty past if the graph has one.
 */
export async function openOpenInference(profile: OpenInferenceProfile, context: BackendContext): Promise<Backend> {
  const { local, server: settings } = profile;
  const { layout, images } = local;
  const tokenizer = await loadTokenizer(join(context.modelFolder, local.tokenizer), ...markersOf(layout, images));
  const encoder = createEncoder(layout, tokenizer);
  const reader = createReader(local.readout, tokenizer);
  const read = layoutText(layout).includes(imagesPlace) ? images : undefined;
  const imageToken = read && tokenizer.tokenId(read.token, english('image token'));
  const server = new HttpClient({ ...context, url: settings.url, mostBytes: MOST_LOGITS });
  const modelPath = `/v2/models/${encodeURIComponent(settings.model)}${profile.version === undefined ? '' : `/versions/${encodeURIComponent(profile.version)}`}`;
  let metadata: Metadata | undefined;
  let isBinary = false;

  /** The served model as a stateless session. Outputs other than the scores are not requested and stay empty. */
  function session({ inputs, outputs }: Metadata, signal: AbortSignal): RuntimeSession {
    return {
      inputs,
      // Adds the keys and values, which a server may be configured not to return.
      outputs: [...outputs, ...inputs.map((input) => ({ ...input, name: presentName(input.name) }))],
      async run(feeds, fetches) {
        const answer = await server.send(`${modelPath}/infer`, encodeInference(feeds, 'logits', isBinary), signal);
        const nothing = { type: 'float32', data: new Float32Array(0), dims: [0] };
        return {
          ...Object.fromEntries(fetches.map((name) => [name, nothing])),
          logits: decodeInference(answer, 'logits', (bytes) => server.readJson(bytes)),
        };
      },
      release: () => Promise.resolve(),
    };
  }

  async function score({ question, images: files, steps, wanted }: ScorePath, signal: AbortSignal): Promise<PathScores> {
    const prepared = read && (await prepareImagesApart(files, read));
    const trie = buildTrie({ question, images: [], steps: steps.map((text, i) => ({ text, ...(i > 0 && { parent: i - 1 }) })) }, '');
    // There is only one path, so its segments in order are the sequence.
    const plan = planRun(trie, (node) => wanted.includes(node), encoder, question, local.maxTokens, prepared?.text);
    const found = new Map<number, PathScore>();
    for (const [node, skipped] of plan.skipped) found.set(node, { skipped });
    if (plan.reads.length > 0) {
      const graph = openGraph(session(mustHave(metadata, 'metadata of the model'), signal));
      const ids = plan.ids.subarray(0, lastItem(plan.reads) + 1);
      const { values, width } = await graph.run(
        graph.createCache(),
        ids,
        prepared && toPixels(prepared, ids, mustHave(imageToken, 'image token')),
      );
      reader.checkWidth(width);
      plan.reads.forEach((position, read) => {
        const row = values.subarray(position * width, (position + 1) * width);
        const columns = reader.columns.length > 0 ? Float32Array.from(reader.columns, (column) => itemAt(row, column)) : row;
        found.set(itemAt(plan.readNodes, read), toUnit(reader.read(columns), local.range));
      });
    }
    return { scores: wanted.map((step) => mustGet(found, step)), tokens: plan.reads.length > 0 ? lastItem(plan.reads) + 1 : 0 };
  }

  return {
    asks: 'path',
    readsImages: imageToken !== undefined,
    readsAnswer: false,
    async open(signal) {
      await server.send('/v2/health/ready', {}, signal);
      isBinary = await hasBinaryTensors(server, signal);
      const told = (await server.json(modelPath, undefined, signal).catch(explainMissing)) as {
        inputs?: unknown;
        outputs?: unknown;
        versions?: unknown;
      } | null;
      metadata = { inputs: readTensors(told?.inputs), outputs: readTensors(told?.outputs) };
      try {
        openGraph(session(metadata, AbortSignal.abort()));
      } catch (error) {
        throw unusable(error);
      }
      return JSON.stringify(told?.versions ?? []);
    },
    score: (path, signal) => score(path, signal).catch((error: unknown) => Promise.reject(unusable(error))),
    dispose: () => server.dispose(),
  };

  function explainMissing(error: unknown): never {
    if (!(error instanceof RequestFailure) || (error.details.status !== 404 && error.details.status !== 400)) throw error;
    throw new ModelError(
      english(
        'The server at {0} has no model "{1}"{2}. {3} Correct \'backend.model\' in {4}, or load the model there.',
        settings.url,
        settings.model,
        profile.version === undefined ? '' : english(', version {0}', profile.version),
        error.message,
        context.profilePath,
      ),
    );
  }

  function unusable(error: unknown): Error {
    if (!(error instanceof GraphError)) return error as Error;
    return new ModelError(
      english(
        'The model "{0}" at {1} cannot be used: {2}. Serve a causal model as Hugging Face Optimum exports it (token-classification, text-generation).',
        settings.model,
        settings.url,
        error.message,
      ),
    );
  }
}

/** Whether the server supports binary tensors. A server without metadata gets JSON. */
async function hasBinaryTensors(server: HttpClient, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    const { extensions } = ((await server.json('/v2', undefined, signal)) ?? {}) as { extensions?: unknown };
    return Array.isArray(extensions) && extensions.includes('binary_tensor_data');
  } catch (error) {
    if (error instanceof RequestFailure) return false;
    throw error;
  }
}

/** Name of the output for an input of the past: `present.0.key`, or `present_key.0` in StepLens's own export. */
function presentName(name: string): string {
  return name.replace(/^past_key_values\./, 'present.').replace(/^past_(key|value)\./, 'present_$1.');
}

/** Reads the declared tensors. A size of -1 varies. */
function readTensors(list: unknown): TensorInfo[] {
  if (!Array.isArray(list))
    throw new RequestFailure(
      english("The server's description of the model has no inputs and outputs; is it an Open Inference Protocol v2 server?"),
    );
  return (list as ({ name?: unknown; datatype?: unknown; shape?: unknown } | null)[]).map((tensor) => ({
    name: String(tensor?.name),
    type: typeOfDatatype[String(tensor?.datatype)] ?? String(tensor?.datatype),
    shape: Array.isArray(tensor?.shape) ? tensor.shape.map((size, i) => (typeof size === 'number' && size >= 0 ? size : `d${i}`)) : [],
  }));
}
