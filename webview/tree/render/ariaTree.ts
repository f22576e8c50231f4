import { listed, t } from '../../../server/l10n.js';
import { itemAt } from '../../../server/reasoning/present.js';
import { element } from '../../shared/element.js';
import { formatValue, sourceLabel } from '../../shared/valueScale.js';
import { neighbor } from '../interact/keyboard.js';
import { markOutline } from '../layout/marks.js';
import { stackWords } from '../model/display.js';
import { nodeWords, type TreeModel } from '../model/treeModel.js';
import type { PanelState } from '../state.js';

/** Nodes before and after the active one. Like the picture, the accessible tree shows only a part of the tree. */
const WINDOW = 12;

export interface AriaTree {
  readonly host: HTMLElement;
  update(model: TreeModel, state: AriaState): void;
}

type AriaState = Pick<PanelState, 'selected' | 'collapsed' | 'display' | 'root'>;

/**
 * The picture as accessible text: one tab stop (`role=tree`), with the nodes around the active one as `treeitem`s with
 * level, position and state. Invisible but laid over the drawing, so that its focus ring surrounds the drawing.
 */
export function createAriaTree(document: Document): AriaTree {
  const host = element(document, 'div', { role: 'tree', tabindex: '0', 'aria-label': t('Reasoning tree'), class: 'aria-tree' });
  return {
    host,
    update(model, state) {
      const { selected } = state;
      const active = selected ?? state.root ?? model.order[0];
      if (active === undefined) {
        host.replaceChildren();
        host.removeAttribute('aria-activedescendant');
        return;
      }
      host.replaceChildren(...windowAround(model, active, state).map((id) => item(document, model, id, state)));
      if (selected === null) host.removeAttribute('aria-activedescendant');
      else host.setAttribute('aria-activedescendant', `node-${selected}`);
    },
  };
}

/** The path to the active node and its neighbors in reading order. */
function windowAround(model: TreeModel, active: number, state: AriaState): number[] {
  const ids = new Set<number>([active]);
  for (
    let at = itemAt(model.nodes, active).parent, i = 0;
    at !== null && i < WINDOW && active !== state.root;
    at = itemAt(model.nodes, at).parent, i++
  )
    ids.add(at);
  for (const step of [1, -1] as const) {
    let at: number | undefined = active;
    for (let i = 0; i < WINDOW && at !== undefined; i++) {
      at = neighbor(model, at, state, step);
      if (at !== undefined) ids.add(at);
    }
  }
  return [...ids].sort((a, b) => itemAt(model.rank, a) - itemAt(model.rank, b));
}

function item(document: Document, model: TreeModel, id: number, { selected, collapsed, display }: AriaState): HTMLElement {
  const node = itemAt(model.nodes, id);
  const siblings = node.parent === null ? [id] : itemAt(model.nodes, node.parent).children.filter((one) => !display.hidden.has(one));
  const stack = display.stacks.get(id);
  const canFold = node.children.length > 0 || stack !== undefined || display.opened.has(id);
  return element(
    document,
    'div',
    {
      role: 'treeitem',
      id: `node-${id}`,
      'aria-level': String(node.depth + 1),
      'aria-posinset': String(siblings.indexOf(id) + 1),
      'aria-setsize': String(siblings.length),
      'aria-selected': String(id === selected),
      ...(canFold ? { 'aria-expanded': String(stack === undefined && !collapsed.has(id)) } : {}),
    },
    stack === undefined ? speak(model, id) : `${stackWords(model, stack)}: ${speak(model, id)}`,
  );
}

/** Value, source, what is special, first words: `0.42, 7/16 rollouts, first low step: So the train needs …`. */
export function speak(model: TreeModel, id: number): string {
  const node = itemAt(model.nodes, id);
  const facts = [node.value === null ? t('no value') : listed([formatValue(node.value), sourceLabel(node)])];
  if (markOutline(node) === 'one-sample') facts.push(t('one sample'));
  if (model.firstLow.has(id)) facts.push(t('first low step'));
  else if (node.value !== null && node.value < model.view.threshold) facts.push(t('low'));
  if (node.correct !== undefined) facts.push(node.correct ? t('final answer right') : t('final answer wrong'));
  return `${listed(facts)}: ${node.parent === null ? t('problem: {0}', nodeWords(model, id, 90)) : nodeWords(model, id, 90)}`;
}
