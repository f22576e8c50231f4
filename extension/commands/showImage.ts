import { commands, l10n, Uri, ViewColumn, window } from 'vscode';
import { ProblemViewRequest } from '../../server/protocol/problemView.js';
import type { StepLens } from '../shell/stepLens.js';
import { type Command, problemIn, targetOf } from './command.js';

/** Shows an image of a problem (the given one, else at the cursor) beside the file. The user picks one of several. */
export const showImage: Command = {
  id: 'steplens.showImage',
  async run(stepLens, target, problem) {
    const uri = targetOf(stepLens, target);
    if (!uri) return;
    const images = await imagesOf(stepLens, uri, await problemIn(stepLens, uri, problem));
    if (images.length === 0) {
      void window.showInformationMessage(
        l10n.t('This problem has no image that can be found. Image paths are looked up beside the file and in the workspace.'),
      );
      return;
    }
    const image = images.length === 1 ? images[0] : await pick(images);
    if (image !== undefined) await commands.executeCommand('vscode.open', Uri.parse(image, true), ViewColumn.Beside);
  },
};

async function imagesOf({ client }: StepLens, uri: Uri, problem: number): Promise<readonly string[]> {
  const view = await client.request(ProblemViewRequest, { uri: uri.toString(), problem });
  return view?.images ?? [];
}

async function pick(images: readonly string[]): Promise<string | undefined> {
  const items = images.map((image) => ({ label: decodeURIComponent(image.slice(image.lastIndexOf('/') + 1)), image }));
  return (await window.showQuickPick(items, { title: l10n.t('Images of this problem') }))?.image;
}
