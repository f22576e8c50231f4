import { t } from '../../../server/l10n.js';
import { button } from '../../shared/controls.js';
import { element, svgElement } from '../../shared/element.js';
import { BINS, formatValue } from '../../shared/valueScale.js';
import { type MarkOutline, type MarkShape, markPath } from '../layout/marks.js';
import { presentNodes, type TreeModel } from '../model/treeModel.js';

export interface ColorKey {
  readonly host: HTMLElement;
  update(model: TreeModel | null, isOpen: boolean): void;
}

/** The key of colors, shapes, outlines and widths: a box over the drawing that a button opens. Lists those in use. */
export function createKey(document: Document, onClose: () => void): ColorKey {
  const host = element(document, 'div', { class: 'key-box', role: 'dialog', 'aria-label': t('Key'), tabindex: '-1' });
  return {
    host,
    update(model, isOpen) {
      host.hidden = model === null || !isOpen;
      if (model === null || !isOpen) return;
      const head = element(
        document,
        'div',
        { class: 'help-head' },
        element(document, 'h2', {}, t('Key')),
        button(document, { label: t('Close'), icon: 'close', onClick: onClose }),
      );
      host.replaceChildren(head, scale(document, model), keys(document, model));
    },
  };
}

function scale(document: Document, { shown, view }: TreeModel): HTMLElement {
  const ends = {
    both: [t('model lower'), t('equal'), t('model higher')],
    rollouts: ['', t('few rollouts'), t('many')],
    labels: ['0', t('threshold {0}', formatValue(view.threshold)), '1'],
    model: ['0', t('threshold {0}', formatValue(view.threshold)), '1'],
  }[shown];
  const bins = Array.from({ length: BINS }, (_, bin) => element(document, 'span', { class: `bin v${bin}` }));
  return element(
    document,
    'div',
    { class: 'key-scale' },
    element(document, 'div', { class: 'bins', 'aria-hidden': 'true' }, ...bins),
    element(document, 'div', { class: 'bin-labels' }, ...ends.map((text) => element(document, 'span', {}, text))),
  );
}

function keys(document: Document, model: TreeModel): HTMLElement {
  const nodes = presentNodes(model);
  const rows: [SVGElement, string][] = [];
  const mark = (shape: MarkShape, outline: MarkOutline, bin: string) => {
    const svg = svgElement(document, 'svg', { class: 'key-mark', width: 22, height: 16, viewBox: '-11 -8 22 16' });
    svg.append(
      svgElement(document, 'path', { class: `mark ${shape} ${outline} ${bin}`, d: markPath(shape, outline === 'assumed' ? 4.5 : 5) }),
    );
    if (outline === 'one-sample') svg.append(svgElement(document, 'path', { class: `ring ${bin}`, d: markPath(shape, 7.2) }));
    return svg;
  };
  rows.push([mark('ok', 'plain', 'v8'), t('at or above')]);
  rows.push([mark('low', 'plain', 'v1'), t('below (low)')]);
  if (model.flagged.size > 0) {
    const svg = mark('low', 'plain', 'v1');
    svg.append(svgElement(document, 'path', { class: 'first-low', d: markPath('low', 6) }));
    rows.push([svg, model.shown === 'both' ? t('label and model disagree: one is low') : t('first low on its path')]);
  }
  if (nodes.some((node) => node.assumed)) rows.push([mark('ok', 'assumed', 'v9'), t('assumed right, never sampled')]);
  if (nodes.some((node) => node.oneSample)) rows.push([mark('ok', 'one-sample', 'v8'), t('one sample only')]);
  if (nodes.some((node) => node.value === null)) rows.push([mark('missing', 'plain', 'none'), t('no value')]);
  const list = element(document, 'ul', { class: 'key-list' });
  for (const [svg, text] of rows) {
    svg.setAttribute('aria-hidden', 'true');
    const item = element(document, 'li', {});
    item.append(svg, text);
    list.append(item);
  }
  const sizes = model.sizeMeaning === 'visits' ? t('size: visits') : t('size: share of paths');
  list.append(
    element(
      document,
      'li',
      { class: 'quiet' },
      `${sizes} · ${model.nodes.some((node) => node.rollouts.length > 0) ? t('line: share of rollouts') : t('line: share of solutions')}`,
    ),
  );
  return list;
}
