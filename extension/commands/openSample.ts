import { Uri, window, workspace } from 'vscode';
import type { Command } from './command.js';

/** Opens a copy of a sample solution with an error in it; it is not saved anywhere. */
export const openSample: Command = {
  id: 'steplens.openSample',
  async run({ context }) {
    const sample = Uri.joinPath(context.extensionUri, 'media', 'samples', 'solutions', 'wrong.md');
    const content = new TextDecoder().decode(await workspace.fs.readFile(sample));
    await window.showTextDocument(await workspace.openTextDocument({ language: 'markdown', content }));
  },
};
