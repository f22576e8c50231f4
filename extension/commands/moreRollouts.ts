import { l10n, ProgressLocation, Range, type TextDocument, WorkspaceEdit, window, workspace } from 'vscode';
import { MoreRollouts } from '../../server/protocol/labeling.js';
import { consentToLabel } from '../shell/labelingConsent.js';
import { listed } from '../shell/listed.js';
import { type Command, isIndex, placeIn, targetOf } from './command.js';

const usual = 16;
const most = 10_000;

/**
 * Samples more rollouts from a node of a tree made by a run: the given node, else the one at the cursor. The file can
 * be restored; the event log only ever grows, and the tree panel shows how many rollouts the file does not have.
 */
export const moreRollouts: Command = {
  id: 'steplens.moreRollouts',
  async run(stepLens, target, problem, node, count) {
    const uri = targetOf(stepLens, target);
    if (!uri) return;
    const at = isIndex(problem) && isIndex(node) ? { problem, node } : await placeIn(stepLens, uri);
    const here = at?.node === undefined ? undefined : { problem: at.problem, node: at.node };
    if (!here) {
      void window.showInformationMessage(
        l10n.t('Put the cursor on a step of a search tree, or select a node in the tree panel, and ask again.'),
      );
      return;
    }
    const document = await workspace.openTextDocument(uri);
    if (document.isDirty)
      throw new Error(l10n.t('This file has changes that are not saved. Save it first: the new rollouts are written into it.'));
    const wanted = isIndex(count) && count > 0 ? count : await askCount();
    if (wanted === undefined) return;
    if (!(await consentToLabel(stepLens))) return;
    const before = document.getText();
    const result = await window.withProgress(
      { location: ProgressLocation.Notification, title: `StepLens: ${l10n.t('{0} rollouts', wanted)}`, cancellable: true },
      (_progress, token) => stepLens.client.request(MoreRollouts, { uri: uri.toString(), ...here, count: wanted }, token),
    );
    const { right, wrong, undecided, failed } = result;
    const counts = [
      l10n.t('{0} right', right),
      l10n.t('{0} wrong', wrong),
      undecided > 0 ? l10n.t('{0} undecided', undecided) : '',
      failed > 0 ? l10n.t('{0} failed', failed) : '',
    ].filter((text) => text !== '');
    const told = l10n.t('{0} more rollouts: {1}.', right + wrong + undecided + failed, listed(counts));
    if (await window.showInformationMessage(told, l10n.t('Undo'))) await takeBack(document, before);
  },
};

async function askCount(): Promise<number | undefined> {
  const text = await window.showInputBox({
    title: l10n.t('More rollouts from here'),
    prompt: l10n.t('How many? Up to {0}.', most.toLocaleString('en-US')),
    value: String(usual),
    validateInput: (value) =>
      countOf(value) === undefined ? l10n.t('Write a whole number from 1 to {0}.', most.toLocaleString('en-US')) : undefined,
  });
  return text === undefined ? undefined : countOf(text);
}

function countOf(text: string): number | undefined {
  const count = /^\s*\d+\s*$/.test(text) ? Number(text) : 0;
  return count >= 1 && count <= most ? count : undefined;
}

/** Restores the file's text as an edit, so that this can itself be undone. */
async function takeBack(document: TextDocument, before: string): Promise<void> {
  const edit = new WorkspaceEdit();
  edit.replace(document.uri, new Range(document.positionAt(0), document.positionAt(document.getText().length)), before);
  if (!(await workspace.applyEdit(edit)) || !(await document.save()))
    throw new Error(l10n.t('The file could not be taken back. Undo in its editor instead.'));
}
