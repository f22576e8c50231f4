import { l10n, type Uri, window } from 'vscode';
import { isCancelled } from '../../server/protocol/message.js';
import { ScoreDocument } from '../../server/protocol/scoring.js';
import type { StepLens } from '../shell/stepLens.js';
import { type Command, targetOf } from './command.js';

const messageMs = 5_000;

/** Scores the steps of a document now, even if documents are not scored on opening. */
export const scoreDocument: Command = {
  id: 'steplens.scoreDocument',
  run: (stepLens, target) => score(stepLens, targetOf(stepLens, target), false),
};

/**
 * Requests a document's values from the server and reports the outcome in the status bar. Asks for consent first if the
 * scoring server needs it. A cancelled scoring reports nothing.
 */
export async function score(stepLens: StepLens, uri: Uri | undefined, again: boolean): Promise<void> {
  if (!uri) return;
  const { client, consent } = stepLens;
  try {
    const { steps, low } = await client.request(ScoreDocument, { uri: uri.toString(), again });
    window.setStatusBarMessage(`$(check) ${l10n.t('{0} steps scored, {1} low', steps, low)}`, messageMs);
  } catch (error) {
    const origin = client.status?.asksFor;
    if (origin === undefined || isCancelled(error)) throw error;
    // A "no" is an answer, not a failure.
    if (await consent.notify(origin)) await score(stepLens, uri, again);
  }
}
