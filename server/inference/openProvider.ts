import { runtimeCause } from './failures.js';
import { withBlankImage } from './graph/blankImage.js';
import type { Graph } from './graph/graph.js';
import { openGraph } from './graph/openGraph.js';
import { joinThreeParts } from './graph/threeParts.js';
import type { LoadRequest, ProviderName } from './protocol.js';
import type { GraphBytes, Runtime, RuntimeSession, TensorValue } from './runtime.js';
import type { SlicedGraph } from './slicedGraph.js';

/**
 * Opens a graph on the CPU. If the runtime rejects the rewritten graph, the original file is opened, so that the
 * runtime reports what is wrong with it.
 */
export async function openSliced(
  runtime: Runtime,
  request: LoadRequest,
  file: SlicedGraph | string,
): Promise<{ readonly graph: Graph; readonly file: SlicedGraph | string }> {
  if (typeof file === 'string') return { graph: await openOn(runtime, request, file, 'cpu'), file };
  try {
    return { graph: await openOn(runtime, request, file, 'cpu'), file };
  } catch (error) {
    const reason = runtimeCause(error);
    return { graph: await openOn(runtime, request, reason, 'cpu'), file: reason };
  }
}

/**
 * @param file The rewritten graph, or why the file is run as it is.
 * @param watch Called with the inputs of the decoder.
 */
export async function openOn(
  runtime: Runtime,
  request: LoadRequest,
  file: SlicedGraph | string,
  provider: ProviderName,
  watch?: (feeds: Readonly<Record<string, TensorValue>>) => void,
): Promise<Graph> {
  const opened: RuntimeSession[] = [];
  const start = async (graph: string | GraphBytes) => {
    const session = await runtime.createSession(graph, provider, request.threads);
    opened.push(session);
    return provider === 'webgpu' ? withBlankImage(session) : session;
  };
  try {
    const session = await start(typeof file === 'string' ? request.graphPath : file);
    const decoder = watch ? watched(session, watch) : session;
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

function watched(session: RuntimeSession, watch: (feeds: Readonly<Record<string, TensorValue>>) => void): RuntimeSession {
  return {
    inputs: session.inputs,
    outputs: session.outputs,
    run(feeds, fetches) {
      watch(feeds);
      return session.run(feeds, fetches);
    },
    release: () => session.release(),
  };
}
