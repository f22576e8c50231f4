import { debug, l10n, window, workspace } from 'vscode';
import { launchOf } from '../debug/searchDebugger.js';
import { type Command, targetOf } from './command.js';

/** Starts the debugger on the labeling of a problem: the one with the given id, else the first of the file. */
export const debugLabeling: Command = {
  id: 'steplens.debugLabeling',
  async run(stepLens, target, problem) {
    const uri = targetOf(stepLens, target);
    if (uri?.scheme !== 'file') {
      void window.showInformationMessage(l10n.t('Open a saved file with problems first: the labels are written beside it.'));
      return;
    }
    await debug.startDebugging(workspace.getWorkspaceFolder(uri), launchOf(uri.fsPath, typeof problem === 'string' ? problem : undefined));
  },
};
