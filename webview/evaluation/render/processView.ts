import { t } from '../../../server/l10n.js';
import type { ProcessLine } from '../../../server/protocol/evaluation.js';
import { button } from '../../shared/controls.js';
import { element } from '../../shared/element.js';
import { formatValue } from '../../shared/valueScale.js';
import { intervalText, PROCESS_COLUMNS, percent, processRows, sweepCurves } from '../model.js';
import { type PageState, shownThreshold } from '../store.js';
import { createChart } from './chart.js';
import type { ChartMark } from './chartDrawing.js';
import { curveKey } from './marker.js';

export interface ProcessActions {
  readonly pickThreshold: (threshold: number) => void;
  readonly useThreshold: (threshold: number) => void;
}

export interface ProcessView {
  readonly host: HTMLElement;
  update(line: ProcessLine, state: PageState): void;
}

/** A process benchmark: the metrics over the threshold, and the numbers at the threshold in use, by source and model. */
export function createProcessView(document: Document, actions: ProcessActions): ProcessView {
  let current: { readonly line: ProcessLine; readonly threshold: number } | null = null;
  const pick = (threshold: number | undefined): void => {
    if (threshold !== undefined) actions.pickThreshold(threshold);
  };
  const chart = createChart(document, t('Threshold'), (at) => pick(current?.line.sweep.thresholds[at]));
  const summary = element(document, 'p', { class: 'headline' });
  const legend = element(document, 'ul', { class: 'sweep-legend', 'aria-label': t('Curves') });
  const chosen = element(document, 'span', { class: 'chosen' });
  const use = element(document, 'div', { class: 'threshold-actions' });
  const caption = element(document, 'caption', {});
  const head = element(
    document,
    'tr',
    {},
    ...[t('Solutions of'), ...PROCESS_COLUMNS].map((title) => element(document, 'th', { scope: 'col' }, title)),
  );
  const body = element(document, 'tbody', {});
  const table = element(document, 'table', { class: 'numbers wide-table' }, caption, element(document, 'thead', {}, head), body);
  const scroll = element(
    document,
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': t('Numbers by source and model') },
    table,
  );
  const host = element(document, 'section', { class: 'evaluation process' }, summary, legend, chart.host, use, scroll);
  const useChosen = button(document, {
    label: t('Use this threshold: write it into the settings'),
    text: t('Use this threshold'),
    appearance: 'primary',
    onClick: () => current && actions.useThreshold(current.threshold),
  });
  const goBest = button(document, {
    label: t('Go to the best threshold'),
    text: t('Go to the best'),
    onClick: () => pick(current ? bestOf(current.line)?.threshold : undefined),
  });
  const goInUse = button(document, {
    label: t('Go to the one in use'),
    text: t('Go to the one in use'),
    onClick: () => pick(current?.line.threshold),
  });
  use.append(chosen, useChosen, goBest, goInUse);

  return {
    host,
    update(line, state) {
      const curves = sweepCurves(line);
      const { thresholds } = line.sweep;
      const at = shownThreshold(state, thresholds, line.threshold);
      current = { line, threshold: thresholds[at] ?? line.threshold };
      const best = bestOf(line);
      const marks: ChartMark[] = [
        { at: line.threshold, text: t('in use {0}', formatValue(line.threshold)), className: 'in-use' },
        ...(best === null
          ? []
          : [{ at: best.threshold, text: t('best {0}: {1} %', formatValue(best.threshold), percent(best.value)), className: 'best' }]),
      ];
      const readAt = (position: number) => ({
        head: t('Threshold {0}', formatValue(thresholds[position])),
        lines: curves.map(({ id, name, points }) => ({ id, text: `${name} ${percent(points[position]?.value ?? null)} %` })),
      });
      chart.update({
        curves,
        xs: thresholds,
        isLog: false,
        at,
        marks,
        emphasized: state.emphasized,
        xTitle: t('Threshold: a step below it is called wrong'),
        yTitle: t('F1 in %'),
        readout: readAt,
      });
      const name = line.headline === 'macroF1' ? t('Macro F1 of steps') : t('F1 of first errors');
      summary.replaceChildren(
        `${name} `,
        element(document, 'strong', {}, `${percent(line.score.value)} %`),
        ' ',
        t(
          '(95 % interval {0}) at threshold {1}{2}',
          intervalText(line.score),
          formatValue(line.threshold),
          best === null ? '' : t('; best {0} % at {1}', percent(best.value), formatValue(best.threshold)),
        ),
      );
      legend.replaceChildren(...curves.map(({ style, name: title }) => element(document, 'li', {}, curveKey(document, style), title)));
      chosen.textContent = [readAt(at).head, ...readAt(at).lines.map(({ text }) => text)].join(' · ');
      caption.textContent = t('In percent, at threshold {0}', formatValue(line.threshold));
      body.replaceChildren(
        ...processRows(line).map((row) =>
          element(
            document,
            'tr',
            {},
            element(document, 'th', { scope: 'row' }, row.name),
            ...row.cells.map((cell) => element(document, 'td', {}, cell)),
          ),
        ),
      );
    },
  };
}

function bestOf({ best, headline }: ProcessLine): { readonly threshold: number; readonly value: number } | null {
  return best[headline];
}
