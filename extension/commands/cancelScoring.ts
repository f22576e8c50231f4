import { CancelScoring } from '../../server/protocol/scoring.js';
import type { Command } from './command.js';

/** Stops scoring all documents. */
export const cancelScoring: Command = {
  id: 'steplens.cancelScoring',
  async run({ client }) {
    if (client.isStarted) await client.request(CancelScoring, {});
  },
};
