import {
  type CancellationToken,
  type Disposable,
  EventEmitter,
  l10n,
  languages,
  type TextDocumentContentProvider,
  Uri,
  window,
  workspace,
} from 'vscode';
import { nameInside, RECORDS_SCHEME, type RecordsPlace, readRecordsQuery, recordsQuery } from '../../server/formats/recordsUri.js';
import { RecordPage } from '../../server/protocol/records.js';
import type { Client } from '../shell/client.js';

interface Shown {
  /** Null for a text that is shown as a whole. */
  readonly count: number | null;
  readonly isLast: boolean;
}

const nowhere = { scheme: 'steplens-none' };

/**
 * Read-only documents with the records of a compressed, archived or very large file, one page each. The rest of the
 * editor treats them like any other file. A row in the language status shows which records are shown and goes to the
 * next ones.
 */
export class RecordDocuments implements TextDocumentContentProvider, Disposable {
  readonly #client: Client;
  readonly #shown = new Map<string, Shown>();
  readonly #loaded = new EventEmitter<void>();
  readonly #status = languages.createLanguageStatusItem('steplens.records', nowhere);
  readonly #subscriptions: Disposable[];

  constructor(client: Client) {
    this.#client = client;
    this.#status.name = l10n.t('StepLens records');
    this.#subscriptions = [
      this.#loaded,
      this.#status,
      workspace.registerTextDocumentContentProvider(RECORDS_SCHEME, this),
      workspace.onDidCloseTextDocument(({ uri }) => void this.#shown.delete(uri.toString())),
      window.onDidChangeActiveTextEditor(() => this.#tell()),
      this.#loaded.event(() => this.#tell()),
    ];
  }

  /** Returns the document of a page. Its name ends like that of the text, so that VS Code knows its language. */
  uriOf(place: RecordsPlace): Uri {
    const file = Uri.parse(place.file, true);
    const inside = nameInside(file.path, place.entry === '' ? '' : `${file.path}/${place.entry}`);
    const [, stem, ending] = /^(.*?)(\.(?:jsonl|ndjson|json|jsonc|md|markdown|txt))?$/is.exec(inside) ?? [];
    const page = place.first === 0 ? '' : ` from ${place.first + 1}`;
    return Uri.from({ scheme: RECORDS_SCHEME, path: `${stem}${page}${ending ?? '.jsonl'}`, query: recordsQuery(place) });
  }

  /** Returns the place that a document of this scheme shows; undefined for any other document. */
  placeOf(uri: Uri | undefined): RecordsPlace | undefined {
    return uri?.scheme === RECORDS_SCHEME ? readRecordsQuery(uri.query) : undefined;
  }

  /** Returns the records after those of a document; undefined if there are none. */
  after(uri: Uri): RecordsPlace | undefined {
    const [place, shown] = [this.placeOf(uri), this.#shown.get(uri.toString())];
    return place === undefined || shown === undefined || shown.isLast ? undefined : { ...place, first: place.first + (shown.count ?? 0) };
  }

  async provideTextDocumentContent(uri: Uri, token: CancellationToken): Promise<string> {
    const place = this.placeOf(uri);
    if (place === undefined) throw new Error(l10n.t('This address does not name records.'));
    const { text, count, isLast } = await this.#client.request(RecordPage, place, token);
    this.#shown.set(uri.toString(), { count, isLast });
    this.#loaded.fire();
    return text;
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #tell(): void {
    const uri = window.activeTextEditor?.document.uri;
    const [place, shown] = [this.placeOf(uri), uri && this.#shown.get(uri.toString())];
    this.#status.selector = place === undefined || shown === undefined ? nowhere : { scheme: RECORDS_SCHEME };
    if (place === undefined || shown === undefined) return;
    const [from, to] = [place.first + 1, place.first + (shown.count ?? 0)];
    this.#status.text =
      shown.count === null
        ? l10n.t('The whole text')
        : l10n.t('Records {0} to {1}', from.toLocaleString('en-US'), to.toLocaleString('en-US'));
    this.#status.detail = shown.isLast ? (place.first === 0 ? l10n.t('all there are') : l10n.t('the last ones')) : l10n.t('more follow');
    this.#status.command = shown.isLast ? undefined : { title: l10n.t('Show Next Records'), command: 'steplens.nextRecords' };
  }
}
