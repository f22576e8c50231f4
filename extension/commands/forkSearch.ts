import { debug, l10n, ProgressLocation, window } from 'vscode';
import { debugType } from '../debug/searchDebugger.js';
import type { Command } from './command.js';

/** Runs the debugged search again from the current event on, with a change, like `what if` in the debug console. */
export const forkSearch: Command = {
  id: 'steplens.forkSearch',
  async run() {
    const session = debug.activeDebugSession;
    if (session?.type !== debugType) {
      void window.showInformationMessage(l10n.t('No search is being debugged. Start one with "Debug Labeling of a Problem".'));
      return;
    }
    const change = await window.showInputBox({
      title: l10n.t('What if?'),
      prompt: l10n.t('What is different from the current event on'),
      placeHolder: 'cPuct = 0.5, rollouts = 32, rollout 3 = wrong, verifier = now',
      ignoreFocusOut: true,
    });
    if (change === undefined || change.trim() === '') return;
    const request = session.customRequest('evaluate', { expression: `what if ${change}`, context: 'repl' });
    const progress = { location: ProgressLocation.Notification, title: l10n.t('Forking the search') };
    const { result } = await window.withProgress(progress, () => request as Thenable<{ readonly result: string }>);
    debug.activeDebugConsole.appendLine(result);
  },
};
