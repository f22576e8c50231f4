import type { Uri } from 'vscode';
import { StepAt, type StepAtResult } from '../../server/protocol/steps.js';
import type { Position } from '../../server/reasoning/span.js';
import type { Client } from './client.js';

/** Returns the step or problem at a position of a document; null outside every problem. */
export async function requestStepAt(client: Client, uri: Uri, { line, character }: Position): Promise<StepAtResult | null> {
  return client.request(StepAt, { uri: uri.toString(), position: { line, character } });
}
