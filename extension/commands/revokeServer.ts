import { l10n, window } from 'vscode';
import type { Command } from './command.js';

/** Withdraws consent from servers: nothing more is sent to them until the user consents again. */
export const revokeServer: Command = {
  id: 'steplens.revokeServer',
  async run({ consent }) {
    const items = [
      ...consent.allowed.map((label) => ({ label, description: 'scoring', labels: false })),
      ...consent.allowedLabeling.map((label) => ({ label, description: 'labeling', labels: true })),
    ];
    if (items.length === 0) {
      void window.showInformationMessage(l10n.t('You have consented to no server: nothing is sent to any.'));
      return;
    }
    const chosen = await window.showQuickPick(items, {
      title: l10n.t('Send nothing more to'),
      placeHolder: l10n.t('Servers that text may be sent to now'),
      canPickMany: true,
    });
    const origins = (labels: boolean) => (chosen ?? []).filter((item) => item.labels === labels).map(({ label }) => label);
    if (origins(false).length > 0) await consent.revoke(origins(false));
    if (origins(true).length > 0) await consent.revokeLabeling(origins(true));
  },
};
