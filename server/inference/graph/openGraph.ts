import type { SlicedColumns } from '../../onnx/sliceHead.js';
import type { RuntimeSession } from '../runtime.js';
import type { Graph } from './graph.js';
import { openHead } from './head.js';
import { isHuggingFace, openHuggingFace } from './huggingFace.js';
import { isTokenMajor, openTokenMajor } from './tokenMajor.js';
import { openUncached } from './uncached.js';

/**
 * Recognizes how a graph takes its sequence from the session's inputs and outputs (facts: what Optimum and our own
 * export write). Throws GraphError, naming the inputs, when it is none of the known kinds.
 *
 * @param columns Those that a rewritten graph gives, where it does not give all.
 */
export function openGraph(session: RuntimeSession, columns?: SlicedColumns): Graph {
  const head = openHead(session, columns);
  if (isTokenMajor(session)) return openTokenMajor(session, head);
  if (isHuggingFace(session)) return openHuggingFace(session, head);
  return openUncached(session, head);
}
