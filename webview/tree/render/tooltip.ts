import { t } from '../../../server/l10n.js';
import { itemAt } from '../../../server/reasoning/present.js';
import { element } from '../../shared/element.js';
import { formatValue, sourceLabel } from '../../shared/valueScale.js';
import type { Block } from '../layout/scene.js';
import type { Size } from '../layout/zoomScale.js';
import { type Stack, stackWords } from '../model/display.js';
import { parseQuery, whyMatches } from '../model/search.js';
import { binOf, nodeWords, type TreeModel, valueText } from '../model/treeModel.js';
import { blockWords } from './svgBlock.js';
import { binClass } from './svgParts.js';

/** What is under the pointer. */
export interface Pointed {
  readonly model: TreeModel;
  readonly id: number;
  readonly query: string;
  readonly stack: Stack | undefined;
  readonly block: Block | undefined;
}

export interface Tooltip {
  show(pointed: Pointed, at: { readonly x: number; readonly y: number }, size: Size): void;
  hide(): void;
}

/** A tooltip with first words and value. Hidden from screen readers, which get the same from the accessible tree. */
export function createTooltip(parent: HTMLElement): Tooltip {
  const document = parent.ownerDocument;
  const host = element(document, 'div', { class: 'tooltip', 'aria-hidden': 'true', hidden: '' });
  host.hidden = true;
  parent.append(host);
  let shown: Pointed | null = null;
  return {
    show(pointed, { x, y }, size) {
      const { model, id, query, block } = pointed;
      if (shown?.model !== model || shown.id !== id || shown.query !== query || shown.block !== block) {
        shown = pointed;
        host.replaceChildren(...contents(document, pointed));
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

function contents(document: Document, { model, id, query, stack, block }: Pointed): HTMLElement[] {
  if (block !== undefined)
    return [
      element(document, 'div', { class: 'tooltip-words' }, blockWords(model, block)),
      element(document, 'div', { class: 'quiet' }, t('Click to open')),
    ];
  const node = itemAt(model.nodes, id);
  const facts = [sourceLabel(node)];
  if (node.interval !== undefined) facts.push(`95 % ${formatValue(node.interval[0])}–${formatValue(node.interval[1])}`);
  if (node.visits !== undefined) facts.push(t('selected {0}×', node.visits));
  if (model.firstLow.has(id)) facts.push(t('first low step'));
  const why = query.trim() === '' ? undefined : whyMatches(model, id, parseQuery(query));
  return [
    element(
      document,
      'div',
      { class: 'tooltip-head' },
      element(document, 'span', { class: `swatch ${binClass(binOf(model, id))}` }),
      element(document, 'strong', {}, valueText(model, id)),
      element(document, 'span', { class: 'quiet' }, facts.join(' · ')),
    ),
    ...(stack === undefined ? [] : [element(document, 'div', {}, t('{0}; the first:', stackWords(model, stack)))]),
    element(document, 'div', { class: 'tooltip-words' }, nodeWords(model, id, 180)),
    ...(why === undefined ? [] : [element(document, 'div', { class: 'quiet' }, t('Match: {0}', why))]),
  ];
}
