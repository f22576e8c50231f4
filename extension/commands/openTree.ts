import { l10n, type Position, type Uri, window } from 'vscode';
import { NodeOfStep } from '../../server/protocol/problemView.js';
import { toRange } from '../shell/editors.js';
import { stepAt } from '../shell/stepAt.js';
import { type Command, isIndex, rowOf, targetOf } from './command.js';

/** Draws a problem as a tree beside its file: the one given, that of a row of the view, else the one at the cursor. */
export const openTree: Command = {
  id: 'steplens.openTree',
  async run(stepLens, target, problem, node, column) {
    const uri = targetOf(stepLens, target);
    if (!uri) {
      void window.showInformationMessage(
        l10n.t('Open a file with reasoning steps first: a search tree, labeled solutions, or a solution in Markdown.'),
      );
      return;
    }
    if (isIndex(problem)) return stepLens.panels.open(uri, problem, isIndex(node) ? node : undefined, isIndex(column) ? column : undefined);
    const row = rowOf(target);
    if (row?.range === undefined && row?.problem !== undefined) return stepLens.panels.open(uri, row.problem);
    const here = row?.range === undefined ? cursorIn(uri) : toRange(row.range).start;
    const place = here && (await stepAt(stepLens.client, uri, here));
    // A cursor on no step, as in a file that just opened, chooses no node: the tree lands on its first low step.
    if (place?.step === undefined) return stepLens.panels.open(uri, place?.problem ?? row?.problem);
    const found = await stepLens.client.request(NodeOfStep, { uri: uri.toString(), problem: place.problem, step: place.step });
    return stepLens.panels.open(uri, place.problem, found ?? undefined);
  },
};

function cursorIn(uri: Uri): Position | undefined {
  const editor = window.activeTextEditor;
  return editor?.document.uri.toString() === uri.toString() ? editor.selection.active : undefined;
}
