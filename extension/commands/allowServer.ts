import { l10n, window } from 'vscode';
import type { Command } from './command.js';

/** Asks for consent to send text to the server of the chosen model. */
export const allowServer: Command = {
  id: 'steplens.allowServer',
  async run({ client, consent }) {
    const origin = client.status?.asksFor;
    if (origin !== undefined) await consent.ask(origin);
    else
      void window.showInformationMessage(
        l10n.t(
          'No scoring server waits for your consent: what the chosen model scores stays on this machine, or you have consented to its server.',
        ),
      );
  },
};
