import { l10n, type Uri, window } from 'vscode';
import { type LowStep, LowSteps } from '../../server/protocol/steps.js';
import type { Client } from './client.js';
import { reveal, toRange, visibleEditor } from './editors.js';
import { listed } from './listed.js';

const messageMs = 5_000;

/**
 * Moves the cursor to the next (1) or previous (-1) low step of a document, wrapping around at its ends. Shows which
 * one it is in the status bar, where a screen reader reads it too.
 */
export async function moveToLowStep(client: Client, uri: Uri, direction: 1 | -1, focus: boolean): Promise<void> {
  const steps = await client.request(LowSteps, { uri: uri.toString() });
  const cursor = visibleEditor(uri)?.selection.start;
  const index = cursor && steps.length > 0 ? neighborLowStep(steps, cursor, direction) : 0;
  const step = steps[index];
  if (step === undefined) {
    window.setStatusBarMessage(`$(check) ${l10n.t('No low steps in this file')}`, messageMs);
    return;
  }
  await reveal(uri, toRange(step.range), { focus, select: false });
  window.setStatusBarMessage(
    `$(warning) ${listed([l10n.t('Low step {0} of {1}: {2}', index + 1, steps.length, step.value.toFixed(2)), ...(step.first ? [l10n.t('first of its solution')] : [])])}`,
    messageMs,
  );
}

/** Returns the index of the low step after or before the cursor, wrapping around at both ends. */
export function neighborLowStep(steps: readonly LowStep[], cursor: { line: number; character: number }, direction: 1 | -1): number {
  const against = (position: { line: number; character: number }): number =>
    position.line - cursor.line || position.character - cursor.character;
  if (direction === 1) {
    const next = steps.findIndex(({ range }) => against(range.start) > 0);
    return next < 0 ? 0 : next;
  }
  // Inside a low step, the previous one is the one before it.
  const previous = steps.findLastIndex(({ range }) => against(range.end) <= 0);
  return previous < 0 ? steps.length - 1 : previous;
}
