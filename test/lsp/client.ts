import {
  type CancellationToken,
  type ClientCapabilities,
  type ConfigurationParams,
  createProtocolConnection,
  type Diagnostic,
  type InitializeResult,
  type MessageReader,
  type MessageWriter,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  type TextDocumentContentChangeEvent,
} from 'vscode-languageserver/node';
import { Door } from '../../server/protocol/door.js';
import type { NotificationType, RequestType } from '../../server/protocol/message.js';
import type { InitializationOptions } from '../../server/protocol/settings.js';
import { defaultSettings } from '../../server/protocol/settingsTable.js';
import { DocumentChanged, type DocumentChangedParams, StatusChanged, type StatusParams } from '../../server/protocol/status.js';

const capabilities: ClientCapabilities = {
  workspace: { inlayHint: { refreshSupport: true }, codeLens: { refreshSupport: true }, workspaceFolders: true, configuration: true },
  window: { workDoneProgress: true },
  textDocument: {
    publishDiagnostics: { codeDescriptionSupport: true, versionSupport: true },
    documentSymbol: { hierarchicalDocumentSymbolSupport: true },
  },
};

/** An editor over two streams. It sends messages, collects the server's messages, and waits for events, not time. */
export class TestClient {
  readonly connection: ProtocolConnection;
  readonly door: Door<'client'>;
  readonly diagnostics = new Map<string, PublishDiagnosticsParams>();
  /** URIs of the documents whose diagnostics were sent, one entry per message. */
  readonly published: string[] = [];
  readonly statuses: StatusParams[] = [];
  readonly changed: DocumentChangedParams[] = [];
  readonly refreshed: string[] = [];
  readonly logged: string[] = [];
  readonly progress: { readonly token: string | number; readonly value: { readonly kind: string; readonly message?: string } }[] = [];
  /** The configuration `steplens` of a resource. */
  configuration: (scopeUri: string | undefined) => unknown = () => null;
  readonly #versions = new Map<string, number>();
  #waiting: { check: () => boolean; resolve: () => void }[] = [];

  constructor(reader: MessageReader, writer: MessageWriter) {
    this.connection = createProtocolConnection(reader, writer);
    const note = () => {
      const ready = this.#waiting.filter(({ check }) => check());
      this.#waiting = this.#waiting.filter((one) => !ready.includes(one));
      for (const { resolve } of ready) resolve();
    };
    this.connection.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
      this.diagnostics.set(params.uri, params);
      this.published.push(params.uri);
      note();
    });
    this.door = new Door('client', this.connection, {
      warn: (message) => this.logged.push(message),
      error: (message) => this.logged.push(message),
    });
    this.door.on(StatusChanged, (status) => {
      this.statuses.push(status);
      note();
    });
    this.door.on(DocumentChanged, (params) => {
      this.changed.push(params);
      note();
    });
    this.connection.onNotification('$/progress', (params: (typeof this.progress)[number]) => {
      this.progress.push(params);
      note();
    });
    this.connection.onNotification('window/logMessage', ({ message }: { message: string }) => {
      this.logged.push(message);
      note();
    });
    for (const method of ['workspace/inlayHint/refresh', 'workspace/codeLens/refresh']) {
      this.connection.onRequest(method, () => {
        this.refreshed.push(method);
        note();
        return null;
      });
    }
    this.connection.onRequest('window/workDoneProgress/create', () => null);
    this.connection.onRequest('workspace/configuration', ({ items }: ConfigurationParams) =>
      items.map(({ scopeUri, section }) => (section === 'steplens' ? this.configuration(scopeUri) : null)),
    );
    this.connection.listen();
  }

  /** `locale`: the language of the editor. */
  async initialize(options: Partial<InitializationOptions> = {}, locale?: string): Promise<InitializeResult> {
    const result = await this.connection.sendRequest<InitializeResult>('initialize', {
      processId: process.pid,
      rootUri: null,
      capabilities,
      workspaceFolders: null,
      ...(locale !== undefined && { locale }),
      initializationOptions: { isTrusted: true, settings: defaultSettings, ...options },
    });
    await this.connection.sendNotification('initialized', {});
    return result;
  }

  async open(uri: string, languageId: string, text: string): Promise<void> {
    this.#versions.set(uri, 1);
    await this.connection.sendNotification('textDocument/didOpen', { textDocument: { uri, languageId, version: 1, text } });
  }

  async change(uri: string, ...contentChanges: TextDocumentContentChangeEvent[]): Promise<number> {
    const version = this.#versions.get(uri)! + 1;
    this.#versions.set(uri, version);
    await this.connection.sendNotification('textDocument/didChange', { textDocument: { uri, version }, contentChanges });
    return version;
  }

  /** Resolves when `check` returns true. It is called again after every message of the server. */
  async until(check: () => boolean): Promise<void> {
    if (check()) return;
    await new Promise<void>((resolve) => this.#waiting.push({ check, resolve }));
  }

  codes(uri: string): Diagnostic['code'][] {
    return this.diagnostics.get(uri)?.diagnostics.map(({ code }) => code) ?? [];
  }

  /** A request of LSP. */
  request<T>(method: string, params: unknown): Promise<T> {
    return this.connection.sendRequest<T>(method, params);
  }

  /** A request of StepLens. Rejects with RequestError. */
  ask<Params, Result>(type: RequestType<'server', Params, Result>, params: Params, token?: CancellationToken): Promise<Result> {
    return this.door.ask(type, params, token);
  }

  tell<Params>(type: NotificationType<'server', Params>, params: Params): Promise<void> {
    return this.door.tell(type, params);
  }
}
