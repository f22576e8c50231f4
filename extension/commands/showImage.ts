import { Uri, ViewColumn, commands, window } from 'vscode';
import { ProblemViewRequest, type ProblemView } from '../../server/protocol.js';
import { stepAt } from '../stepAt.js';
import type { StepLens } from '../stepLens.js';
import { isIndex, targetOf, type Command } from './command.js';

/** Shows an image of a problem beside the file: the one given, else the first of the problem at the cursor. */
export const showImage: Command = {
  id: 'steplens.showImage',
  async run(stepLens, target, problem, index) {
    const uri = targetOf(stepLens, target);
    if (!uri) return;
    const images = await imagesOf(stepLens, uri, isIndex(problem) ? problem : await problemAtCursor(stepLens, uri));
    const image = images[isIndex(index) ? index : 0];
    if (image) await commands.executeCommand('vscode.open', Uri.parse(image, true), ViewColumn.Beside);
    else void window.showInformationMessage('This problem has no image that can be found. Image paths are looked up beside the file and in the workspace.');
  },
};

async function imagesOf({ client }: StepLens, uri: Uri, problem: number): Promise<readonly string[]> {
  const view = await client.request<ProblemView | null>(ProblemViewRequest, { uri: uri.toString(), problem });
  return view?.images ?? [];
}

async function problemAtCursor({ client }: StepLens, uri: Uri): Promise<number> {
  const position = window.activeTextEditor?.selection.active;
  const here = position && (await stepAt(client, uri, position));
  return here?.problem ?? 0;
}
