import { l10n, Range, Selection, TextEditorRevealType, window } from 'vscode';
import type { LabelValue } from '../../server/protocol/review.js';
import { ReviewStepRequest } from '../../server/protocol/review.js';
import { requestStepAt } from '../shell/stepAt.js';
import type { StepLens } from '../shell/stepLens.js';
import { type Command, isIndex } from './command.js';

function judge(id: Command['id'], value: LabelValue): Command {
  return {
    id,
    run: (stepLens, uri, problem, step) =>
      typeof uri === 'string' && isIndex(problem) && isIndex(step)
        ? stepLens.review.judgeStep({ uri, problem, step }, value)
        : judgeAtCursor(stepLens, value),
  };
}

export const judgeWrong = judge('steplens.judgeWrong', -1);
export const judgeNeutral = judge('steplens.judgeNeutral', 0);
export const judgeRight = judge('steplens.judgeRight', 1);
export const judgeUnsure = judge('steplens.judgeUnsure', 'unsure');
export const judgeSkip = judge('steplens.judgeSkip', 'skip');

/** Takes back the latest judgment in the file of the active editor, or in the review. */
export const undoJudgment: Command = {
  id: 'steplens.undoJudgment',
  async run({ review, active }) {
    if (!(await review.undo(active.uri?.toString())))
      void window.showInformationMessage(l10n.t('There is no judgment of yours to take back in this file.'));
  },
};

/** Judges the step at the cursor and moves the cursor to the next step of its problem. */
async function judgeAtCursor({ client, review }: StepLens, value: LabelValue): Promise<void> {
  const editor = window.activeTextEditor;
  const uri = editor?.document.uri;
  const here = editor && uri && (await requestStepAt(client, uri, editor.selection.active));
  if (!here || here.step === undefined) {
    void window.showInformationMessage(l10n.t('Put the cursor on a step to judge it.'));
    return;
  }
  const place = { uri: uri.toString(), problem: here.problem, step: here.step };
  await review.judgeStep(place, value);
  const next = await client
    .request(ReviewStepRequest, { ...place, step: place.step + 1, by: review.reviewer, blind: true })
    .catch(() => undefined);
  if (!next) return;
  const { start, end } = next.range;
  const range = new Range(start.line, start.character, end.line, end.character);
  editor.selection = new Selection(range.start, range.start);
  editor.revealRange(range, TextEditorRevealType.InCenterIfOutsideViewport);
}
