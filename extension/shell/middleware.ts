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

/**
 * Requests that VS Code sends by itself after every key. The server answers after reading the text, which waits for a
 * pause in typing.
 */
const asked: readonly string[] = [InlayHintRequest, CodeLensRequest, DocumentSymbolRequest, FoldingRangeRequest, CodeActionRequest].map(
  ({ method }) => method,
);

/** Keeps documents that no format claims from the server: neither their text nor a request about them is sent. */
export interface ClaimedOnly extends Disposable {
  readonly middleware: Middleware;
  /** Opens documents on the server when an edit makes a format claim them. */
  listen(): void;
}

/** `opening`: runs before a document's text is sent. */
export function createMiddleware(claims: Claims, client: () => LanguageClient, opening: (document: TextDocument) => void): ClaimedOnly {
  const open = new Set<string>();
  /** Time of each document's last edit. */
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
        // The next key cancels most of these requests, so they are held back until the pause.
        if (asked.includes(typeof type === 'string' ? type : type.method)) await pauseAfter(() => edits.get(uri), token);
        return open.has(uri) && token?.isCancellationRequested !== true ? next(type, param, token) : (null as never);
      },
    },
    listen: () => {
      subscriptions.push(
        claims.onDidClaim((document) => void openNow(document)),
        claims.onDidRelease((document) => void closeNow(document)),
        // A restarted server knows no documents, so every document is opened again.
        client().onDidChangeState(({ newState }) => {
          if (newState !== State.Running) open.clear();
        }),
      );
    },
    dispose: () => subscriptions.forEach((subscription) => void subscription.dispose()),
  };
}

/** Returns the document that an LSP request is about; undefined for requests without a document. */
function documentOf(param: unknown): string | undefined {
  const about = (param as { textDocument?: { uri?: unknown } } | null | undefined)?.textDocument?.uri;
  return typeof about === 'string' ? about : undefined;
}

/** Resolves when the last edit was `editPauseMs` ago, or the request is cancelled. */
async function pauseAfter(lastEdit: () => number | undefined, token: CancellationToken | undefined): Promise<void> {
  for (;;) {
    const left = (lastEdit() ?? -Infinity) + editPauseMs - performance.now();
    if (left <= 0 || token?.isCancellationRequested) return;
    await new Promise((resolve) => setTimeout(resolve, left));
  }
}
