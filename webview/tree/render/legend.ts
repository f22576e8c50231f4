import { button } from '../../shared/controls.js';
import { element, svgElement } from '../../shared/element.js';
import { BINS, formatValue } from '../../shared/valueScale.js';
import { type MarkOutline, type MarkShape, markPath } from '../layout/marks.js';
import { presentNodes, type TreeModel } from '../model/treeModel.js';

export interface Legend {
  readonly host: HTMLElement;
  update(model: TreeModel | null, isOpen: boolean): void;
}

/** What colours, shapes, outlines and widths say; folds to one button. Lists only what the tree holds. */
export function createLegend(document: Document, onToggle: () => void): Legend {
  const host = element(document, 'div', { class: 'legend', role: 'group', 'aria-label': 'Legend' });
  return {
    host,
    update(model, isOpen) {
      host.classList.toggle('open', isOpen);
      host.hidden = model === null;
      if (model === null) return;
      const toggle = button(document, {
        label: isOpen ? 'Hide the legend' : 'Show the legend',
        icon: isOpen ? 'chevron-down' : 'symbol-color',
        onClick: onToggle,
      });
      host.replaceChildren(...(isOpen ? [toggle, scale(document, model.view.threshold), keys(document, model)] : [toggle]));
    },
  };
}

function scale(document: Document, threshold: number): HTMLElement {
  const bins = Array.from({ length: BINS }, (_, bin) => element(document, 'span', { class: `bin v${bin}` }));
  return element(
    document,
    'div',
    { class: 'legend-scale' },
    element(document, 'div', { class: 'bins', 'aria-hidden': 'true' }, ...bins),
    element(
      document,
      'div',
      { class: 'bin-labels' },
      element(document, 'span', {}, '0'),
      element(document, 'span', {}, `threshold ${formatValue(threshold)}`),
      element(document, 'span', {}, '1'),
    ),
  );
}

function keys(document: Document, model: TreeModel): HTMLElement {
  const nodes = presentNodes(model);
  const rows: [SVGElement, string][] = [];
  const mark = (shape: MarkShape, outline: MarkOutline, bin: string) => {
    const svg = svgElement(document, 'svg', { class: 'key', width: 22, height: 16, viewBox: '-11 -8 22 16' });
    svg.append(
      svgElement(document, 'path', { class: `mark ${shape} ${outline} ${bin}`, d: markPath(shape, outline === 'assumed' ? 4.5 : 5) }),
    );
    if (outline === 'one-sample') svg.append(svgElement(document, 'path', { class: `ring ${bin}`, d: markPath(shape, 7.2) }));
    return svg;
  };
  rows.push([mark('ok', 'plain', 'v8'), 'at or above']);
  rows.push([mark('low', 'plain', 'v1'), 'below (low)']);
  if (model.firstLow.size > 0) {
    const svg = mark('low', 'plain', 'v1');
    svg.append(svgElement(document, 'path', { class: 'first-low', d: markPath('low', 6) }));
    rows.push([svg, 'first low on its path']);
  }
  if (nodes.some((node) => node.assumed)) rows.push([mark('ok', 'assumed', 'v9'), 'assumed, not sampled']);
  if (nodes.some((node) => node.oneSample)) rows.push([mark('ok', 'one-sample', 'v8'), 'one sample only']);
  if (nodes.some((node) => node.value === null)) rows.push([mark('missing', 'plain', 'none'), 'no value']);
  const list = element(document, 'ul', { class: 'legend-keys' });
  for (const [svg, text] of rows) {
    svg.setAttribute('aria-hidden', 'true');
    const item = element(document, 'li', {});
    item.append(svg, text);
    list.append(item);
  }
  const sizes = model.sizeMeaning === 'visits' ? 'size: visits' : 'size: share of paths';
  list.append(
    element(
      document,
      'li',
      { class: 'quiet' },
      `${sizes} · line: share of ${model.nodes.some((node) => node.rollouts.length > 0) ? 'rollouts' : 'solutions'}`,
    ),
  );
  return list;
}
