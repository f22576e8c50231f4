import { plural, t } from '../../../server/l10n.js';
import { itemAt } from '../../../server/reasoning/present.js';
import type { Announce } from '../../shared/announce.js';
import { stackWords } from '../model/display.js';
import { findNodes } from '../model/search.js';
import { landingNode, type TreeModel } from '../model/treeModel.js';
import { speak } from '../render/ariaTree.js';
import type { TreeView } from '../render/treeView.js';
import type { PanelState, PanelStore } from '../state.js';
import { isInBranch, showNode } from '../store.js';

export interface NavigationWorld {
  readonly store: PanelStore;
  readonly announce: Announce;
  readonly view: () => TreeView;
  /** Shows a node's text in the file. */
  readonly reveal: (id: number) => void;
}

export interface Navigation {
  readonly select: (id: number, step?: number | null) => void;
  /** Selects a node, brings it into view, and shows it in the file. */
  readonly goTo: (id: number) => void;
  /** Goes to the next or previous low step, or disagreement if labels and model are compared. */
  readonly goLow: (direction: 1 | -1) => void;
  readonly goFirst: () => void;
  readonly search: (query: string) => void;
  readonly goMatch: (direction: 1 | -1) => void;
  readonly fold: (id: number, isFolded: boolean) => void;
  readonly foldAll: (isFolded: boolean) => void;
  readonly foldTo: (depth: number) => void;
  readonly showAssumed: (hasAssumed: boolean) => void;
  /** Shows only the subtree of a node. Null or the same node again shows the whole tree. */
  readonly showSubtree: (id: number | null) => void;
}

/** Actions that move the selection and fold nodes. They change the store and never the page itself. */
export function createNavigation({ store, announce, view, reveal }: NavigationWorld): Navigation {
  const select = (id: number, step: number | null = null) => {
    if (store.state.model?.nodes[id] === undefined) return;
    const rollouts = store.state.rollouts?.node === id ? store.state.rollouts : null;
    store.update({ selected: id, selectedStep: step, rollouts, ...showNode(store.state, id) });
  };
  const goTo = (id: number) => {
    select(id);
    view().center(id);
    reveal(id);
  };
  const search = (query: string) => {
    const { model } = store.state;
    const matches = model === null ? [] : findNodes(model, query);
    store.update({ query, matches });
    // The first match is shown at once. The file follows only when the user steps through the matches.
    const [first] = matches;
    if (first === undefined || (store.state.selected !== null && matches.includes(store.state.selected))) return;
    select(first);
    view().center(first);
  };
  const step = (model: TreeModel, among: readonly number[], direction: 1 | -1): number | undefined => {
    const { selected } = store.state;
    const at = selected === null ? -1 : itemAt(model.rank, selected);
    return direction === 1 ? among.find((id) => itemAt(model.rank, id) > at) : among.findLast((id) => itemAt(model.rank, id) < at);
  };
  return {
    select,
    goTo,
    goLow(direction) {
      const { model } = store.state;
      if (model === null) return;
      const isCompared = model.shown === 'both';
      const among = isCompared ? model.disagreements : model.low;
      const next = step(model, among, direction);
      if (next !== undefined) goTo(next);
      else announce(nothingWords(isCompared, among.length === 0 ? 0 : direction));
    },
    goFirst() {
      const { model } = store.state;
      const id = model === null ? null : model.shown === 'both' ? (model.disagreements[0] ?? null) : landingNode(model);
      if (id !== null) goTo(id);
    },
    search,
    goMatch(direction) {
      const { model, matches } = store.state;
      if (model === null) return;
      const next = step(model, matches, direction) ?? (direction === 1 ? matches[0] : matches.at(-1));
      if (next === undefined) return;
      select(next);
      view().center(next);
      announce(t('{0} of {1}: {2}', matches.indexOf(next) + 1, plural(matches.length, '{0} match', '{0} matches'), speak(model, next)));
    },
    ...createFolding({ store, announce, view, reveal }),
  };
}

function createFolding({
  store,
  announce,
  view,
}: NavigationWorld): Pick<Navigation, 'fold' | 'foldAll' | 'foldTo' | 'showAssumed' | 'showSubtree'> {
  const foldSome = (isFolded: (depth: number) => boolean, words: string) => {
    const { model, root } = store.state;
    if (model === null) return;
    const base = root === null ? 0 : itemAt(model.nodes, root).depth;
    const inner = model.nodes.filter((node) => node.children.length > 0 && isFolded(node.depth - base)).map(({ id }) => id);
    const collapsed = new Set(inner);
    store.update({ collapsed, ...stillShown(store.state, collapsed) });
    view().fit();
    announce(words);
  };
  return {
    fold(id, isFolded) {
      const { model, collapsed, openStacks, display } = store.state;
      if (model === null) return;
      const stack = display.stacks.get(id) ?? display.opened.get(id);
      if (stack !== undefined) {
        const next = new Set(openStacks);
        if (isFolded) next.delete(id);
        else next.add(id);
        // All assumed stacks may be open at once (`hasAssumed`): closing one of them then closes them all.
        store.update({ openStacks: next, ...(isFolded && stack.kind === 'assumed' ? { hasAssumed: false } : {}) });
        announce(`${isFolded ? t('Closed') : t('Opened')}: ${stackWords(model, stack)}`);
        return;
      }
      if (itemAt(model.nodes, id).children.length === 0) return;
      const next = new Set(collapsed);
      if (isFolded) next.add(id);
      else next.delete(id);
      const { selected } = store.state;
      const hidesSelection = isFolded && selected !== null && selected !== id && isInBranch(model, selected, id);
      store.update({ collapsed: next, ...(hidesSelection ? { selected: id, selectedStep: null } : {}) });
      announce(`${isFolded ? t('Folded') : t('Unfolded')} ${plural(itemAt(model.subtreeSize, id) - 1, '{0} node', '{0} nodes')}`);
    },
    foldAll: (isFolded) => foldSome((depth) => isFolded && depth >= 1, isFolded ? t('All folded') : t('All unfolded')),
    foldTo: (depth) => foldSome((at) => at >= depth, t('Folded to depth {0}', depth)),
    showAssumed(hasAssumed) {
      store.update({ hasAssumed, ...(hasAssumed ? {} : { openStacks: new Set() }) });
      announce(hasAssumed ? t('Assumed nodes are shown one by one') : t('Assumed nodes are stacked'));
    },
    showSubtree(id) {
      const { model, root } = store.state;
      if (model === null) return;
      const next = id === root || id === 0 ? null : id;
      store.update({ root: next, zoom: null, isMoved: false, ...(next !== null ? { selected: next, selectedStep: null } : {}) });
      announce(
        next === null
          ? t('The whole tree is shown')
          : t('The subtree of node {0} is shown: {1}', next, plural(itemAt(model.subtreeSize, next), '{0} node', '{0} nodes')),
      );
    },
  };
}

/** The selection that is visible under these folds: the node itself, or its outermost folded ancestor. */
function stillShown({ model, selected }: PanelState, collapsed: ReadonlySet<number>): Partial<PanelState> {
  if (model === null || selected === null) return {};
  let shown = selected;
  for (let at = itemAt(model.nodes, selected).parent; at !== null; at = itemAt(model.nodes, at).parent) if (collapsed.has(at)) shown = at;
  return shown === selected ? {} : { selected: shown, selectedStep: null };
}

/** Message when there is nothing to go to: none at all (0), none later (1) or none earlier (-1). */
function nothingWords(isCompared: boolean, direction: 0 | 1 | -1): string {
  if (direction === 0) return isCompared ? t('There is no disagreement') : t('There is no low step');
  if (direction === 1) return isCompared ? t('No later disagreement') : t('No later low step');
  return isCompared ? t('No earlier disagreement') : t('No earlier low step');
}
