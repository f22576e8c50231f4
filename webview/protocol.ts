/**
 * The tree panel's wire: the only door between the webview and the extension. The panel speaks first (`open`) and gets
 * everything; failures are data. No message carries a command id or HTML.
 */
import type { ProblemView } from '../server/protocol.js';

/** Panel -> host: one line a request, args -> result. */
export interface HostRequests {
  /** First message of a panel, also after a reload: the persisted target when there is one. */
  open: { args: { readonly state: PersistedState | null }; result: InitialView };
  /** Shows another problem of the same document. */
  select: { args: { readonly problem: number }; result: ProblemView | null };
  /** Reveals a node's (or one of its steps') text in the file. */
  reveal: { args: { readonly node: number; readonly step?: number; readonly focus: boolean }; result: null };
  /** Moves the editor and the panel to the next or previous low step. */
  lowStep: { args: { readonly direction: 1 | -1 }; result: null };
  /** Shows one of the problem's images in an editor of its own. */
  openImage: { args: { readonly index: number }; result: null };
}

export interface InitialView {
  readonly view: ProblemView | null;
  /** Webview URIs, in the order of `view.images`. */
  readonly images: readonly string[];
  /** Why there is nothing to draw, with the next action. */
  readonly empty?: string;
}

/** Host -> panel. */
export interface PanelEvents {
  /** The document or its scores changed. */
  viewChanged: InitialView;
  /** The cursor moved onto a node's step. */
  nodeSelected: { readonly problem: number; readonly node: number; readonly step?: number };
}

export type RequestName = keyof HostRequests;

export type PanelFrame =
  | { readonly kind: 'call'; readonly id: number; readonly name: RequestName; readonly args: unknown }
  | { readonly kind: 'cancel'; readonly id: number };

export type HostFrame =
  | { readonly kind: 'done'; readonly id: number; readonly ok: unknown }
  | { readonly kind: 'fail'; readonly id: number; readonly error: string }
  | { readonly kind: 'event'; readonly name: keyof PanelEvents; readonly data: unknown };

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
}
