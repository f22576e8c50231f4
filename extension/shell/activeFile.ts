import { type Disposable, type Event, EventEmitter, type Uri, window, workspace } from 'vscode';
import type { Claims } from './claims.js';

/** Files that a panel shows, and the place in the first one. */
export interface ShownPlace {
  readonly uris: readonly Uri[];
  readonly problem?: number;
  readonly node?: number;
  readonly step?: number;
}

/**
 * The file that commands are about: the document of the active text editor if a format claims it, else what the panel
 * with the focus shows. While a panel has the focus, VS Code has no active text editor.
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

  /** Fires when the active file, or the place in it, may have changed. */
  get onDidChange(): Event<void> {
    return this.#changed.event;
  }

  get uri(): Uri | undefined {
    return this.uris[0];
  }

  /** Several files if a panel shows them together. */
  get uris(): readonly Uri[] {
    const editor = this.#claims.active;
    return editor ? [editor.uri] : (this.#shown?.uris ?? []);
  }

  /** Returns the place in a file that is shown by the panel with the focus; undefined if it shows another file. */
  placeIn(uri: Uri): ShownPlace | undefined {
    return this.#shown?.uris[0]?.toString() === uri.toString() ? this.#shown : undefined;
  }

  /** To be called when a panel gets the focus. */
  focused(panel: { readonly shown: ShownPlace | undefined }): void {
    this.#panel = panel;
    this.#changed.fire();
  }

  /** To be called when a panel loses the focus or is closed. */
  left(panel: { readonly shown: ShownPlace | undefined }): void {
    if (this.#panel !== panel) return;
    this.#panel = undefined;
    this.#changed.fire();
  }

  /** To be called when a panel shows something else. */
  moved(panel: { readonly shown: ShownPlace | undefined }): void {
    if (this.#panel === panel) this.#changed.fire();
  }

  /** Opens the files for a command: VS Code closes documents without an editor, and the server then forgets them. */
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
