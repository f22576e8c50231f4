import { element } from '../../shared/element.js';
import { formatValue, sourceLabel } from '../../shared/valueScale.js';
import { neighbour } from '../interact/keyboard.js';
import { markOutline } from '../layout/marks.js';
import { nodeWords, type TreeModel } from '../model/treeModel.js';

/** Nodes in the accessible tree before and after the active one: it is a window on the tree, as the picture is. */
const WINDOW = 12;

export interface AriaTree {
  readonly host: HTMLElement;
  update(model: TreeModel, selected: number | null, collapsed: ReadonlySet<number>): void;
}

/**
 * The picture's text twin: one tab stop (`role=tree`), the nodes around the active one as `treeitem`s with level, position
 * and state. Out of sight, but laid over the drawing, so that its focus ring is the drawing's.
 */
export function createAriaTree(document: Document): AriaTree {
  const host = element(document, 'div', { role: 'tree', tabindex: '0', 'aria-label': 'Reasoning tree', class: 'aria-tree' });
  return {
    host,
    update(model, selected, collapsed) {
      const active = selected ?? model.order[0];
      if (active === undefined) {
        host.replaceChildren();
        host.removeAttribute('aria-activedescendant');
        return;
      }
      host.replaceChildren(...windowAround(model, active, collapsed).map((id) => item(document, model, id, id === selected, collapsed)));
      if (selected === null) host.removeAttribute('aria-activedescendant');
      else host.setAttribute('aria-activedescendant', `node-${selected}`);
    },
  };
}

/** The path to the active node and its neighbours in reading order. */
function windowAround(model: TreeModel, active: number, collapsed: ReadonlySet<number>): number[] {
  const ids = new Set<number>([active]);
  for (let at = model.nodes[active]!.parent, i = 0; at !== null && i < WINDOW; at = model.nodes[at]!.parent, i++) ids.add(at);
  for (const step of [1, -1] as const) {
    let at: number | undefined = active;
    for (let i = 0; i < WINDOW && at !== undefined; i++) {
      at = neighbour(model, at, collapsed, step);
      if (at !== undefined) ids.add(at);
    }
  }
  return [...ids].sort((a, b) => model.rank[a]! - model.rank[b]!);
}

function item(document: Document, model: TreeModel, id: number, isSelected: boolean, collapsed: ReadonlySet<number>): HTMLElement {
  const node = model.nodes[id]!;
  const siblings = node.parent === null ? [id] : model.nodes[node.parent]!.children;
  return element(
    document,
    'div',
    {
      role: 'treeitem',
      id: `node-${id}`,
      'aria-level': String(node.depth + 1),
      'aria-posinset': String(siblings.indexOf(id) + 1),
      'aria-setsize': String(siblings.length),
      'aria-selected': String(isSelected),
      ...(node.children.length > 0 ? { 'aria-expanded': String(!collapsed.has(id)) } : {}),
    },
    speak(model, id),
  );
}

/** Value, source, what is special, first words: `0.42, 7/16 rollouts, first low step: So the train needs …`. */
export function speak(model: TreeModel, id: number): string {
  const node = model.nodes[id]!;
  const facts = [node.value === null ? 'no value' : `${formatValue(node.value)}, ${sourceLabel(node)}`];
  if (markOutline(node) === 'one-sample') facts.push('one sample');
  if (model.firstLow.has(id)) facts.push('first low step');
  else if (node.value !== null && node.value < model.view.threshold) facts.push('low');
  if (node.correct !== undefined) facts.push(node.correct ? 'final answer right' : 'final answer wrong');
  return `${facts.join(', ')}: ${node.parent === null ? 'problem: ' : ''}${nodeWords(model, id, 90)}`;
}
