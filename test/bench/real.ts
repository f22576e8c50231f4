import { measureLabels } from './realLabels.js';
import { onRealServer } from './realServer.js';
import type { Row } from './row.js';

/**
 * Labels problems by the command that a user runs, with a small open model (SmolLM2-135M-Instruct) on llama.cpp's
 * server, and checks every log. Model and server are downloaded once as Python packages (see realServer.ts).
 */
export async function measure(): Promise<Row[]> {
  return await onRealServer('labels', (server, world, folder) => measureLabels(world, server, folder));
}
