import { StopLabeling } from '../../server/protocol/labeling.js';
import type { Command } from './command.js';

/** Stops labeling, of the file given or of all. What was sampled stays in the event log. */
export const stopLabeling: Command = {
  id: 'steplens.stopLabeling',
  async run({ client }, file) {
    if (client.isStarted) await client.request(StopLabeling, typeof file === 'string' ? { file } : {});
  },
};
