/**
 * The tree panel's wire: the only door between the webview and the extension. The panel speaks first (`open`) and gets
 * everything; failures are data. No message carries a command id or HTML.
 *
 * The page is an empty body with `<link>`s to `dist/codicon.css` and `dist/webview.css` and `<script nonce>` of
 * `dist/webview.js`, under `default-src 'none'; script-src 'nonce-…'; style-src ${cspSource} 'nonce-…'; font-src
 * ${cspSource}; img-src ${cspSource} data:`; `<meta property="csp-nonce">` holds the style nonce, which FAST asks for at
 * start. The panel builds everything else and needs no inline style.
 */
import type { EvaluateLine, FileFault } from '../../server/protocol/evaluation.js';
import type { ProblemView } from '../../server/protocol/problemView.js';
import type { Replay } from '../../server/protocol/replay.js';

/** Panel -> host: one line a request, args -> result. */
export interface HostRequests {
  /** First message of a panel, also after a reload (the persisted target when there is one) and on "Try again". */
  open: { args: { readonly state: PersistedState | null }; result: InitialView };
  /** Shows another problem of the same document. */
  select: { args: { readonly problem: number }; result: InitialView };
  /** Reveals the text of a node, of one of its steps (a `StepView.index`) or of one of its rollouts (a position). */
  reveal: {
    args: { readonly node: number; readonly step?: number; readonly rollout?: number; readonly focus: boolean };
    result: null;
  };
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
export interface PanelEvents {
  /** The document or its scores changed. */
  viewChanged: InitialView;
  /** The view could not be got again; what is drawn stays, with this sentence above it and "Try again". */
  viewFailed: { readonly message: string };
  /** The cursor moved onto a node's step (`step`: a `StepView.index`). The panel selects it and does not answer. */
  nodeSelected: { readonly problem: number; readonly node: number; readonly step?: number };
}

export type RequestName = keyof HostRequests;
export type EventName = keyof PanelEvents;

export type PanelFrame =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly args: unknown }
  | { readonly kind: 'cancel'; readonly id: number };

export type HostFrame =
  | { readonly kind: 'done'; readonly id: number; readonly ok: unknown }
  | { readonly kind: 'fail'; readonly id: number; readonly error: string }
  | { readonly kind: 'event'; readonly name: string; readonly data: unknown };

/** What survives hiding and reload through `setState` and the panel serializer. */
export interface PersistedState {
  readonly version: 1;
  readonly uri: string;
  readonly problem: number;
  readonly selected: number | null;
  readonly collapsed: readonly number[];
  /** Zoom: scale and translation of the drawing, in pixels. */
  readonly zoom: { readonly k: number; readonly x: number; readonly y: number } | null;
  readonly details: 'node' | 'statistics';
  /** Share of the panel the details take, in (0, 1). */
  readonly split?: number;
  /** Which values colour the tree. */
  readonly shown?: 'labels' | 'model';
}

/** A persisted state of this version, or null for anything else: states outlive the code that wrote them. */
export function readPersistedState(value: unknown): PersistedState | null {
  if (typeof value !== 'object' || value === null) return null;
  const state = value as Record<string, unknown>;
  const zoom = state['zoom'] as Record<string, unknown> | null;
  const isIndex = (n: unknown): n is number => Number.isInteger(n) && (n as number) >= 0;
  const isSound =
    state['version'] === 1 &&
    typeof state['uri'] === 'string' &&
    isIndex(state['problem']) &&
    (state['selected'] === null || isIndex(state['selected'])) &&
    Array.isArray(state['collapsed']) &&
    state['collapsed'].every(isIndex) &&
    (zoom === null ||
      (typeof zoom === 'object' && [zoom['k'], zoom['x'], zoom['y']].every(Number.isFinite) && (zoom['k'] as number) > 0)) &&
    (state['details'] === 'node' || state['details'] === 'statistics') &&
    (state['shown'] === undefined || state['shown'] === 'labels' || state['shown'] === 'model') &&
    (state['split'] === undefined || (typeof state['split'] === 'number' && state['split'] > 0 && state['split'] < 1));
  return isSound ? (value as PersistedState) : null;
}

/** Evaluation panel -> host. Its page is the tree panel's, with `dist/evaluation.js` and `.css`. */
export interface EvaluationRequests {
  /** Evaluates the panel's files; `progress` events tell how far it is, and cancelling the call stops it. First message of a page. */
  evaluate: { args: { readonly rescore: boolean }; result: EvaluationResult };
  /** Writes the setting `steplens.threshold`. */
  useThreshold: { args: { readonly threshold: number }; result: null };
  /** Asks for a file and writes one evaluation into it, as `steplens evaluate --json` prints it. */
  saveJson: { args: { readonly index: number }; result: null };
  copy: { args: { readonly text: string }; result: null };
}

export interface EvaluationResult {
  readonly uris: readonly string[];
  /** One a kind of file. */
  readonly lines: readonly EvaluateLine[];
  readonly faults: readonly FileFault[];
}

/** Host -> evaluation panel. */
export interface EvaluationEvents {
  progress: { readonly uri: string; readonly done: number; readonly total: number };
  /** What is drawn is out of date: a file changed, or the setting of the threshold. */
  outdated: { readonly cause: 'file' | 'threshold' };
}

/** What survives hiding and reload of an evaluation panel. */
export interface EvaluationState {
  readonly version: 1;
  readonly uris: readonly string[];
  /** Curves that are not drawn, by name. */
  readonly hidden: readonly string[];
  /** Number of candidates the table is for; null = all. */
  readonly size: number | null;
}

/** A persisted state of this version, or null for anything else. */
export function readEvaluationState(value: unknown): EvaluationState | null {
  if (typeof value !== 'object' || value === null) return null;
  const { version, uris, hidden, size } = value as Record<string, unknown>;
  const areTexts = (list: unknown): boolean => Array.isArray(list) && list.every((one) => typeof one === 'string');
  const isSound =
    version === 1 && areTexts(uris) && areTexts(hidden) && (size === null || (Number.isInteger(size) && (size as number) >= 1));
  return isSound ? (value as EvaluationState) : null;
}
