import { commands, l10n, ProgressLocation, Uri, window } from 'vscode';
import { ShowRequest } from '../../server/protocol/requests.js';
import { consentToLabel } from '../shell/labelingConsent.js';
import type { Command } from './command.js';

/** Sends the request in the active editor again, after consent to its server, and compares both replies. */
export const sendRequestAgain: Command = {
  id: 'steplens.sendRequestAgain',
  async run({ client, consent, requests }, target) {
    const place = requests.placeOf(target instanceof Uri ? target : window.activeTextEditor?.document.uri);
    if (!place) {
      void window.showInformationMessage(l10n.t('Show a request first: in the tree panel or in an event log, choose "Show Request".'));
      return;
    }
    const { origin, refusal, title } = await client.request(ShowRequest, place);
    if (refusal !== null) {
      void window.showInformationMessage(refusal);
      return;
    }
    if (origin !== null && !(await consentToLabel({ client, consent }, { policy: origin }))) return;
    const again = await window.withProgress(
      { location: ProgressLocation.Notification, title: `StepLens: ${title.split(':', 1)[0]}`, cancellable: true },
      (_progress, token) => requests.sendAgain(place, token),
    );
    await commands.executeCommand('vscode.diff', requests.uriOf(place), again, 'Request: kept ↔ sent again');
  },
};
