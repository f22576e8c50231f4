import type { Command } from './command.js';

/** Ends the server and its inference process and starts them anew. */
export const restartServer: Command = {
  id: 'steplens.restartServer',
  run: ({ client }) => client.restart(),
};
