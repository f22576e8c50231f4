import { element } from '../../shared/element.js';
import { formatValue, sourceLabel, valueBin } from '../../shared/valueScale.js';
import type { Size } from '../layout/zoomScale.js';
import { nodeWords, type TreeModel } from '../model/treeModel.js';

export interface Tooltip {
  show(model: TreeModel, id: number, x: number, y: number, size: Size): void;
  hide(): void;
}

/** First words and value of the node under the pointer; out of the accessibility tree, which says the same in its own way. */
export function createTooltip(parent: HTMLElement): Tooltip {
  const document = parent.ownerDocument;
  const host = element(document, 'div', { class: 'tooltip', 'aria-hidden': 'true', hidden: '' });
  host.hidden = true;
  parent.append(host);
  let shown: { readonly model: TreeModel; readonly id: number } | null = null;
  return {
    show(model, id, x, y, size) {
      if (shown?.model !== model || shown.id !== id) {
        shown = { model, id };
        host.replaceChildren(...contents(document, model, id));
      }
      host.hidden = false;
      const left = Math.max(4, Math.min(x + 14, size.width - host.offsetWidth - 4));
      const below = y + 18;
      const top = below + host.offsetHeight > size.height - 4 ? y - host.offsetHeight - 10 : below;
      host.style.transform = `translate(${Math.round(left)}px,${Math.round(Math.max(4, top))}px)`;
    },
    hide() {
      host.hidden = true;
      shown = null;
    },
  };
}

function contents(document: Document, model: TreeModel, id: number): HTMLElement[] {
  const node = model.nodes[id]!;
  const bin = valueBin(node.value, model.view.threshold);
  const facts = [sourceLabel(node)];
  if (node.interval !== undefined) facts.push(`95 % ${formatValue(node.interval[0])}–${formatValue(node.interval[1])}`);
  if (node.visits !== undefined) facts.push(`selected ${node.visits}×`);
  if (model.firstLow.has(id)) facts.push('first low step');
  return [
    element(
      document,
      'div',
      { class: 'tooltip-head' },
      element(document, 'span', { class: `swatch ${bin === undefined ? 'none' : `v${bin}`}` }),
      element(document, 'strong', {}, formatValue(node.value)),
      element(document, 'span', { class: 'quiet' }, facts.join(' · ')),
    ),
    element(document, 'div', { class: 'tooltip-words' }, nodeWords(model, id, 180)),
  ];
}
