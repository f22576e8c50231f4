import { Uri } from 'vscode';
import type { Range as ProtocolRange } from '../../server/reasoning/span.js';
import { reveal, toRange } from '../shell/editors.js';
import type { Command } from './command.js';

/** Goes to a step: the target of lenses and links. Arguments: the document's URI and the step's range. */
export const goToStep: Command = {
  id: 'steplens.goToStep',
  async run(_stepLens, uri, range) {
    if (typeof uri === 'string' && isRange(range)) await reveal(Uri.parse(uri, true), toRange(range), { focus: true, select: false });
  },
};

function isRange(value: unknown): value is ProtocolRange {
  const { start, end } = (value ?? {}) as { start?: { line?: unknown }; end?: { line?: unknown } };
  return typeof start?.line === 'number' && typeof end?.line === 'number';
}
