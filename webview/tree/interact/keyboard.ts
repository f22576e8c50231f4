import type { TreeModel } from '../model/treeModel.js';
import type { PanelState } from '../store.js';

/** What a key asks for in the tree; the panel's actions carry it out. */
export type Intent =
  | { readonly kind: 'select'; readonly id: number }
  | { readonly kind: 'fold'; readonly id: number; readonly isFolded: boolean }
  | { readonly kind: 'reveal'; readonly focus: boolean }
  | { readonly kind: 'low'; readonly direction: 1 | -1 }
  | { readonly kind: 'zoom'; readonly direction: 1 | -1 }
  | { readonly kind: 'event'; readonly direction: 1 | -1 }
  | { readonly kind: 'fit' | 'search' | 'back' | 'help' | 'play' | 'moreRollouts' | 'explainTraining' | 'none' };

export interface Key {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

/**
 * The keys of the tree: the ARIA tree pattern (Left folds or goes to the parent, Right unfolds or goes to the first child,
 * Up and Down walk in reading order), Shift+arrows move without folding. Where a
 * search can be replayed, Space plays it (the arrows still fold). Undefined for keys that are not the tree's.
 */
export function keyIntent(
  key: Key,
  state: Pick<PanelState, 'model' | 'selected' | 'collapsed' | 'replay' | 'labeling'>,
): Intent | undefined {
  const { model, selected } = state;
  if (key.altKey) return undefined;
  if (key.key === 'Enter') return { kind: 'reveal', focus: key.ctrlKey || key.metaKey };
  if (key.ctrlKey || key.metaKey) return undefined;
  const plain = PLAIN[key.key] ?? (state.replay === null ? undefined : REPLAY[key.key]);
  if (plain !== undefined) return plain;
  if (key.key === 'm') return canSampleMore(state) ? { kind: 'moreRollouts' } : undefined;
  if (key.key === 'w') return canExplain(state) ? { kind: 'explainTraining' } : undefined;
  if (model === null || model.nodes.length === 0) return undefined;
  if (selected === null) return key.key.startsWith('Arrow') || key.key === 'Home' ? { kind: 'select', id: model.order[0]! } : undefined;
  return walk(key, model, selected, state.collapsed);
}

const PLAIN: Readonly<Record<string, Intent>> = {
  '+': { kind: 'zoom', direction: 1 },
  '=': { kind: 'zoom', direction: 1 },
  '-': { kind: 'zoom', direction: -1 },
  '0': { kind: 'fit' },
  n: { kind: 'low', direction: 1 },
  p: { kind: 'low', direction: -1 },
  '/': { kind: 'search' },
  '?': { kind: 'help' },
  Escape: { kind: 'back' },
};

const REPLAY: Readonly<Record<string, Intent>> = {
  ' ': { kind: 'play' },
  '[': { kind: 'event', direction: -1 },
  ']': { kind: 'event', direction: 1 },
};

/** A tree that a run left, whole and at rest: its nodes can be sampled further. */
export function canSampleMore({ model, replay, labeling }: Pick<PanelState, 'model' | 'replay' | 'labeling'>): boolean {
  return model !== null && model.view.isSearchTree && model.view === model.whole && replay !== null && labeling === null;
}

/** The selected node ends a path of the file as it stands: it can be asked whether that is training data. */
export function canExplain({ model, selected, labeling }: Pick<PanelState, 'model' | 'selected' | 'labeling'>): boolean {
  return model !== null && model.view === model.whole && labeling === null && selected !== null && model.nodes[selected]!.steps.length > 0;
}

function walk(key: Key, model: TreeModel, selected: number, collapsed: ReadonlySet<number>): Intent | undefined {
  const node = model.nodes[selected]!;
  const isFolded = collapsed.has(selected);
  const select = (id: number | null | undefined): Intent => (id === null || id === undefined ? { kind: 'none' } : { kind: 'select', id });
  const sibling = (step: 1 | -1) => {
    const siblings = node.parent === null ? [] : model.nodes[node.parent]!.children;
    return siblings[siblings.indexOf(selected) + step];
  };
  switch (key.key) {
    case 'ArrowLeft':
      return node.children.length > 0 && !isFolded && !key.shiftKey ? { kind: 'fold', id: selected, isFolded: true } : select(node.parent);
    case 'ArrowRight':
      return isFolded ? { kind: 'fold', id: selected, isFolded: false } : select(node.children[0]);
    case 'ArrowDown':
      return select(key.shiftKey ? sibling(1) : neighbour(model, selected, collapsed, 1));
    case 'ArrowUp':
      return select(key.shiftKey ? sibling(-1) : neighbour(model, selected, collapsed, -1));
    case 'Home':
      return select(model.order[0]);
    case 'End':
      return select(lastShown(model, collapsed));
    case ' ':
      return node.children.length > 0 ? { kind: 'fold', id: selected, isFolded: !isFolded } : { kind: 'none' };
    default:
      return undefined;
  }
}

/** The next or previous node in reading order that is not folded away; undefined at the ends. */
export function neighbour(model: TreeModel, id: number, collapsed: ReadonlySet<number>, step: 1 | -1): number | undefined {
  const at = model.rank[id]!;
  if (step === 1) return model.order[at + (collapsed.has(id) ? model.subtreeSize[id]! : 1)];
  const before = model.order[at - 1];
  return before === undefined ? undefined : outermostFolded(model, before, collapsed);
}

function lastShown(model: TreeModel, collapsed: ReadonlySet<number>): number {
  return outermostFolded(model, model.order[model.order.length - 1]!, collapsed);
}

/** The folded ancestor nearest the root that hides a node, or the node itself. */
function outermostFolded(model: TreeModel, id: number, collapsed: ReadonlySet<number>): number {
  let shown = id;
  for (let parent = model.nodes[id]!.parent; parent !== null; parent = model.nodes[parent]!.parent)
    if (collapsed.has(parent)) shown = parent;
  return shown;
}

export const KEY_HELP: readonly (readonly [keys: string, meaning: string])[] = [
  ['↑ ↓', 'previous, next node in reading order'],
  ['← →', 'fold or go to the parent, unfold or go to the first child'],
  ['Shift + arrows', 'parent, child and siblings, without folding'],
  ['Home End', 'root, last node'],
  ['Enter', 'show the step in the file (Ctrl+Enter goes there)'],
  ['Space', 'fold or unfold; play or pause where the search can be replayed'],
  ['[ ]', 'one event of the search back, on'],
  ['m', 'more rollouts from the node'],
  ['w', 'why the node’s paths are, or are not, in the training set'],
  ['n p', 'next, previous low step'],
  ['/', 'search, Esc goes back'],
  ['+ − 0', 'zoom in, out, fit'],
];
