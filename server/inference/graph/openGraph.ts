import type { SlicedColumns } from '../../onnx/sliceHead.js';
import type { RuntimeSession } from '../runtime.js';
import type { Graph } from './graph.js';
import { openHead } from './head.js';
import { isHuggingFace, openHuggingFace } from './huggingFace.js';
import { isTokenMajor, openTokenMajor } from './tokenMajor.js';
import { openUncached } from './uncached.js';

/**
 * Recognizes the cache layout of a graph by the session's inputs and outputs, as Optimum and StepLens's own export
 * write them. Throws GraphError, naming the inputs, when it is of no known kind.
 *
 * @param columns The columns that a rewritten graph returns, if not all.
 */
export function openGraph(session: RuntimeSession, columns?: SlicedColumns): Graph {
  const head = openHead(session, columns);
  if (isTokenMajor(session)) return openTokenMajor(session, head);
  if (isHuggingFace(session)) return openHuggingFace(session, head);
  return openUncached(session, head);
}
