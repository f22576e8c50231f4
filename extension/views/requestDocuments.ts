import { type CancellationToken, type Disposable, l10n, type TextDocumentContentProvider, Uri, workspace } from 'vscode';
import { type RequestPlace, SendAgain, ShowRequest } from '../../server/protocol/requests.js';
import type { Client } from '../shell/client.js';

/** Scheme of the read-only documents that show a request and its reply. The manifest has menus for it. */
export const requestScheme = 'steplens-request';

/** Shows the requests kept in event logs, and the replies to requests that were sent again, as JSON. */
export class RequestDocuments implements TextDocumentContentProvider, Disposable {
  readonly #client: Client;
  readonly #registration: Disposable;
  /** Answers to requests that were sent again, by the URI of their document. */
  readonly #again = new Map<string, string>();

  constructor(client: Client) {
    this.#client = client;
    this.#registration = workspace.registerTextDocumentContentProvider(requestScheme, this);
  }

  /** Returns the document of a kept request. */
  uriOf(place: RequestPlace): Uri {
    return Uri.from({ scheme: requestScheme, path: `/request ${place.event}.${place.index}.json`, query: JSON.stringify(place) });
  }

  /** Returns the request that a document of this scheme shows; undefined for any other document. */
  placeOf(uri: Uri | undefined): RequestPlace | undefined {
    return uri?.scheme === requestScheme ? (JSON.parse(uri.query) as RequestPlace) : undefined;
  }

  async provideTextDocumentContent(uri: Uri, token: CancellationToken): Promise<string> {
    const again = this.#again.get(uri.toString());
    if (again !== undefined) return again;
    const place = this.placeOf(uri);
    if (place === undefined) throw new Error(l10n.t('{0} names no request of a log.', uri.toString(true)));
    return (await this.#client.request(ShowRequest, place, token)).document;
  }

  /** Sends a request again and returns the document of the reply. */
  async sendAgain(place: RequestPlace, token: CancellationToken): Promise<Uri> {
    const { document } = await this.#client.request(SendAgain, place, token);
    const uri = Uri.from({
      scheme: requestScheme,
      path: `/request ${place.event}.${place.index} again.json`,
      query: JSON.stringify(place),
      fragment: String(this.#again.size + 1),
    });
    this.#again.set(uri.toString(), document);
    return uri;
  }

  dispose(): void {
    this.#registration.dispose();
  }
}
