import { basename } from 'node:path';
import { l10n, Uri, ViewColumn, window, workspace } from 'vscode';
import { CompareRuns } from '../../server/protocol/comparison.js';
import type { StepLens } from '../shell/stepLens.js';
import { type Command, problemIn, targetOf } from './command.js';

/** Compares a problem with the same problem in another file: by another policy, another seed or another PRM. */
export const compareRuns: Command = {
  id: 'steplens.compareRuns',
  async run(stepLens, target, problem, other) {
    const uri = targetOf(stepLens, target);
    if (!uri) {
      void window.showInformationMessage(l10n.t('Open a file with reasoning steps first, such as a search tree.'));
      return;
    }
    const at = await problemIn(stepLens, uri, problem);
    const chosen = other instanceof Uri ? other : await otherRun(stepLens, uri);
    if (!chosen) return;
    await workspace.openTextDocument(chosen);
    const { page, problem: there } = await stepLens.client.request(CompareRuns, {
      uri: uri.toString(),
      problem: at,
      other: chosen.toString(),
    });
    await stepLens.reports.show(l10n.t('Comparison of {0} with {1}', basename(uri.path), basename(chosen.path)), page);
    const both = l10n.t('Open Both Trees');
    if ((await window.showInformationMessage(l10n.t('Both runs are compared on one page.'), both)) !== both) return;
    await stepLens.panels.open(uri, at, undefined, ViewColumn.One);
    await stepLens.panels.open(chosen, there, undefined, ViewColumn.Two);
  },
};

/** Asks for one of the other open files, or any other file. */
async function otherRun(stepLens: StepLens, uri: Uri): Promise<Uri | undefined> {
  const open = stepLens.claims.documents.map((document) => document.uri).filter((one) => one.toString() !== uri.toString());
  const choose = { label: l10n.t('Choose a File…'), uri: undefined };
  const rows = [...open.map((one) => ({ label: basename(one.path), description: workspace.asRelativePath(one), uri: one })), choose];
  const title = l10n.t('Compare {0} with…', basename(uri.path));
  const row = open.length === 0 ? choose : await window.showQuickPick(rows, { title });
  if (row === undefined || row.uri) return row?.uri;
  const files = await window.showOpenDialog({ title, defaultUri: Uri.joinPath(uri, '..'), canSelectMany: false });
  return files?.[0];
}
