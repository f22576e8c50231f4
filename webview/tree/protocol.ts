/**
 * The tree panel's wire: what its page and the extension say to each other, in the frames of `shared/wire.ts`. The panel
 * speaks first (`open`) and gets everything. No message carries a command id or HTML.
 *
 * The page is an empty body with `<link>`s to `dist/codicon.css` and `dist/webview.css` and `<script nonce>` of
 * `dist/webview.js`, under `default-src 'none'; script-src 'nonce-…'; style-src ${cspSource} 'nonce-…'; font-src
 * ${cspSource}; img-src ${cspSource} data:`; `<meta property="csp-nonce">` holds the style nonce, which FAST asks for at
 * start. The panel builds everything else and needs no inline style.
 */
import type { ProblemView, RolloutView } from '../../server/protocol/problemView.js';
import type { Replay } from '../../server/protocol/replay.js';

/** Panel -> host: one line a request, args -> result. */
export interface TreeRequests {
  /** First message of a panel, also after a reload (the persisted target when there is one) and on "Try again". */
  open: { args: { readonly state: PersistedState | null }; result: InitialView };
  /** Shows another problem of the same document. */
  select: { args: { readonly problem: number }; result: InitialView };
  /** Reveals the text of a node, of one of its steps (a `StepView.index`) or of one of its rollouts (a position). */
  reveal: {
    args: { readonly node: number; readonly step?: number; readonly rollout?: number; readonly focus: boolean };
    result: null;
  };
  /** The rollouts of a node with their texts; the view only counts them. */
  rollouts: { args: { readonly node: number }; result: readonly RolloutView[] };
  /** Puts a node's step, the steps from the problem to it, or its place in the file as a JSON pointer on the clipboard. */
  copy: { args: { readonly node: number; readonly what: 'step' | 'path' | 'pointer' }; result: null };
  /** Asks for a file and writes the picture into it. `data`: SVG text, or a PNG in base64. */
  savePicture: { args: { readonly kind: 'svg' | 'png'; readonly data: string }; result: null };
  /** Keeps the panel on its file, or lets it show the file of the active editor. */
  setLocked: { args: { readonly isLocked: boolean }; result: null };
  /** Scores the document now; new values arrive as `viewChanged`. */
  score: { args: Record<string, never>; result: null };
  /** Shows one of the problem's images in an editor of its own. */
  openImage: { args: { readonly index: number }; result: null };
  /** Labels the problem with the policy, as the command does; the tree grows by `viewChanged`. */
  label: { args: Record<string, never>; result: null };
  /** Stops the labelling the panel shows; its log is kept. */
  stopLabeling: { args: Record<string, never>; result: null };
  /** Asks how many, samples more rollouts from a node, and writes them into the file. */
  moreRollouts: { args: { readonly node: number }; result: null };
  /** Tells for every format whether the paths through a node are training data, and why not. */
  explainTraining: { args: { readonly node: number }; result: null };
}

export interface InitialView {
  readonly view: ProblemView | null;
  /** Webview URIs, in the order of `view.images`. */
  readonly images: readonly string[];
  /** How the tree came to be, where an event log tells. */
  readonly replay?: Replay | null;
  /** While the problem is being labelled. */
  readonly labeling?: PanelLabeling | null;
  /** The panel stays on its file; otherwise it shows the file of the active editor. */
  readonly isLocked?: boolean;
  /** Why there is nothing to draw, with the next action. */
  readonly empty?: string;
}

/** How far a labelling has come. */
export interface PanelLabeling {
  readonly rollouts: number;
  /** Rollouts at most, where that is known. */
  readonly budget?: number;
}

/** Host -> panel. */
export interface TreeEvents {
  /** The document or its scores changed. */
  viewChanged: InitialView;
  /** The view could not be got again; what is drawn stays, with this sentence above it and "Try again". */
  viewFailed: { readonly message: string };
  /** The cursor moved onto a node's step (`step`: a `StepView.index`). The panel selects it and does not answer. */
  nodeSelected: { readonly problem: number; readonly node: number; readonly step?: number };
}

/** What survives hiding and reload through `setState` and the panel serializer. */
export interface PersistedState {
  readonly version: 2;
  readonly uri: string;
  readonly problem: number;
  readonly selected: number | null;
  readonly collapsed: readonly number[];
  /** Zoom: scale and translation of the drawing, in pixels; null while the user has not moved it. */
  readonly zoom: { readonly k: number; readonly stretch: number; readonly x: number; readonly y: number } | null;
  readonly details: 'node' | 'statistics';
  /** Share of the panel the details take, in (0, 1). */
  readonly split?: number;
  /** Which values colour the tree. */
  readonly shown?: 'labels' | 'model' | 'both' | 'rollouts';
  readonly isDetailsShown?: boolean;
  /** The node whose subtree is shown alone. */
  readonly root?: number | null;
  readonly hasAssumed?: boolean;
}

/** A persisted state of this version, or null for anything else: states outlive the code that wrote them. */
export function readPersistedState(value: unknown): PersistedState | null {
  if (typeof value !== 'object' || value === null) return null;
  const state = value as Record<string, unknown>;
  const zoom = state['zoom'] as Record<string, unknown> | null;
  const isIndex = (n: unknown): n is number => Number.isInteger(n) && (n as number) >= 0;
  const isSound =
    state['version'] === 2 &&
    typeof state['uri'] === 'string' &&
    isIndex(state['problem']) &&
    (state['selected'] === null || isIndex(state['selected'])) &&
    Array.isArray(state['collapsed']) &&
    state['collapsed'].every(isIndex) &&
    (zoom === null ||
      (typeof zoom === 'object' &&
        [zoom['k'], zoom['stretch'], zoom['x'], zoom['y']].every(Number.isFinite) &&
        (zoom['k'] as number) > 0 &&
        (zoom['stretch'] as number) > 0)) &&
    (state['details'] === 'node' || state['details'] === 'statistics') &&
    (state['shown'] === undefined || ['labels', 'model', 'both', 'rollouts'].includes(state['shown'] as string)) &&
    ['isDetailsShown', 'hasAssumed'].every((name) => state[name] === undefined || typeof state[name] === 'boolean') &&
    (state['root'] === undefined || state['root'] === null || isIndex(state['root'])) &&
    (state['split'] === undefined || (typeof state['split'] === 'number' && state['split'] > 0 && state['split'] < 1));
  return isSound ? (value as PersistedState) : null;
}
