import type { Command } from './command.js';

export const showLog: Command = {
  id: 'steplens.showLog',
  run: ({ log }) => log.show(),
};
