import type { Replay } from '../../server/protocol/replay.js';
import { itemAt } from '../../server/reasoning/present.js';
import { stackOf } from './model/display.js';
import { matchNodes } from './model/matchNodes.js';
import { viewAt } from './model/replay.js';
import { findNodes } from './model/search.js';
import { buildTreeModel, type ShownValues, type TreeModel } from './model/treeModel.js';
import type { InitialView, PersistedState } from './protocol.js';
import type { PanelState } from './state.js';

/** The state after `count` replay frames; the end is the whole tree. Absent nodes are not selected or shown alone. */
export function moveReplay(state: PanelState, count: number): Partial<PanelState> {
  const { model, replay } = state;
  if (model === null || replay === null) return {};
  const at = Math.max(1, Math.min(replay.frames.length, count));
  const replayAt = at === replay.frames.length ? null : at;
  const moment = modelAt(model.whole, replay, replayAt, state.shown);
  const { selected, root } = state;
  return {
    model: moment,
    replayAt,
    event: itemAt(replay.frames, at - 1).node,
    root: root !== null && itemAt(moment.rank, root) >= 0 ? root : null,
    selected: selected === null ? null : nearestThere(moment, selected),
  };
}

/** The model of a view at a moment of its replay. */
export function modelAt(view: TreeModel['view'], replay: Replay | null, at: number | null, shown: ShownValues): TreeModel {
  return replay === null || at === null ? buildTreeModel(view, shown) : buildTreeModel(viewAt(view, replay, at), shown, view);
}

/** State from a view besides its nodes. A growing tree is shown whole; a replay with equal frames keeps its moment. */
export function receiveReplay(
  state: PanelState,
  { view, replay = null, labeling = null, failure = null }: InitialView,
): Pick<PanelState, 'replay' | 'replayAt' | 'isPlaying' | 'event' | 'labeling' | 'failure' | 'isFailureHidden'> {
  const whole = state.model?.whole;
  const isSame =
    whole !== undefined &&
    view !== null &&
    whole.uri === view.uri &&
    whole.problem === view.problem &&
    state.replay?.frames.length === replay?.frames.length;
  const isKept = isSame && replay !== null;
  return {
    replay,
    labeling,
    failure,
    isFailureHidden: state.isFailureHidden && failure?.message === state.failure?.message,
    replayAt: isKept ? state.replayAt : null,
    isPlaying: isKept && state.isPlaying,
    event: labeling !== null && replay !== null ? (replay.frames.at(-1)?.node ?? null) : isKept ? state.event : null,
  };
}

function nearestThere({ nodes, rank }: TreeModel, id: number): number {
  let at = id;
  while (itemAt(rank, at) < 0) at = itemAt(nodes, at).parent ?? 0;
  return at;
}

/** The state for a new view. Another problem resets it; the same one keeps selection, folds and search by content. */
export function receiveModel(state: PanelState, model: TreeModel, images: readonly string[], restored: PersistedState | null): PanelState {
  const base = { ...state, status: { kind: 'ready' } as const, staleMessage: null, model, images };
  const before = state.model;
  const isSame = before !== null && before.view.uri === model.view.uri && before.view.problem === model.view.problem;
  const matches = state.query === '' ? [] : findNodes(model, state.query);
  if (isSame) {
    const match = matchNodes(before.whole.nodes, model.whole.nodes);
    const now = (id: number) => match[id] ?? -1;
    const selected = state.selected === null ? -1 : now(state.selected);
    const collapsed = new Set([...state.collapsed].map(now).filter((id) => id >= 0 && itemAt(model.whole.nodes, id).children.length > 0));
    const root = state.root === null ? -1 : now(state.root);
    return {
      ...base,
      matches,
      collapsed,
      openStacks: new Set([...state.openStacks].map(now).filter((id) => id >= 0)),
      root: root > 0 ? root : null,
      rollouts: null,
      selected: selected >= 0 ? nearestThere(model, selected) : null,
      selectedStep: selected >= 0 ? state.selectedStep : null,
    };
  }
  if (restored !== null && restored.uri === model.view.uri && restored.problem === model.view.problem) {
    const exists = (id: number) => id < model.nodes.length;
    return {
      ...base,
      matches,
      selected: restored.selected !== null && exists(restored.selected) ? restored.selected : null,
      selectedStep: null,
      collapsed: new Set(restored.collapsed.filter((id) => exists(id) && itemAt(model.nodes, id).children.length > 0)),
      zoom: restored.zoom,
      isMoved: restored.zoom !== null,
      details: restored.details,
      split: restored.split ?? state.split,
      isDetailsShown: restored.isDetailsShown ?? true,
      root: restored.root !== undefined && restored.root !== null && exists(restored.root) ? restored.root : null,
      hasAssumed: restored.hasAssumed ?? false,
      openStacks: new Set(),
    };
  }
  return {
    ...base,
    matches,
    selected: null,
    selectedStep: null,
    collapsed: new Set(),
    openStacks: new Set(),
    root: null,
    zoom: null,
    isMoved: false,
  };
}

/** The part of the state that survives, or null while no tree is shown. */
export function persisted(state: PanelState): PersistedState | null {
  if (state.model === null) return null;
  return {
    version: 2,
    uri: state.model.view.uri,
    problem: state.model.view.problem,
    selected: state.selected,
    collapsed: [...state.collapsed],
    zoom: state.isMoved ? state.zoom : null,
    details: state.details,
    split: state.split,
    shown: state.shown,
    isDetailsShown: state.isDetailsShown,
    root: state.root,
    hasAssumed: state.hasAssumed,
  };
}

/** The folds after unfolding all ancestors of a node, which makes it visible. The same set if it is visible already. */
export function unfoldTo(model: TreeModel, collapsed: ReadonlySet<number>, id: number): ReadonlySet<number> {
  const open = new Set(collapsed);
  for (let at = model.nodes[id]?.parent ?? null; at !== null; at = itemAt(model.nodes, at).parent) open.delete(at);
  return open.size === collapsed.size ? collapsed : open;
}

/** Changes that make a node visible: open the folds above it and its stack, and leave a shown subtree without it. */
export function showNode(state: PanelState, id: number): Partial<PanelState> {
  const { model, collapsed, display, openStacks, root } = state;
  if (model === null) return {};
  const stack = stackOf(display, model, id);
  return {
    collapsed: unfoldTo(model, collapsed, id),
    ...(stack !== undefined && { openStacks: new Set([...openStacks, stack]) }),
    ...(root !== null && !isInBranch(model, id, root) && { root: null }),
  };
}

/** Whether a node is in the subtree of another, itself included. */
export function isInBranch({ rank, subtreeSize }: TreeModel, id: number, root: number): boolean {
  const from = itemAt(rank, root);
  return itemAt(rank, id) >= from && itemAt(rank, id) < from + itemAt(subtreeSize, root);
}
