import { t } from '../../../server/l10n.js';
import { itemAt } from '../../../server/reasoning/present.js';
import type { TreeModel } from '../model/treeModel.js';
import type { PanelState } from '../state.js';

/** The intent of a key in the tree. The panel's actions carry it out. */
export type Intent =
  | { readonly kind: 'select'; readonly id: number }
  | { readonly kind: 'fold'; readonly id: number; readonly isFolded: boolean }
  | { readonly kind: 'reveal'; readonly focus: boolean }
  | { readonly kind: 'low'; readonly direction: 1 | -1 }
  | { readonly kind: 'zoom'; readonly direction: 1 | -1 }
  | { readonly kind: 'event'; readonly direction: 1 | -1 }
  | { readonly kind: 'foldTo'; readonly depth: number }
  | {
      readonly kind:
        | 'fit'
        | 'search'
        | 'back'
        | 'help'
        | 'play'
        | 'moreRollouts'
        | 'explainTraining'
        | 'menu'
        | 'subtree'
        | 'details'
        | 'none';
    };

export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

export type KeyState = Pick<PanelState, 'model' | 'selected' | 'collapsed' | 'display' | 'root' | 'replay' | 'isReplayShown' | 'labeling'>;

/**
 * The keys of the tree: the ARIA tree pattern (Left folds or goes to the parent, Right unfolds or goes to the first child,
 * Up and Down walk in reading order), Shift+arrows move without folding. Where a
 * search can be replayed, Space plays it (the arrows still fold). Undefined for keys that are not the tree's.
 */
export function keyIntent(key: KeyPress, state: KeyState): Intent | undefined {
  const { model, selected } = state;
  if (key.key === 'ContextMenu' || (key.key === 'F10' && key.shiftKey)) return { kind: 'menu' };
  if (key.altKey) return undefined;
  if (key.key === 'Enter') return { kind: 'reveal', focus: key.ctrlKey || key.metaKey };
  if (key.ctrlKey || key.metaKey) return undefined;
  const plain = PLAIN[key.key] ?? (state.replay !== null && state.isReplayShown ? REPLAY[key.key] : undefined);
  if (plain !== undefined) return plain;
  if (key.key === 'm') return canSampleMore(state) ? { kind: 'moreRollouts' } : undefined;
  if (key.key === 'w') return canExplain(state) ? { kind: 'explainTraining' } : undefined;
  if (/^[1-9]$/.test(key.key)) return { kind: 'foldTo', depth: Number(key.key) };
  if (model === null || model.nodes.length === 0) return undefined;
  if (selected === null)
    return key.key.startsWith('Arrow') || key.key === 'Home' ? { kind: 'select', id: state.root ?? itemAt(model.order, 0) } : undefined;
  return walk(key, model, selected, state);
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
  s: { kind: 'subtree' },
  d: { kind: 'details' },
  Escape: { kind: 'back' },
};

const REPLAY: Readonly<Record<string, Intent>> = {
  ' ': { kind: 'play' },
  '[': { kind: 'event', direction: -1 },
  ']': { kind: 'event', direction: 1 },
};

/** Whether nodes can be sampled further: the tree comes from a run, is shown whole, and is not being labeled. */
export function canSampleMore({ model, replay, labeling }: Pick<PanelState, 'model' | 'replay' | 'labeling'>): boolean {
  return model !== null && model.view.isSearchTree && model.view === model.whole && replay !== null && labeling === null;
}

/** Whether paths through the selected node can be explained as training data: its steps are in the file as it is. */
export function canExplain({ model, selected, labeling }: Pick<PanelState, 'model' | 'selected' | 'labeling'>): boolean {
  return (
    model !== null && model.view === model.whole && labeling === null && selected !== null && itemAt(model.nodes, selected).steps.length > 0
  );
}

/** State that decides which nodes the keys can reach: folds, stacks, and the shown subtree. */
type Walk = Pick<PanelState, 'collapsed' | 'display' | 'root'>;

function walk(key: KeyPress, model: TreeModel, selected: number, state: Walk): Intent | undefined {
  const node = itemAt(model.nodes, selected);
  const { collapsed, display, root } = state;
  const isStack = display.stacks.has(selected);
  const isFolded = collapsed.has(selected) || isStack;
  const canFold = (node.children.length > 0 && !collapsed.has(selected)) || display.opened.has(selected);
  const select = (id: number | null | undefined): Intent => (id === null || id === undefined ? { kind: 'none' } : { kind: 'select', id });
  const parent = selected === root ? null : node.parent;
  const sibling = (step: 1 | -1) => {
    const siblings = parent === null ? [] : itemAt(model.nodes, parent).children.filter((id) => !display.hidden.has(id));
    return siblings[siblings.indexOf(selected) + step];
  };
  switch (key.key) {
    case 'ArrowLeft':
      return canFold && !key.shiftKey ? { kind: 'fold', id: selected, isFolded: true } : select(parent);
    case 'ArrowRight':
      return isFolded ? { kind: 'fold', id: selected, isFolded: false } : select(node.children[0]);
    case 'ArrowDown':
      return select(key.shiftKey ? sibling(1) : neighbor(model, selected, state, 1));
    case 'ArrowUp':
      return select(key.shiftKey ? sibling(-1) : neighbor(model, selected, state, -1));
    case 'Home':
      return select(root ?? model.order[0]);
    case 'End':
      return select(lastShown(model, state));
    case ' ':
      return canFold || isFolded ? { kind: 'fold', id: selected, isFolded: !isFolded } : { kind: 'none' };
    default:
      return undefined;
  }
}

/** First position of the shown subtree in reading order, and one past its last position. */
function rangeOf(model: TreeModel, root: number | null): readonly [from: number, to: number] {
  const from = root === null ? 0 : itemAt(model.rank, root);
  return [from, root === null ? model.order.length : from + itemAt(model.subtreeSize, root)];
}

/** The next or previous node in reading order that is neither folded away nor in a closed stack; undefined at the ends. */
export function neighbor(model: TreeModel, id: number, state: Walk, step: 1 | -1): number | undefined {
  const { collapsed, display, root } = state;
  const [from, to] = rangeOf(model, root);
  let at = itemAt(model.rank, id) + (step === -1 ? -1 : collapsed.has(id) ? itemAt(model.subtreeSize, id) : 1);
  if (step === -1 && at >= from) at = itemAt(model.rank, outermostFolded(model, itemAt(model.order, at), state));
  // Members of a stack are leaves.
  while (at >= from && at < to && display.hidden.has(itemAt(model.order, at))) {
    at += step;
    if (step === -1 && at >= from) at = itemAt(model.rank, outermostFolded(model, itemAt(model.order, at), state));
  }
  return at >= from && at < to ? model.order[at] : undefined;
}

function lastShown(model: TreeModel, state: Walk): number | undefined {
  const [, to] = rangeOf(model, state.root);
  const last = outermostFolded(model, itemAt(model.order, to - 1), state);
  return state.display.hidden.has(last) ? neighbor(model, last, state, -1) : last;
}

/** The folded ancestor nearest the root that hides a node, or the node itself. */
function outermostFolded(model: TreeModel, id: number, { collapsed, root }: Walk): number {
  let shown = id;
  for (let parent = itemAt(model.nodes, id).parent; parent !== null && shown !== root; parent = itemAt(model.nodes, parent).parent) {
    if (collapsed.has(parent)) shown = parent;
    if (parent === root) break;
  }
  return shown;
}

export const KEY_HELP: readonly (readonly [keys: string, meaning: string])[] = [
  ['↑ ↓', t('previous, next node in reading order')],
  ['← →', t('fold or go to the parent, unfold or go to the first child')],
  ['Shift + arrows', t('parent, child and siblings, without folding')],
  ['Home End', t('root, last node')],
  ['1 … 9', t('fold to that depth')],
  ['s', t('show this node’s subtree alone, show all again')],
  ['d', t('show or hide the details')],
  ['Shift + F10', t('menu of the node')],
  ['Enter', t('show the step in the file (Ctrl+Enter goes there)')],
  [t('Space'), t('fold or unfold; while replaying: play or pause')],
  ['[ ]', t('while replaying: one event of the search back, on')],
  ['m', t('more rollouts from the node')],
  ['w', t('why the node’s paths are, or are not, in the training set')],
  ['n p', t('next, previous low step; next, previous disagreement where labels and model are compared')],
  ['/', t('search, Esc goes back')],
  ['+ − 0', t('zoom in, out, fit')],
];
