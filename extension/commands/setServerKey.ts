import { commands, l10n, type QuickPickItem, window } from 'vscode';
import { ScoringServer } from '../../server/protocol/servers.js';
import { serverKeyName } from '../shell/serverKey.js';
import type { StepLens } from '../shell/stepLens.js';
import type { Command } from './command.js';

interface Server extends QuickPickItem {
  readonly url: string;
}

/**
 * Stores the key of a server in use (scoring model, policy, judge) in VS Code's secrets, never in a setting. An empty
 * key deletes it.
 */
export const setServerKey: Command = {
  id: 'steplens.setServerKey',
  async run(stepLens) {
    const { context, client } = stepLens;
    const servers = await chosenServers(stepLens);
    const [first] = servers;
    if (!first) {
      void window.showInformationMessage(
        l10n.t(
          'Nothing that is chosen now is on a server, so no key is needed. A model\'s profile (prm.json), "Labeling: Policy" or "Labeling: Judge" names one.',
        ),
      );
      return;
    }
    const ask = { title: l10n.t('Server to set the key for'), ignoreFocusOut: true };
    const server = servers.length === 1 ? first : await window.showQuickPick(servers, ask);
    if (!server) return;
    const origin = server.label;
    const key = await window.showInputBox({
      title: l10n.t('Key for {0}', origin),
      prompt: l10n.t('It is sent to this server alone. Leave it empty to forget the key.'),
      password: true,
      ignoreFocusOut: true,
    });
    if (key === undefined) return;
    if (key.trim() === '') await context.secrets.delete(serverKeyName(server.url));
    else await context.secrets.store(serverKeyName(server.url), key.trim());
    void window.showInformationMessage(
      key.trim() === ''
        ? l10n.t('The key for {0} is forgotten.', origin)
        : l10n.t("The key for {0} is kept in VS Code's secret storage.", origin),
    );
    // The missing key may have caused the failure.
    if (client.status?.state === 'failed') await commands.executeCommand('steplens.scoreDocument');
  },
};

/** Returns one item per origin. */
async function chosenServers({ settings, client }: StepLens): Promise<Server[]> {
  const { labelingPolicy, labelingJudge } = settings.read();
  const scoring = await client.request(ScoringServer, {});
  const uses: [url: string, use: string][] = [
    [scoring ?? '', l10n.t('scoring model')],
    [labelingPolicy, l10n.t('labeling policy')],
    [labelingJudge, l10n.t('labeling judge')],
  ];
  const servers = new Map<string, Server>();
  for (const [url, use] of uses) {
    if (!URL.canParse(url) || !/^https?:/i.test(url)) continue;
    const { origin } = new URL(url);
    const known = servers.get(origin)?.description;
    servers.set(origin, { url, label: origin, description: known === undefined ? use : `${known}, ${use}` });
  }
  return [...servers.values()];
}
