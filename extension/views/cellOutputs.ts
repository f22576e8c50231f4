import {
  type CancellationToken,
  type Disposable,
  EventEmitter,
  l10n,
  type NotebookCell,
  type NotebookCellOutputItem,
  NotebookCellStatusBarAlignment,
  NotebookCellStatusBarItem,
  type NotebookCellStatusBarItemProvider,
  type NotebookDocument,
  notebooks,
  type TextDocumentContentProvider,
  Uri,
  workspace,
} from 'vscode';
import { detectFormat } from '../../server/formats/registry.js';
import type { DocumentMarks } from '../../server/protocol/status.js';
import type { Client } from '../shell/client.js';
import { messageForUser } from '../shell/log.js';

/** Scheme of the read-only documents that show the output of a notebook cell. */
const outputScheme = 'steplens-output';
/** Longer outputs, in bytes, are ignored. */
const longest = 5_000_000;
const textTypes = ['application/vnd.code.notebook.stdout', 'text/markdown', 'text/plain', 'application/json'];
const settleMs = 300;

/**
 * Scores the output of notebook cells like documents if it has reasoning in it. Each such output is a read-only
 * document, whose marks are in the Problems panel. The cell's status bar shows what was found and opens it.
 */
export class CellOutputs implements TextDocumentContentProvider, NotebookCellStatusBarItemProvider, Disposable {
  readonly #client: Client;
  readonly #changed = new EventEmitter<Uri>();
  readonly onDidChange = this.#changed.event;
  readonly #itemsChanged = new EventEmitter<void>();
  readonly onDidChangeCellStatusBarItems = this.#itemsChanged.event;
  readonly #texts = new Map<string, string>();
  readonly #marks = new Map<string, DocumentMarks>();
  readonly #waiting = new Map<NotebookDocument, NodeJS.Timeout>();
  readonly #own: Disposable[];

  constructor(client: Client) {
    this.#client = client;
    this.#own = [
      this.#changed,
      this.#itemsChanged,
      workspace.registerTextDocumentContentProvider(outputScheme, this),
      notebooks.registerNotebookCellStatusBarItemProvider('*', this),
      workspace.onDidOpenNotebookDocument((notebook) => this.#lookSoon(notebook)),
      // VS Code closes a document that no editor shows, and its marks would disappear with it.
      workspace.onDidCloseTextDocument(({ uri }) => {
        if (this.#texts.has(uri.toString())) void workspace.openTextDocument(uri).then(undefined, () => undefined);
      }),
      workspace.onDidCloseNotebookDocument((notebook) => this.#forget(notebook)),
      workspace.onDidChangeNotebookDocument(({ notebook }) => this.#lookSoon(notebook)),
      client.onDidChangeDocument(({ uri, marks }) => {
        if (!this.#texts.has(uri) || !marks) return;
        this.#marks.set(uri, marks);
        this.#itemsChanged.fire();
      }),
    ];
    for (const notebook of workspace.notebookDocuments) this.#lookSoon(notebook);
  }

  provideTextDocumentContent(uri: Uri): string {
    return this.#texts.get(uri.toString()) ?? '';
  }

  provideCellStatusBarItems(cell: NotebookCell, _token: CancellationToken): NotebookCellStatusBarItem[] {
    return outputsOf(cell).flatMap(({ uri }) => {
      const key = uri.toString();
      if (!this.#texts.has(key)) return [];
      const marks = this.#marks.get(key);
      const item = new NotebookCellStatusBarItem(itemText(marks), NotebookCellStatusBarAlignment.Left);
      item.command = { title: l10n.t('Open the Output with Its Values'), command: 'vscode.open', arguments: [uri] };
      item.tooltip = l10n.t('This output has reasoning steps. Open it with their values.');
      return [item];
    });
  }

  dispose(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    for (const one of this.#own) one.dispose();
  }

  /** Waits before looking, because a running cell prints many times a second. */
  #lookSoon(notebook: NotebookDocument): void {
    clearTimeout(this.#waiting.get(notebook));
    this.#waiting.set(
      notebook,
      setTimeout(() => {
        this.#waiting.delete(notebook);
        void this.#look(notebook).catch((error: unknown) => this.#client.log.warn(`${notebook.uri.toString()}: ${messageForUser(error)}`));
      }, settleMs),
    );
  }

  async #look(notebook: NotebookDocument): Promise<void> {
    const found = new Map(notebook.getCells().flatMap((cell) => outputsOf(cell).map(({ uri, text }) => [uri.toString(), { uri, text }])));
    for (const key of this.#keysOf(notebook)) if (!found.has(key)) this.#drop(key);
    for (const [key, { uri, text }] of found) {
      if (this.#texts.get(key) === text) continue;
      this.#texts.set(key, text);
      this.#changed.fire(uri);
      await workspace.openTextDocument(uri);
    }
    this.#itemsChanged.fire();
  }

  #forget(notebook: NotebookDocument): void {
    clearTimeout(this.#waiting.get(notebook));
    this.#waiting.delete(notebook);
    for (const key of this.#keysOf(notebook)) this.#drop(key);
  }

  #keysOf(notebook: NotebookDocument): string[] {
    return [...this.#texts.keys()].filter((key) => Uri.parse(key, true).path.startsWith(`${notebook.uri.path}/`));
  }

  #drop(key: string): void {
    this.#texts.delete(key);
    this.#marks.delete(key);
    this.#changed.fire(Uri.parse(key, true));
  }
}

/** Returns the outputs of a cell that a format claims, as documents. */
function outputsOf({ notebook, index, outputs }: NotebookCell): { readonly uri: Uri; readonly text: string }[] {
  return outputs.flatMap(({ items }, at) => {
    const item = textTypes.flatMap((mime) => items.filter((one) => one.mime === mime))[0];
    const text = item && textOf(item);
    if (text === undefined) return [];
    const language = languageOf(text);
    if (detectFormat((length) => text.slice(0, length), language.id) === undefined) return [];
    const path = `${notebook.uri.path}/cell ${index + 1}${outputs.length > 1 ? ` output ${at + 1}` : ''}.${language.ending}`;
    return [{ uri: Uri.from({ scheme: outputScheme, path }), text }];
  });
}

function textOf({ data, mime }: NotebookCellOutputItem): string | undefined {
  if (data.length > longest) return undefined;
  const text = new TextDecoder().decode(data);
  return mime === 'text/plain' ? unquoted(text) : text;
}

/** Returns the value of a printed Python string, which is in quotation marks, with escapes. */
function unquoted(text: string): string {
  const inside = /^(['"])([\s\S]*)\1\s*$/.exec(text)?.[2];
  if (inside === undefined) return text;
  const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
  return inside.replace(/\\(.)/gs, (_, one: string) => escapes[one] ?? one);
}

function languageOf(text: string): { readonly id: string; readonly ending: string } {
  const first = /^\s*[[{]/.test(text) ? text.trim().split('\n', 1)[0] : undefined;
  if (first === undefined) return { id: 'markdown', ending: 'md' };
  const isWhole = /^\s*\{.*\}\s*$/.test(first) && text.trim().includes('\n');
  return isWhole ? { id: 'jsonl', ending: 'jsonl' } : { id: 'json', ending: 'json' };
}

function itemText(marks: DocumentMarks | undefined): string {
  if (!marks) return l10n.t('{0} StepLens: reasoning steps', '$(type-hierarchy)');
  const { firstLow } = marks;
  if (firstLow === 0) return l10n.t('{0} StepLens: no low steps', '$(check)');
  return firstLow === 1
    ? l10n.t('{0} StepLens: 1 first low step', '$(warning)')
    : l10n.t('{0} StepLens: {1} first low steps', '$(warning)', firstLow);
}
