import { FileType, l10n, Uri, window, workspace } from 'vscode';
import { type Command, targetOf } from './command.js';

/** Shows a labeling run in the run view: the one in the given folder, else in the folder of the active file. */
export const showRun: Command = {
  id: 'steplens.showRun',
  async run({ active, runs }, target) {
    const uri = target instanceof Uri ? target : (window.activeTextEditor?.document.uri ?? targetOf({ active }, target));
    if (!uri) {
      void window.showInformationMessage(l10n.t('Choose the folder of a run in the explorer, or open a file of it.'));
      return;
    }
    const { type } = await workspace.fs.stat(uri);
    await runs.show(type & FileType.Directory ? uri : Uri.joinPath(uri, '..'));
  },
};
