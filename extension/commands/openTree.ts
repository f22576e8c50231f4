import { l10n, window } from 'vscode';
import { NodeOfStep } from '../../server/protocol/problemView.js';
import { stepAt } from '../shell/stepAt.js';
import { type Command, isIndex, targetOf } from './command.js';

/** Draws a problem as a tree beside its file: the one given, else the one at the cursor. */
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
    const editor = window.activeTextEditor;
    const here = editor?.document.uri.toString() === uri.toString() ? await stepAt(stepLens.client, uri, editor.selection.active) : null;
    // A cursor on no step, as in a file that just opened, chooses no node: the tree lands on its first low step.
    if (here?.step === undefined) return stepLens.panels.open(uri, here?.problem);
    const found = await stepLens.client.request(NodeOfStep, { uri: uri.toString(), problem: here.problem, step: here.step });
    return stepLens.panels.open(uri, here.problem, found ?? undefined);
  },
};
