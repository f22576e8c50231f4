import type { Disposable, TextDocument } from 'vscode';
import {
  DidCloseTextDocumentNotification,
  DidOpenTextDocumentNotification,
  type LanguageClient,
  type Middleware,
  State,
} from 'vscode-languageclient/node';
import type { Claims } from './claims.js';

/** Keeps documents that no format claims away from the server: neither their text nor a request about them is sent. */
export interface ClaimedOnly extends Disposable {
  readonly middleware: Middleware;
  /** Opens documents at the server that an edit made claimable. */
  listen(): void;
}

/** `opening`: runs before a document's text is sent. */
export function createMiddleware(claims: Claims, client: () => LanguageClient, opening: (document: TextDocument) => void): ClaimedOnly {
  const open = new Set<string>();
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
        if (open.has(event.document.uri.toString())) await next(event);
      },
      didClose: async (document, next) => {
        if (open.delete(document.uri.toString())) await next(document);
      },
      didSave: async (document, next) => {
        if (open.has(document.uri.toString())) await next(document);
      },
      sendRequest: (type, param, token, next) => {
        const uri = documentOf(param);
        return uri === undefined || open.has(uri) ? next(type, param, token) : Promise.resolve(null as never);
      },
    },
    listen: () => {
      subscriptions.push(
        claims.onDidClaim((document) => void openNow(document)),
        claims.onDidRelease((document) => void closeNow(document)),
        // A server that is started again knows nothing: every document is opened anew.
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
