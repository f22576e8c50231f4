/**
 * Messages between the tree panel's page and the extension, in the frames of `shared/wire.ts`. The panel sends the first
 * message (`open`) and gets all data in reply. No message carries a command id or HTML.
 *
 * The page is an empty body with `<link>`s to `dist/codicon.css` and `dist/webview.css` and `<script nonce>` of
 * `dist/webview.js`, under `default-src 'none'; script-src 'nonce-…'; style-src ${cspSource} 'nonce-…'; font-src
 * ${cspSource}; img-src ${cspSource} data:`; `<meta property="csp-nonce">` holds the style nonce, which FAST asks for at
 * start. The panel builds everything else and needs no inline style.
 */
import { resultOf } from '../../server/protocol/message.js';
import { type ProblemView, problemView, rolloutView } from '../../server/protocol/problemView.js';
import { replay } from '../../server/protocol/replay.js';
import {
  bulk,
  count,
  empty,
  flag,
  type Infer,
  list,
  nothing,
  nullable,
  object,
  oneOf,
  optional,
  type Shape,
  text,
} from '../../server/protocol/shape.js';
import { call, event } from '../shared/wire.js';

/** The progress of a labeling run. */
const panelLabeling = object({
  rollouts: count,
  /** Greatest number of rollouts, if known. */
  budget: optional(count),
  /** Why nothing is sampled at the moment. */
  waiting: optional(text),
  /** Whether another process does the labeling, so that it cannot be stopped from here. */
  isElsewhere: optional(flag),
});
export type PanelLabeling = Infer<typeof panelLabeling>;

/** Why the last labeling gave no labels. */
const panelFailure = object({
  message: text,
  /** URL of the request whose reply is shown. */
  url: optional(text),
  status: optional(count),
  reply: optional(text),
});
export type PanelFailure = Infer<typeof panelFailure>;

const initialView = object({
  /** A `ProblemView` as JSON text from the server, so that it can be passed on without being parsed. */
  view: nullable(text),
  /** Webview URIs, in the order of `view.images`. */
  images: list(text),
  /** How the tree was built, if an event log has it. */
  replay: optional(nullable(replay)),
  /** While the problem is being labeled. */
  labeling: optional(nullable(panelLabeling)),
  failure: optional(nullable(panelFailure)),
  /** The panel stays on its file; otherwise it shows the file of the active editor. */
  isLocked: optional(flag),
  /** Why there is nothing to draw, with the next action. */
  empty: optional(text),
});
/** The initial view as it is sent. */
export type SentView = Infer<typeof initialView>;

/** The initial view after its `view` was parsed. */
export interface InitialView extends Omit<SentView, 'view'> {
  readonly view: ProblemView | null;
}

/** Reads the view in an answer or event. Throws RequestError when it does not have the expected shape. */
export function readInitialView({ view, ...rest }: SentView): InitialView {
  return {
    ...rest,
    view: view === null ? null : resultOf({ method: 'the tree', result: problemView }, { ok: JSON.parse(view) as unknown }),
  };
}

const persistedState: Shape<PersistedState> = {
  expected: 'a persisted state',
  check: (value) => (readPersistedState(value) ? undefined : { path: '', expected: 'a persisted state' }),
};

/** Panel -> host. */
const requests = {
  /** First message of a panel, also after a reload (the persisted target when there is one) and on "Try again". */
  open: call('open', object({ state: nullable(persistedState) }), initialView),
  /** Shows another problem of the same document. */
  select: call('select', object({ problem: count }), initialView),
  /** Reveals the text of a node, of one of its steps (a `StepView.index`) or of one of its rollouts (a position). */
  reveal: call('reveal', object({ node: count, step: optional(count), rollout: optional(count), focus: flag }), nothing),
  /** The selected node changed; null = none. Commands of the palette act on this node. */
  selected: call('selected', object({ node: nullable(count) }), nothing),
  /** The rollouts of a node with their texts; the view only counts them. */
  rollouts: call('rollouts', object({ node: count }), bulk(rolloutView)),
  /** Puts a node's step, the steps from the problem to it, or its place in the file as a JSON pointer on the clipboard. */
  copy: call('copy', object({ node: count, what: oneOf('step', 'path', 'pointer') }), nothing),
  /** Asks the user for a file and writes the picture into it. `data`: SVG text, or a PNG in base64. */
  savePicture: call('savePicture', object({ kind: oneOf('svg', 'png'), data: text }), nothing),
  /** Keeps the panel on its file, or lets it show the file of the active editor. */
  setLocked: call('setLocked', object({ isLocked: flag }), nothing),
  /** Scores the document now; new values arrive as `viewChanged`. */
  score: call('score', empty, nothing),
  /** Shows one of the problem's images in an editor of its own. */
  openImage: call('openImage', object({ index: count }), nothing),
  /** Labels the problem with the policy, as the command does; the tree grows by `viewChanged`. */
  label: call('label', empty, nothing),
  /** Continues a failed labeling of the problem from where it ended. */
  retryLabeling: call('retryLabeling', empty, nothing),
  /** Sends one request to the policy and shows the complete outcome. */
  tryPolicy: call('tryPolicy', empty, nothing),
  /** Asks the user for the key of a server that refused access. */
  setServerKey: call('setServerKey', empty, nothing),
  showLog: call('showLog', empty, nothing),
  /** Stops the labeling run the panel shows; its log is kept. */
  stopLabeling: call('stopLabeling', empty, nothing),
  /** Asks the user for a number, samples that many more rollouts from a node, and writes them into the file. */
  moreRollouts: call('moreRollouts', object({ node: count }), nothing),
  /** Explains for every format whether the paths through a node are training data, and why not. */
  explainTraining: call('explainTraining', object({ node: count }), nothing),
  /** Shows a request behind the node's rollouts, or behind one of them (a position), with its reply. */
  showRequest: call('showRequest', object({ node: count, rollout: optional(count) }), nothing),
  /** Begins a review: of the whole file, or of the node's steps and all below them. */
  review: call('review', object({ node: optional(count) }), nothing),
  /** Asks the user for another file and compares the problem with the same one there. */
  compare: call('compare', empty, nothing),
} as const;
export type TreeRequests = typeof requests;

/** Host -> panel. */
const events = {
  /** The document or its scores changed. */
  viewChanged: event('viewChanged', initialView),
  /** The view could not be refreshed. The drawing stays, with this sentence above it and "Try again". */
  viewFailed: event('viewFailed', object({ message: text })),
  /** The cursor moved onto a node's step (`step`: a `StepView.index`). The panel selects it and does not answer. */
  nodeSelected: event('nodeSelected', object({ problem: count, node: count, step: optional(count) })),
  /** The debugger stopped at this line of the event log; null: it has ended. The tree is shown as it is at that moment. */
  momentShown: event('momentShown', object({ line: nullable(count) })),
} as const;
export type TreeEvents = typeof events;

export const treeProtocol = { requests, events };

/** State that survives hiding and reload through `setState` and the panel serializer. */
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
  /** Which values color the tree. */
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
