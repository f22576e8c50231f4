import { Uri, window, workspace } from 'vscode';
import type { Command } from './command.js';
import { score } from './scoreDocument.js';

/** Opens a copy of a sample solution with an error in it, and scores it even if documents are not scored when they open. It is not saved. */
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
