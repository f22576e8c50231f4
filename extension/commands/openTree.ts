import { l10n, type Uri, window } from 'vscode';
import { NodeOfStep } from '../../server/protocol/problemView.js';
import { toRange } from '../shell/editors.js';
import { requestStepAt } from '../shell/stepAt.js';
import type { StepLens } from '../shell/stepLens.js';
import type { TreePlace } from '../shell/treePlace.js';
import { type Command, type FileRow, isIndex, placeIn, rowOf, targetOf } from './command.js';

/** Shows a problem as a tree beside its file: the given one, the one of a view's row, else the one at the cursor. */
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
    return stepLens.panels.openAt(uri, landing(stepLens, uri, row));
  },
};

/** Returns where the tree opens: at the step of a row, else at the cursor. */
async function landing(stepLens: StepLens, uri: Uri, row: FileRow | undefined): Promise<TreePlace> {
  const place =
    row?.range === undefined ? await placeIn(stepLens, uri) : await requestStepAt(stepLens.client, uri, toRange(row.range).start);
  // A cursor on the problem itself, as in a newly opened file, selects no node: the tree opens at its first low step.
  if (place?.step === undefined) return { problem: place?.problem ?? row?.problem, node: place?.node || undefined };
  const { problem, step } = place;
  return { problem, node: (await stepLens.client.request(NodeOfStep, { uri: uri.toString(), problem, step })) ?? undefined };
}
