import { t } from '../../../server/l10n.js';
import type { BestOfNLine } from '../../../server/protocol/evaluation.js';
import { button } from '../../shared/controls.js';
import { element } from '../../shared/element.js';
import { type CurveId, gainText, intervalText, percent, type SelectionRow, selectionCurves, selectionRows } from '../model.js';
import { type PageState, shownSize } from '../store.js';
import { createChart } from './chart.js';
import { curveKey } from './marker.js';

export interface BestOfNActions {
  readonly toggle: (id: CurveId) => void;
  readonly showAll: (isShown: boolean) => void;
  readonly emphasize: (id: CurveId | null) => void;
  readonly pickSize: (size: number) => void;
}

export interface BestOfNView {
  readonly host: HTMLElement;
  update(line: BestOfNLine, state: PageState): void;
}

/** The curves of accuracy over N, and beside them the table at one N, which is their legend. */
export function createBestOfNView(document: Document, actions: BestOfNActions): BestOfNView {
  let sizes: readonly number[] = [];
  const chart = createChart(document, t('Number of candidates N'), (at) => {
    const size = sizes[at];
    if (size !== undefined) actions.pickSize(size);
  });
  const caption = element(document, 'caption', {});
  const body = element(document, 'tbody', {});
  const head = element(
    document,
    'tr',
    {},
    ...[t('Choice'), t('Accuracy in %'), t('95 % interval'), t('Gain over random')].map((title) =>
      element(document, 'th', { scope: 'col' }, title),
    ),
  );
  const table = element(document, 'table', { class: 'numbers' }, caption, element(document, 'thead', {}, head), body);
  const all = element(
    document,
    'div',
    { class: 'legend-actions' },
    button(document, { label: t('All curves'), text: t('All curves'), onClick: () => actions.showAll(true) }),
    button(document, { label: t('None of the curves'), text: t('None'), onClick: () => actions.showAll(false) }),
  );
  const host = element(document, 'section', { class: 'evaluation' }, chart.host, element(document, 'div', { class: 'beside' }, table, all));
  const rows = new Map<CurveId, ReturnType<typeof createRow>>();

  return {
    host,
    update(line, state) {
      sizes = line.sizes;
      const size = shownSize(state, sizes);
      const curves = selectionCurves(line).filter(({ id }) => !state.hidden.has(id));
      chart.update({
        curves,
        xs: sizes,
        isLog: true,
        at: size - 1,
        marks: [],
        emphasized: state.emphasized,
        xTitle: t('Number of candidates N'),
        yTitle: t('Accuracy in %'),
        readout: (at) => ({
          head: `N = ${sizes[at] ?? 0}`,
          lines: curves
            .flatMap(({ id, name, points }) => points.slice(at, at + 1).map((point) => ({ id, name, point })))
            .sort((a, b) => (b.point.value ?? -1) - (a.point.value ?? -1))
            .map(({ id, name, point }) => ({ id, text: `${name} ${percent(point.value)} % (${intervalText(point)})` })),
        }),
      });
      caption.textContent = t('Accuracy with N = {0} of {1} candidates', size, sizes.length);
      for (const row of selectionRows(line, size)) {
        let shown = rows.get(row.curve.id);
        if (shown === undefined) {
          shown = createRow(document, row, actions);
          rows.set(row.curve.id, shown);
          body.append(shown.host);
        }
        shown.update(row, !state.hidden.has(row.curve.id));
      }
    },
  };
}

/** Kept between updates, so that the focus stays on the curve that was toggled. */
function createRow(document: Document, { curve }: SelectionRow, { toggle, emphasize }: BestOfNActions) {
  const key = element(document, 'button', { class: 'legend-toggle', type: 'button', 'data-curve': curve.id });
  const eye = element(document, 'span', { class: 'codicon', 'aria-hidden': 'true' });
  key.append(eye, curveKey(document, curve.style), element(document, 'span', {}, curve.name));
  key.addEventListener('click', () => toggle(curve.id));
  const cells = { accuracy: element(document, 'td', {}), interval: element(document, 'td', {}), gain: element(document, 'td', {}) };
  const host = element(document, 'tr', {}, element(document, 'th', { scope: 'row' }, key), ...Object.values(cells));
  for (const [on, id] of [
    ['pointerenter', curve.id],
    ['focusin', curve.id],
    ['pointerleave', null],
    ['focusout', null],
  ] as const)
    host.addEventListener(on, () => emphasize(id));
  return {
    host,
    update({ accuracy, gain }: SelectionRow, isShown: boolean) {
      key.setAttribute('aria-pressed', String(isShown));
      key.title = isShown ? t('Hide the curve') : t('Draw the curve');
      eye.className = `codicon codicon-${isShown ? 'eye' : 'eye-closed'}`;
      host.classList.toggle('off', !isShown);
      cells.accuracy.textContent = percent(accuracy.value);
      cells.interval.textContent = intervalText(accuracy);
      cells.gain.textContent = gain === null ? '' : gainText(gain);
    },
  };
}
