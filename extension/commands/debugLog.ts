import { debug, l10n, Uri, window, workspace } from 'vscode';
import { attachTo } from '../debug/searchDebugger.js';
import type { Command } from './command.js';

/** Starts the debugger on an event log: the given one, the one in the active editor, or one the user picks. */
export const debugLog: Command = {
  id: 'steplens.debugLog',
  async run(_stepLens, target) {
    const active = window.activeTextEditor?.document.uri;
    const given = target instanceof Uri ? target : active?.path.endsWith('.events.jsonl') ? active : await pick();
    if (given) await debug.startDebugging(workspace.getWorkspaceFolder(given), attachTo(given.fsPath));
  },
};

async function pick(): Promise<Uri | undefined> {
  const logs = await workspace.findFiles('**/*.events.jsonl', '**/node_modules/**', 1000);
  if (logs.length === 0) {
    void window.showInformationMessage(
      l10n.t('There is no event log in this workspace. Label a problem first: its log is written beside its labels.'),
    );
    return undefined;
  }
  const items = logs.map((uri) => ({ label: workspace.asRelativePath(uri), uri }));
  return (await window.showQuickPick(items, { placeHolder: l10n.t('Event log to debug') }))?.uri;
}
