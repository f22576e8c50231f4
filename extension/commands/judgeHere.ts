import { l10n, Range, Selection, TextEditorRevealType, window } from 'vscode';
import { ReviewStepRequest } from '../../server/protocol/review.js';
import { toRange } from '../shell/editors.js';
import { type Command, targetOf } from './command.js';

/** Begins a review of one file in its own editor, without the panel. Moves the cursor to the first unjudged step. */
export const judgeHere: Command = {
  id: 'steplens.judgeHere',
  async run({ active, client, review }, target) {
    const uri = targetOf({ active }, target);
    if (!uri) {
      void window.showInformationMessage(l10n.t('Open a file with solutions or trees first.'));
      return;
    }
    await review.begin([uri], 'all', { mode: 'every-step', blind: false });
    const editor = await window.showTextDocument(uri);
    const item = review.inFocus(uri);
    if (!item) return;
    const { problem, step } = item;
    const { range } = await client.request(ReviewStepRequest, { uri: uri.toString(), problem, step, by: review.reviewer, blind: true });
    const { start } = toRange(range);
    editor.selection = new Selection(start, start);
    editor.revealRange(new Range(start, start), TextEditorRevealType.InCenterIfOutsideViewport);
  },
};
