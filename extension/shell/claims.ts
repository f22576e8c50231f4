import { commands, type Disposable, type Event, EventEmitter, Range, type TextDocument, Uri, window, workspace } from 'vscode';
import { MAPPING_FILE, mappingFor, readMappings } from '../../server/formats/mappingFile.js';
import { detectFormat } from '../../server/formats/registry.js';

/** Languages of the documents that are looked at. */
export const languages = ['json', 'jsonl', 'jsonc', 'markdown', 'plaintext'] as const;

/** Documents VS Code makes for itself. */
const ownSchemes = new Set(['output', 'debug', 'comment', 'git', 'vscode', 'vscode-settings', 'vscode-chat-code-block']);

const settleMs = 300;

/**
 * Which documents have reasoning in them. A document's beginning is looked at, and more of it only where it has a key of some
 * format; a document that no format claims never reaches the server. A claim is kept until the document closes, so that a
 * half-typed bracket does not drop everything.
 */
export class Claims implements Disposable {
  readonly #claimed = new Set<string>();
  readonly #settling = new Map<string, NodeJS.Timeout>();
  readonly #claim = new EventEmitter<TextDocument>();
  readonly #subscriptions: Disposable[] = [
    this.#claim,
    workspace.onDidOpenTextDocument((document) => this.#look(document)),
    workspace.onDidCloseTextDocument((document) => this.#forget(document)),
    workspace.onDidChangeTextDocument(({ document }) => this.#lookSoon(document)),
    window.onDidChangeActiveTextEditor(() => this.#tellActive()),
  ];

  /** A document was recognized: when it opened, or after an edit. */
  get onDidClaim(): Event<TextDocument> {
    return this.#claim.event;
  }

  /** Looks at the documents that are open already. Call once, after listening to `onDidClaim`. */
  start(): void {
    for (const document of workspace.textDocuments) this.#look(document);
    this.#tellActive();
  }

  has(document: TextDocument): boolean {
    return this.#claimed.has(document.uri.toString());
  }

  /** The open documents with reasoning in them, in the order in which VS Code opened them. */
  get documents(): readonly TextDocument[] {
    return workspace.textDocuments.filter((document) => this.has(document));
  }

  /** The active editor's document, when it is claimed. */
  get active(): TextDocument | undefined {
    const document = window.activeTextEditor?.document;
    return document && this.has(document) ? document : undefined;
  }

  dispose(): void {
    for (const timer of this.#settling.values()) clearTimeout(timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #look(document: TextDocument): void {
    const key = document.uri.toString();
    if (this.#claimed.has(key) || ownSchemes.has(document.uri.scheme)) return;
    // Code of a notebook is no reasoning, however much it looks like it.
    if (document.uri.scheme === 'vscode-notebook-cell' && document.languageId !== 'markdown') return;
    // Its mappings have questions and answers by name only.
    if (document.uri.path.endsWith(`/${MAPPING_FILE}`)) return;
    if (!languages.some((language) => language === document.languageId)) return;
    const textUpTo = (length: number): string =>
      length === Infinity ? document.getText() : document.getText(new Range(document.positionAt(0), document.positionAt(length)));
    if (detectFormat(textUpTo, document.languageId) !== undefined) this.#take(document);
    else if (document.uri.scheme === 'file') void this.#lookForMapping(document);
  }

  /** Looks again at a document that may have become readable, as by a new mapping. */
  async lookAgain(document: TextDocument): Promise<void> {
    this.#look(document);
    if (!this.has(document)) await this.#lookForMapping(document);
  }

  /** A `steplens.json` beside the file may say what its keys are. */
  async #lookForMapping(document: TextDocument): Promise<void> {
    const folder = Uri.joinPath(document.uri, '..');
    const name = document.uri.path.slice(document.uri.path.lastIndexOf('/') + 1);
    try {
      const text = new TextDecoder().decode(await workspace.fs.readFile(Uri.joinPath(folder, MAPPING_FILE)));
      if (mappingFor(readMappings(text), name) === undefined) return;
    } catch {
      // There is none, or the schema marks what is wrong with it where it is edited.
      return;
    }
    if (!document.isClosed && !this.has(document)) this.#take(document);
  }

  #take(document: TextDocument): void {
    this.#claimed.add(document.uri.toString());
    this.#claim.fire(document);
    this.#tellActive();
  }

  #lookSoon(document: TextDocument): void {
    const key = document.uri.toString();
    if (this.#claimed.has(key)) return;
    clearTimeout(this.#settling.get(key));
    this.#settling.set(
      key,
      setTimeout(() => {
        this.#settling.delete(key);
        if (!document.isClosed) this.#look(document);
      }, settleMs),
    );
  }

  #forget(document: TextDocument): void {
    const key = document.uri.toString();
    clearTimeout(this.#settling.get(key));
    this.#settling.delete(key);
    this.#claimed.delete(key);
  }

  /** `steplens.active` is what the manifest's `when` clauses ask. */
  #tellActive(): void {
    void commands.executeCommand('setContext', 'steplens.active', this.active !== undefined);
  }
}
