import { window } from 'vscode';
import type { Command } from './command.js';

/** Takes the leave to send text back from scoring servers: nothing more is sent to them until they are allowed again. */
export const revokeServer: Command = {
  id: 'steplens.revokeServer',
  async run({ consent }) {
    const { allowed } = consent;
    if (allowed.length === 0) {
      void window.showInformationMessage('No scoring server is allowed: nothing is sent to any.');
      return;
    }
    const chosen = await window.showQuickPick(allowed, {
      title: 'Send nothing more to',
      placeHolder: 'Scoring servers that text may be sent to now',
      canPickMany: true,
    });
    if (chosen && chosen.length > 0) await consent.revoke(chosen);
  },
};
