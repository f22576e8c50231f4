import type { RolloutView } from '../../server/protocol/problemView.js';
import type { Replay } from '../../server/protocol/replay.js';
import { createStore, type Store } from '../shared/store.js';
import type { View } from './layout/zoomScale.js';
import { type Display, displayOf, NO_DISPLAY } from './model/display.js';
import type { ShownValues, TreeModel } from './model/treeModel.js';
import type { PanelFailure, PanelLabeling } from './protocol.js';

export type PanelStatus =
  | { readonly kind: 'loading' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'empty'; readonly message: string }
  /** A labeling has begun, and no event has come yet. */
  | { readonly kind: 'beginning' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'ready' };

/** The state of the panel beyond the document itself. */
export interface PanelState {
  readonly status: PanelStatus;
  /** Message above a tree that could not be refreshed. */
  readonly staleMessage: string | null;
  readonly model: TreeModel | null;
  readonly images: readonly string[];
  readonly selected: number | null;
  /** A `StepView.index` within the selected node, when the cursor is on one. */
  readonly selectedStep: number | null;
  /** The selected node's rollouts with their texts; null while they are on their way. */
  readonly rollouts: { readonly node: number; readonly list: readonly RolloutView[] } | null;
  readonly collapsed: ReadonlySet<number>;
  /** First members of the stacks that are open. */
  readonly openStacks: ReadonlySet<number>;
  /** Whether assumed nodes are shown one by one. */
  readonly hasAssumed: boolean;
  /** Derived from `model`, `openStacks` and `hasAssumed`. */
  readonly display: Display;
  /** The node whose subtree is shown; null = all. */
  readonly root: number | null;
  /** null until the first drawing chose one. */
  readonly zoom: View | null;
  /** Whether the user moved the view. Until then it follows the panel's size; a restored panel chooses a new view. */
  readonly isMoved: boolean;
  readonly details: 'node' | 'statistics';
  readonly shown: ShownValues;
  readonly split: number;
  readonly isDetailsShown: boolean;
  readonly query: string;
  /** Matches in reading order. */
  readonly matches: readonly number[];
  readonly isKeyOpen: boolean;
  readonly isHelpOpen: boolean;
  readonly isReplayShown: boolean;
  /** How the tree was built, where that is known. */
  readonly replay: Replay | null;
  /** Number of replay frames that the picture shows; null = the whole tree. */
  readonly replayAt: number | null;
  readonly isPlaying: boolean;
  /** The node of the replay's current event. */
  readonly event: number | null;
  readonly labeling: PanelLabeling | null;
  /** Why the last labeling gave no labels. */
  readonly failure: PanelFailure | null;
  /** Whether the existing tree is shown instead of the failure. */
  readonly isFailureHidden: boolean;
  /** The panel stays on its file; otherwise it shows the file of the active editor. */
  readonly isLocked: boolean;
}

export const INITIAL_STATE: PanelState = {
  status: { kind: 'loading' },
  staleMessage: null,
  model: null,
  images: [],
  selected: null,
  selectedStep: null,
  rollouts: null,
  collapsed: new Set(),
  openStacks: new Set(),
  hasAssumed: false,
  display: NO_DISPLAY,
  root: null,
  zoom: null,
  isMoved: false,
  details: 'node',
  shown: 'labels',
  split: 0.34,
  isDetailsShown: true,
  query: '',
  matches: [],
  isKeyOpen: false,
  isHelpOpen: false,
  isReplayShown: false,
  replay: null,
  replayAt: null,
  isPlaying: false,
  event: null,
  labeling: null,
  failure: null,
  isFailureHidden: false,
  isLocked: true,
};

export type PanelStore = Store<PanelState>;

/** The panel's store. It recomputes `display` when the parts that `display` depends on change. */
export function createPanelStore(initial: PanelState): PanelStore {
  return createStore(initial, (state, before) => {
    const { model, openStacks, hasAssumed } = state;
    if (model === before.model && openStacks === before.openStacks && hasAssumed === before.hasAssumed) return state;
    return { ...state, display: model === null ? NO_DISPLAY : displayOf(model, { stacks: openStacks, hasAssumed }) };
  });
}
