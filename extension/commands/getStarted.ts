import { commands } from 'vscode';
import type { Command } from './command.js';

/** Opens the walkthrough of the manifest. */
export const getStarted: Command = {
  id: 'steplens.getStarted',
  async run({ context }) {
    await commands.executeCommand('workbench.action.openWalkthrough', `${context.extension.id}#start`, false);
  },
};
