import type { Command } from './command.js';

/** Restarts the server and its inference process. */
export const restartServer: Command = {
  id: 'steplens.restartServer',
  run: ({ client }) => client.restart(),
};
