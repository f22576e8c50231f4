import { window } from 'vscode';
import { policyKeyName } from '../policyKey.js';
import type { Command } from './command.js';

/** Keeps the key of the policy server among VS Code's secrets, never in a setting; an empty one forgets it. */
export const setPolicyKey: Command = {
  id: 'steplens.setPolicyKey',
  async run({ settings, context }) {
    const url = settings.read().labelingPolicy;
    if (!URL.canParse(url) || !/^https?:/i.test(url)) {
      void window.showInformationMessage('A local policy needs no key. For a server of your own, write its base URL into the setting "Labeling: Policy" first.');
      return;
    }
    const { origin } = new URL(url);
    const key = await window.showInputBox({ title: `Key for ${origin}`, prompt: 'It is sent to this server alone. Leave it empty to forget the key.', password: true, ignoreFocusOut: true });
    if (key === undefined) return;
    if (key.trim() === '') await context.secrets.delete(policyKeyName(url));
    else await context.secrets.store(policyKeyName(url), key.trim());
    void window.showInformationMessage(key.trim() === '' ? `The key for ${origin} is forgotten.` : `The key for ${origin} is kept in VS Code's secret storage.`);
  },
};
