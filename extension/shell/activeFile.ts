import { type Disposable, type Event, EventEmitter, type Uri, window, workspace } from 'vscode';
import type { Claims } from './claims.js';

/** What a panel shows: its files, and the place in the first one. */
export interface ShownPlace {
  readonly uris: readonly Uri[];
  readonly problem?: number;
  readonly node?: number;
  readonly step?: number;
}

/**
 * What commands are about: the document of the active text editor where a format claims it, else what the panel with the focus shows.
 * While a panel has the focus VS Code has no active text editor.
 */
export class ActiveFile implements Disposable {
  readonly #claims: Claims;
  readonly #changed = new EventEmitter<void>();
  readonly #own: readonly Disposable[];
  #panel: { readonly shown: ShownPlace | undefined } | undefined;

  constructor(claims: Claims) {
    this.#claims = claims;
    const tell = (): void => this.#changed.fire();
    this.#own = [this.#changed, window.onDidChangeActiveTextEditor(tell), claims.onDidClaim(tell), claims.onDidRelease(tell)];
  }

  /** Another file may be the active one, or the place in it another one. */
  get onDidChange(): Event<void> {
    return this.#changed.event;
  }

  get uri(): Uri | undefined {
    return this.uris[0];
  }

  /** A panel can show several files together. */
  get uris(): readonly Uri[] {
    const editor = this.#claims.active;
    return editor ? [editor.uri] : (this.#shown?.uris ?? []);
  }

  /** The place that the panel with the focus shows in a file; undefined where none shows it. */
  placeIn(uri: Uri): ShownPlace | undefined {
    return this.#shown?.uris[0]?.toString() === uri.toString() ? this.#shown : undefined;
  }

  /** A panel got the focus. */
  focused(panel: { readonly shown: ShownPlace | undefined }): void {
    this.#panel = panel;
    this.#changed.fire();
  }

  /** A panel lost the focus, or was closed. */
  left(panel: { readonly shown: ShownPlace | undefined }): void {
    if (this.#panel !== panel) return;
    this.#panel = undefined;
    this.#changed.fire();
  }

  /** A panel shows something else now. */
  moved(panel: { readonly shown: ShownPlace | undefined }): void {
    if (this.#panel === panel) this.#changed.fire();
  }

  /** VS Code closes a document that no editor shows after a while, and the server forgets it: a command needs it open. */
  async open(): Promise<void> {
    // A tree that still grows has no file yet.
    for (const uri of this.uris) await workspace.openTextDocument(uri).then(undefined, () => undefined);
  }

  dispose(): void {
    for (const one of this.#own) one.dispose();
  }

  get #shown(): ShownPlace | undefined {
    return window.activeTextEditor ? undefined : this.#panel?.shown;
  }
}
