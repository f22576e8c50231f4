import { type Disposable, type Event, EventEmitter, Range, type TextDocument, Uri, window, workspace } from 'vscode';
import { MAPPING_FILE, mappingFor, readMappings } from '../../server/formats/mappingFile.js';
import { nameInside, RECORDS_SCHEME, readRecordsQuery } from '../../server/formats/recordsUri.js';
import { detectFormat } from '../../server/formats/registry.js';

/** Languages of the documents that are inspected. */
export const languages = ['json', 'jsonl', 'jsonc', 'markdown', 'plaintext'] as const;

/** Documents that VS Code creates for itself, and StepLens' reports. */
const ownSchemes = new Set(['output', 'debug', 'comment', 'git', 'vscode', 'vscode-settings', 'vscode-chat-code-block', 'steplens-report']);

const settleMs = 300;

/**
 * Finds the documents that have reasoning in them. Reads a document's beginning, and more of it only if it has a key of
 * some format. A document that no format claims never reaches the server. A claim is kept until the document closes, so
 * that a half-typed bracket does not drop everything.
 */
export class Claims implements Disposable {
  readonly #claimed = new Set<string>();
  readonly #settling = new Map<string, NodeJS.Timeout>();
  /** The latest search for a mapping, by document: an earlier one that ends later has read an outdated file. */
  readonly #lookups = new Map<string, symbol>();
  readonly #claim = new EventEmitter<TextDocument>();
  readonly #release = new EventEmitter<TextDocument>();
  readonly #mappings = workspace.createFileSystemWatcher(`**/${MAPPING_FILE}`);
  readonly #subscriptions: Disposable[] = [
    this.#claim,
    this.#release,
    this.#mappings,
    this.#mappings.onDidCreate((mapping) => void this.readAgain(mapping)),
    this.#mappings.onDidChange((mapping) => void this.readAgain(mapping)),
    this.#mappings.onDidDelete((mapping) => void this.readAgain(mapping)),
    workspace.onDidOpenTextDocument((document) => this.#look(document)),
    workspace.onDidCloseTextDocument((document) => this.#forget(document)),
    workspace.onDidChangeTextDocument(({ document }) => this.#lookSoon(document)),
  ];

  /** Fires when a document is recognized, on opening or after an edit. */
  get onDidClaim(): Event<TextDocument> {
    return this.#claim.event;
  }

  /** Fires when an open document loses its claim: its mapping changed or is gone. It may be claimed again at once. */
  get onDidRelease(): Event<TextDocument> {
    return this.#release.event;
  }

  /** Inspects the documents that are already open. Call once, after listening to `onDidClaim`. */
  start(): void {
    for (const document of workspace.textDocuments) this.#look(document);
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
    // Code in a notebook is not reasoning, even if it looks like it.
    if (document.uri.scheme === 'vscode-notebook-cell' && document.languageId !== 'markdown') return;
    // A mapping file has questions and answers only as names of keys.
    if (document.uri.path.endsWith(`/${MAPPING_FILE}`)) return;
    if (!languages.some((language) => language === document.languageId)) return;
    const textUpTo = (length: number): string =>
      length === Infinity ? document.getText() : document.getText(new Range(document.positionAt(0), document.positionAt(length)));
    if (detectFormat(textUpTo, document.languageId) !== undefined) this.#take(document);
    else void this.#lookForMapping(document);
  }

  /** Inspects the open documents beside a `steplens.json` again after it was written, changed or removed. */
  async readAgain(mapping: Uri): Promise<void> {
    const beside = workspace.textDocuments.filter(({ uri }) => mappingPlaceOf(uri)?.mapping.toString() === mapping.toString());
    await Promise.all(
      beside.map(async (document) => {
        if (this.#claimed.delete(document.uri.toString())) this.#release.fire(document);
        if (!(await this.#lookForMapping(document))) this.#look(document);
      }),
    );
  }

  /** Claims a document if a `steplens.json` beside the file maps its keys. */
  async #lookForMapping(document: TextDocument): Promise<boolean> {
    const place = mappingPlaceOf(document.uri);
    if (place === undefined) return false;
    const key = document.uri.toString();
    const lookup = Symbol(key);
    this.#lookups.set(key, lookup);
    try {
      const text = new TextDecoder().decode(await workspace.fs.readFile(place.mapping));
      if (mappingFor(readMappings(text), place.name) === undefined) return false;
    } catch {
      // The mapping is missing or invalid. The schema marks an invalid one in its editor.
      return false;
    }
    if (!document.isClosed && !this.has(document) && this.#lookups.get(key) === lookup) this.#take(document);
    return true;
  }

  #take(document: TextDocument): void {
    this.#claimed.add(document.uri.toString());
    this.#claim.fire(document);
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
    this.#lookups.delete(key);
    this.#claimed.delete(key);
  }
}

/** Returns the mapping file of a document and the document's name in it; undefined if the document is not in a file. */
export function mappingPlaceOf(uri: Uri): { readonly mapping: Uri; readonly name: string } | undefined {
  const place = uri.scheme === RECORDS_SCHEME ? readRecordsQuery(uri.query) : undefined;
  const file = place === undefined ? uri : Uri.parse(place.file);
  if (file.scheme !== 'file') return undefined;
  const last = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
  return { mapping: Uri.joinPath(file, '..', MAPPING_FILE), name: last(nameInside(last(file.path), place?.entry ?? '')) };
}
