import type { InlayHint } from 'vscode-languageserver-types';
import { local, t } from '../l10n.js';
import type { Range, Span } from '../reasoning/span.js';
import type { ScoredDocument, ScoredStep } from './scoredDocument.js';
import { describeHuman, describeRollouts, formatStepValue, lowMark, sourceNames } from './valueText.js';

/**
 * Shows the deciding value at the end (or the start) of every step, if that position is in `range`: a dash for a
 * missing value, nothing while no value of the problem is known.
 */
export function inlayHints(document: ScoredDocument, range: Range, position: 'end' | 'start' = 'end'): InlayHint[] {
  const { lines, threshold } = document;
  const asked: Span = { start: lines.offset(range.start), end: lines.offset(range.end) };
  const hints: InlayHint[] = [];
  for (const { problem, steps } of document.problems) {
    if (problem.span.end < asked.start || problem.span.start > asked.end) continue;
    // A problem that the model does not know at all has no hints: a dash at every step would be useless.
    if (!steps.some((step) => step.value !== undefined || (step.skipped !== undefined && !step.outOfScope))) continue;
    for (const step of steps) {
      const at = step.step.span[position];
      if (at < asked.start || at > asked.end) continue;
      hints.push({
        position: lines.position(at),
        label: label(step, threshold),
        tooltip: tooltip(step, document),
        ...(position === 'end' ? { paddingLeft: true } : { paddingRight: true }),
      });
    }
  }
  return hints;
}

function label({ value, low, firstLow }: ScoredStep, threshold: number): string {
  if (value === undefined) return '–';
  const mark = firstLow ? ` ${lowMark} ${t('first low')}` : low ? ` ${t('low')}` : '';
  return formatStepValue(value, threshold) + mark;
}

function tooltip({ values, source, skipped, stale }: ScoredStep, { model, threshold }: ScoredDocument): string {
  if (source === undefined) return skipped === undefined ? t('No value is known for this step.') : t('Not scored: {0}', local(skipped));
  const about =
    source === 'prm'
      ? [model ?? '', stale ? t('from before the last edit') : '']
      : source === 'mc' && values.mc
        ? [describeRollouts(values.mc)]
        : source === 'human' && values.human !== undefined
          ? [describeHuman(values.human)]
          : [];
  return [sourceNames[source], ...about.filter(Boolean), t('threshold {0}', formatStepValue(threshold))].join(' · ');
}
