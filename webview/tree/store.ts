import type { Replay } from '../../server/protocol/replay.js';
import type { View } from './layout/zoomScale.js';
import { matchNodes } from './model/matchNodes.js';
import { viewAt } from './model/replay.js';
import { findNodes } from './model/search.js';
import { buildTreeModel, type ShownValues, type TreeModel } from './model/treeModel.js';
import type { InitialView, PanelLabeling, PersistedState } from './protocol.js';

export type Status =
  | { readonly kind: 'loading' }
  | { readonly kind: 'empty'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'ready' };

/** Everything the panel shows that is not the document's. */
export interface PanelState {
  readonly status: Status;
  /** Kept above a tree that could not be refreshed. */
  readonly staleMessage: string | null;
  readonly model: TreeModel | null;
  readonly images: readonly string[];
  readonly selected: number | null;
  /** A `StepView.index` within the selected node, when the cursor stands on one. */
  readonly selectedStep: number | null;
  readonly collapsed: ReadonlySet<number>;
  /** null until the first drawing chose one. */
  readonly zoom: View | null;
  /** The user moved the view; until then it follows the panel's size, and a restored panel lands afresh. */
  readonly isMoved: boolean;
  readonly details: 'node' | 'statistics';
  readonly shown: ShownValues;
  readonly split: number;
  readonly query: string;
  /** Matches in reading order. */
  readonly matches: readonly number[];
  readonly isLegendOpen: boolean;
  readonly isHelpOpen: boolean;
  /** How the tree came to be, where that is known. */
  readonly replay: Replay | null;
  /** Frames of the replay the picture stands after; null = the whole tree. */
  readonly replayAt: number | null;
  readonly isPlaying: boolean;
  /** The node the replay's present event is about. */
  readonly event: number | null;
  readonly labeling: PanelLabeling | null;
}

export const INITIAL_STATE: PanelState = {
  status: { kind: 'loading' },
  staleMessage: null,
  model: null,
  images: [],
  selected: null,
  selectedStep: null,
  collapsed: new Set(),
  zoom: null,
  isMoved: false,
  details: 'node',
  shown: 'labels',
  split: 0.34,
  query: '',
  matches: [],
  isLegendOpen: true,
  isHelpOpen: false,
  replay: null,
  replayAt: null,
  isPlaying: false,
  event: null,
  labeling: null,
};

export interface Store {
  readonly state: PanelState;
  update(change: Partial<PanelState>): void;
  subscribe(listener: (state: PanelState, previous: PanelState) => void): void;
}

export function createStore(initial: PanelState): Store {
  let state = initial;
  const listeners: ((state: PanelState, previous: PanelState) => void)[] = [];
  return {
    get state() {
      return state;
    },
    update(change) {
      const previous = state;
      state = { ...state, ...change };
      for (const listener of listeners) listener(state, previous);
    },
    subscribe(listener) {
      listeners.push(listener);
    },
  };
}

/** Nodes a tree starts with: beyond, whole levels start folded, so that it can be read at all. */
export const OPEN_LIMIT = 20_000;

/** Nodes to fold so that at most `limit` are shown: those of the deepest level that still fits. Empty when all fit. */
export function initiallyCollapsed(model: TreeModel, limit = OPEN_LIMIT): Set<number> {
  if (model.nodes.length <= limit) return new Set();
  const perDepth: number[] = [];
  for (const node of model.nodes) perDepth[node.depth] = (perDepth[node.depth] ?? 0) + 1;
  let depth = 0;
  for (let shown = perDepth[0] ?? 0; shown + (perDepth[depth + 1] ?? 0) <= limit; ) shown += perDepth[++depth] ?? 0;
  return new Set(model.nodes.filter((node) => node.depth === depth && node.children.length > 0).map((node) => node.id));
}

/** The state after the first `count` frames of the replay; the end is the whole tree. What is not there yet is not selected. */
export function moveReplay(state: PanelState, count: number): Partial<PanelState> {
  const { model, replay } = state;
  if (model === null || replay === null) return {};
  const at = Math.max(1, Math.min(replay.frames.length, count));
  const replayAt = at === replay.frames.length ? null : at;
  const moment = modelAt(model.whole, replay, replayAt, state.shown);
  const { selected } = state;
  return {
    model: moment,
    replayAt,
    event: replay.frames[at - 1]!.node,
    selected: selected === null ? null : nearestThere(moment, selected),
  };
}

/** The model of a view at a moment of its replay. */
export function modelAt(view: TreeModel['view'], replay: Replay | null, at: number | null, shown: ShownValues): TreeModel {
  return replay === null || at === null ? buildTreeModel(view, shown) : buildTreeModel(viewAt(view, replay, at), shown, view);
}

/** What a view brings beside its nodes: a growing tree is shown whole, and a replay keeps its moment while its frames are the same. */
export function receiveReplay(
  state: PanelState,
  { view, replay = null, labeling = null }: InitialView,
): Pick<PanelState, 'replay' | 'replayAt' | 'isPlaying' | 'event' | 'labeling'> {
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
    replayAt: isKept ? state.replayAt : null,
    isPlaying: isKept && state.isPlaying,
    event: labeling !== null && replay !== null ? (replay.frames.at(-1)?.node ?? null) : isKept ? state.event : null,
  };
}

function nearestThere({ nodes, rank }: TreeModel, id: number): number {
  let at = id;
  while (rank[at]! < 0) at = nodes[at]!.parent ?? 0;
  return at;
}

/** A view that arrives: another problem starts afresh; the same problem keeps selection, folds and search by content. */
export function receiveModel(state: PanelState, model: TreeModel, images: readonly string[], restored: PersistedState | null): PanelState {
  const base = { ...state, status: { kind: 'ready' } as const, staleMessage: null, model, images };
  const before = state.model;
  const isSame = before !== null && before.view.uri === model.view.uri && before.view.problem === model.view.problem;
  const matches = state.query === '' ? [] : findNodes(model, state.query);
  if (isSame) {
    const match = matchNodes(before.whole.nodes, model.whole.nodes);
    const now = (id: number) => match[id] ?? -1;
    const selected = state.selected === null ? -1 : now(state.selected);
    const collapsed = new Set([...state.collapsed].map(now).filter((id) => id >= 0 && model.whole.nodes[id]!.children.length > 0));
    return {
      ...base,
      matches,
      collapsed,
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
      collapsed: new Set(restored.collapsed.filter((id) => exists(id) && model.nodes[id]!.children.length > 0)),
      zoom: restored.zoom,
      isMoved: restored.zoom !== null,
      details: restored.details,
      split: restored.split ?? state.split,
    };
  }
  return { ...base, matches, selected: null, selectedStep: null, collapsed: initiallyCollapsed(model), zoom: null, isMoved: false };
}

/** The slice that survives, or null while there is nothing to come back to. */
export function persisted(state: PanelState): PersistedState | null {
  if (state.model === null) return null;
  return {
    version: 1,
    uri: state.model.view.uri,
    problem: state.model.view.problem,
    selected: state.selected,
    collapsed: [...state.collapsed],
    zoom: state.isMoved ? state.zoom : null,
    details: state.details,
    split: state.split,
    shown: state.shown,
  };
}

/** The folds after unfolding every ancestor of a node: it can be seen then. The same set when it can already. */
export function unfoldTo(model: TreeModel, collapsed: ReadonlySet<number>, id: number): ReadonlySet<number> {
  const open = new Set(collapsed);
  for (let at = model.nodes[id]?.parent ?? null; at !== null; at = model.nodes[at]!.parent) open.delete(at);
  return open.size === collapsed.size ? collapsed : open;
}
