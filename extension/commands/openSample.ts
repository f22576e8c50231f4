import { Uri, window, workspace } from 'vscode';
import type { Command } from './command.js';
import { score } from './scoreDocument.js';

/** Opens an unsaved copy of a sample solution with an error, and scores it even if nothing is scored on opening. */
export const openSample: Command = {
  id: 'steplens.openSample',
  async run(stepLens) {
    const sample = Uri.joinPath(stepLens.context.extensionUri, 'media', 'samples', 'solutions', 'wrong.md');
    const content = new TextDecoder().decode(await workspace.fs.readFile(sample));
    const document = await workspace.openTextDocument({ language: 'markdown', content });
    await window.showTextDocument(document);
    await score(stepLens, document.uri, false);
  },
};
