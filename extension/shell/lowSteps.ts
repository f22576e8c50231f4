import { l10n, type Uri, window } from 'vscode';
import { type LowStep, LowSteps } from '../../server/protocol/steps.js';
import type { Client } from './client.js';
import { reveal, toRange, visibleEditor } from './editors.js';
import { listed } from './listed.js';

const messageMs = 5_000;

/**
 * Moves the cursor to the next (1) or previous (-1) low step of a document, around its ends, and shows in the status bar
 * which one it is, where a screen reader says it too.
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

/** Index of the low step after or before the cursor; the first after the last, the last before the first. */
export function neighborLowStep(steps: readonly LowStep[], cursor: { line: number; character: number }, direction: 1 | -1): number {
  const against = (position: { line: number; character: number }): number =>
    position.line - cursor.line || position.character - cursor.character;
  if (direction === 1) {
    const next = steps.findIndex(({ range }) => against(range.start) > 0);
    return next < 0 ? 0 : next;
  }
  // Inside a low step, the one before it is meant.
  const previous = steps.findLastIndex(({ range }) => against(range.end) <= 0);
  return previous < 0 ? steps.length - 1 : previous;
}
