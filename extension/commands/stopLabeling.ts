import { StopLabeling } from '../../server/protocol/labeling.js';
import type { Command } from './command.js';

/** Stops labeling the given file, or all files. Sampled rollouts stay in the event log. */
export const stopLabeling: Command = {
  id: 'steplens.stopLabeling',
  async run({ client }, file) {
    if (client.isStarted) await client.request(StopLabeling, typeof file === 'string' ? { file } : {});
  },
};
