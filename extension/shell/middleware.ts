import type { CancellationToken, Disposable, TextDocument } from 'vscode';
import {
  CodeActionRequest,
  CodeLensRequest,
  DidCloseTextDocumentNotification,
  DidOpenTextDocumentNotification,
  DocumentSymbolRequest,
  FoldingRangeRequest,
  InlayHintRequest,
  type LanguageClient,
  type Middleware,
  State,
} from 'vscode-languageclient/node';
import { editPauseMs } from '../../server/protocol/status.js';
import type { Claims } from './claims.js';

/** What VS Code asks for by itself after every key. The server answers once the text has been read, which waits for a pause in typing. */
const asked: readonly string[] = [InlayHintRequest, CodeLensRequest, DocumentSymbolRequest, FoldingRangeRequest, CodeActionRequest].map(
  ({ method }) => method,
);

/** Keeps documents that no format claims away from the server: neither their text nor a request about them is sent. */
export interface ClaimedOnly extends Disposable {
  readonly middleware: Middleware;
  /** Opens documents at the server that an edit made claimable. */
  listen(): void;
}

/** `opening`: runs before a document's text is sent. */
export function createMiddleware(claims: Claims, client: () => LanguageClient, opening: (document: TextDocument) => void): ClaimedOnly {
  const open = new Set<string>();
  /** When each document was edited last. */
  const edits = new Map<string, number>();
  const subscriptions: Disposable[] = [];

  const openNow = async (document: TextDocument): Promise<void> => {
    const key = document.uri.toString();
    if (client().state !== State.Running || open.has(key)) return;
    open.add(key);
    opening(document);
    await client().sendNotification(
      DidOpenTextDocumentNotification.type,
      client().code2ProtocolConverter.asOpenTextDocumentParams(document),
    );
  };

  const closeNow = async (document: TextDocument): Promise<void> => {
    if (!open.delete(document.uri.toString())) return;
    await client().sendNotification(
      DidCloseTextDocumentNotification.type,
      client().code2ProtocolConverter.asCloseTextDocumentParams(document),
    );
  };

  return {
    middleware: {
      didOpen: async (document, next) => {
        const key = document.uri.toString();
        if (!claims.has(document) || open.has(key)) return;
        open.add(key);
        opening(document);
        await next(document);
      },
      didChange: async (event, next) => {
        const key = event.document.uri.toString();
        if (!open.has(key)) return;
        edits.set(key, performance.now());
        await next(event);
      },
      didClose: async (document, next) => {
        edits.delete(document.uri.toString());
        if (open.delete(document.uri.toString())) await next(document);
      },
      didSave: async (document, next) => {
        if (open.has(document.uri.toString())) await next(document);
      },
      sendRequest: async (type, param, token, next) => {
        const uri = documentOf(param);
        if (uri === undefined) return next(type, param, token);
        // The next key takes most of these back: they cost nothing before the pause.
        if (asked.includes(typeof type === 'string' ? type : type.method)) await pauseAfter(() => edits.get(uri), token);
        return open.has(uri) && token?.isCancellationRequested !== true ? next(type, param, token) : (null as never);
      },
    },
    listen: () => {
      subscriptions.push(
        claims.onDidClaim((document) => void openNow(document)),
        claims.onDidRelease((document) => void closeNow(document)),
        // A restarted server knows no documents: every one is opened again.
        client().onDidChangeState(({ newState }) => {
          if (newState !== State.Running) open.clear();
        }),
      );
    },
    dispose: () => subscriptions.forEach((subscription) => void subscription.dispose()),
  };
}

/** The document an LSP request is about; undefined for the server's own requests and those without a document. */
function documentOf(param: unknown): string | undefined {
  const about = (param as { textDocument?: { uri?: unknown } } | null | undefined)?.textDocument?.uri;
  return typeof about === 'string' ? about : undefined;
}

/** Resolves when the last edit is `editPauseMs` ago, or no request waits any more. */
async function pauseAfter(lastEdit: () => number | undefined, token: CancellationToken | undefined): Promise<void> {
  for (;;) {
    const left = (lastEdit() ?? -Infinity) + editPauseMs - performance.now();
    if (left <= 0 || token?.isCancellationRequested) return;
    await new Promise((resolve) => setTimeout(resolve, left));
  }
}
