import { listed, t } from '../../server/l10n.js';
import type { ReviewStep } from '../../server/protocol/review.js';
import type { StepValues } from '../../server/protocol/values.js';
import { wilsonInterval } from '../../server/reasoning/wilson.js';
import { element } from '../shared/element.js';
import { typeset } from '../shared/math.js';
import { formatValue, SOURCE_NAMES, valueBin } from '../shared/valueScale.js';
import { judgmentOf } from './keys.js';

/** Values and labels of the step by source, the rollouts from it, and its alternatives; hidden in a blind review. */
export function evidencePane(document: Document, { evidence }: ReviewStep, threshold: number): HTMLElement {
  const pane = element(document, 'section', { class: 'evidence', 'aria-label': t('Evidence') });
  if (evidence === null) {
    pane.append(
      element(document, 'p', { class: 'empty' }, t('Blind review: values, rollouts and the labels of others appear after your judgment.')),
    );
    return pane;
  }
  const { values, posterior, labels, rollouts, alternatives } = evidence;
  pane.append(
    element(document, 'h2', {}, t('Evidence')),
    element(
      document,
      'dl',
      {},
      ...row(document, t('All sources together'), t('{0} % likely right', Math.round(posterior * 100)), posterior, threshold),
      ...valueRows(document, values, threshold),
      ...labels.flatMap(({ by, value, kind, comment }) =>
        row(document, by, listed([judgmentOf(value), kind ?? '', comment ?? ''].filter((fact) => fact !== ''))),
      ),
    ),
  );
  if (rollouts.length > 0) {
    const right = rollouts.filter(({ correct }) => correct).length;
    pane.append(
      section(
        document,
        t('Rollouts from here: {0} right, {1} wrong', right, rollouts.length - right),
        rollouts.map(({ correct, steps }) => ({
          mark: correct ? '✓' : '✗',
          className: correct ? 'right' : 'wrong',
          text: steps.join('\n\n'),
        })),
      ),
    );
  }
  if (alternatives.length > 0) {
    pane.append(
      section(
        document,
        t('Alternatives to this step'),
        alternatives.map(({ text, values: other }) => ({ mark: formatValue(shortValue(other)), className: '', text })),
      ),
    );
  }
  return pane;
}

function valueRows(document: Document, values: StepValues, threshold: number): HTMLElement[] {
  const { mc } = values;
  const { correct, total } = mc ?? {};
  const interval = correct === undefined || total === undefined ? undefined : wilsonInterval(correct, total);
  const counts =
    correct !== undefined && total !== undefined && interval
      ? ` ${t('({0} of {1}, {2} to {3})', correct, total, formatValue(interval[0]), formatValue(interval[1]))}`
      : mc?.assumed
        ? ` ${t('(assumed)')}`
        : '';
  const sources = [
    ['mc', mc?.value, counts],
    ['prm', values.prm, ''],
    ['recordedPrm', values.recordedPrm, ''],
    ['judge', values.judge, ''],
  ] as const;
  return sources.flatMap(([source, value, more]) =>
    value === undefined ? [] : row(document, SOURCE_NAMES[source], `${formatValue(value)}${more}`, value, threshold),
  );
}

function row(document: Document, name: string, text: string, value?: number, threshold = 0.5): HTMLElement[] {
  const bin = valueBin(value, threshold);
  return [element(document, 'dt', {}, name), element(document, 'dd', { class: bin === undefined ? '' : `value v${bin}` }, text)];
}

function section(
  document: Document,
  title: string,
  items: readonly { readonly mark: string; readonly className: string; readonly text: string }[],
): HTMLElement {
  const list = element(document, 'ul', { class: 'continuations' });
  for (const { mark, className, text } of items) {
    list.append(
      element(
        document,
        'li',
        {},
        element(document, 'span', { class: `mark ${className}` }, mark),
        element(document, 'div', {}, typeset(document, text)),
      ),
    );
  }
  const details = element(document, 'details', { open: 'open' }, element(document, 'summary', {}, title), list);
  return details;
}

function shortValue({ human, mc, prm, recordedPrm, judge }: StepValues): number | undefined {
  return human === undefined ? (mc?.value ?? prm ?? recordedPrm ?? judge) : (human + 1) / 2;
}
