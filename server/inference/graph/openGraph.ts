import type { Session } from '../runtime.js';
import { isHuggingFace, openHuggingFace } from './huggingFace.js';
import type { Graph } from './graph.js';
import { isTokenMajor, openTokenMajor } from './tokenMajor.js';
import { openUncached } from './uncached.js';

/**
 * Recognises how a graph takes its sequence from the session's inputs and outputs (facts: what Optimum and our own
 * export write). Throws GraphError, naming the inputs, when it is none of the known kinds.
 */
export function openGraph(session: Session): Graph {
  if (isTokenMajor(session)) return openTokenMajor(session);
  if (isHuggingFace(session)) return openHuggingFace(session);
  return openUncached(session);
}
