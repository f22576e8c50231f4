import { l10n, type Uri, window } from 'vscode';
import { FindRequests } from '../../server/protocol/requests.js';
import { type Command, isIndex, targetOf } from './command.js';

/**
 * Shows a request to a policy or judge with its reply: of a rollout (target, problem, node, rollout), of a node, or of
 * the event at the cursor in an event log. The user picks one of several.
 */
export const showRequest: Command = {
  id: 'steplens.showRequest',
  async run(stepLens, target, problem, node, rollout) {
    const event = eventAtCursor();
    const uri = isIndex(node) ? targetOf(stepLens, target) : event?.uri;
    const where = isIndex(node)
      ? { problem: isIndex(problem) ? problem : 0, node, ...(isIndex(rollout) && { rollout }) }
      : event && { event: event.line };
    if (!uri || !where) {
      void window.showInformationMessage(
        l10n.t('Put the cursor on a line of an event log (*.events.jsonl), or choose a rollout in the tree panel.'),
      );
      return;
    }
    const found = await stepLens.client.request(FindRequests, { uri: uri.toString(), ...where });
    const items = found.map(({ title, place }) => ({ label: title, place }));
    const chosen =
      items.length === 1 ? items[0] : await window.showQuickPick(items, { title: l10n.t('Requests'), placeHolder: l10n.t('Which one?') });
    if (chosen) await window.showTextDocument(stepLens.requests.uriOf(chosen.place), { preview: true });
  },
};

function eventAtCursor(): { readonly uri: Uri; readonly line: number } | undefined {
  const editor = window.activeTextEditor;
  return editor?.document.uri.path.endsWith('.events.jsonl') === true
    ? { uri: editor.document.uri, line: editor.selection.active.line }
    : undefined;
}
