import { l10n, Uri, window } from 'vscode';
import type { Command } from './command.js';

/** Shows the tree of the debugged search. From then on, it follows the debugger. */
export const openDebuggedTree: Command = {
  id: 'steplens.openDebuggedTree',
  async run({ marks, panels }) {
    const { moment } = marks;
    if (!moment) {
      void window.showInformationMessage(l10n.t('No search is being debugged. Start one with "Debug Labeling of a Problem".'));
      return;
    }
    const file = Uri.file(moment.file);
    await panels.open(file, 0);
    await panels.showMoment(file, moment.event);
  },
};
