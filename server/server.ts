import {
  CodeLensRefreshRequest,
  InlayHintRefreshRequest,
  LSPErrorCodes,
  ResponseError,
  TextDocuments,
  TextDocumentSyncKind,
  type CancellationToken,
  type Connection,
  type InitializeParams,
  type InitializeResult,
  type TextDocumentPositionParams,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { codeLens } from './language/codeLens.js';
import { diagnostics } from './language/diagnostics.js';
import { documentSymbols } from './language/documentSymbols.js';
import { noExplanations, readExplanations, type Explanations } from './language/explanations.js';
import { foldingRanges } from './language/foldingRanges.js';
import { hover } from './language/hover.js';
import { inlayHints } from './language/inlayHints.js';
import { lowSteps } from './language/lowSteps.js';
import { problemView } from './language/problemView.js';
import type { ScoredDocument } from './language/scoredDocument.js';
import { placeAt, stepAt } from './language/stepAt.js';
import type { Reader } from './openDocument.js';
import {
  CancelScoring,
  ClearCache,
  DocumentChanged,
  LowSteps,
  ProblemViewRequest,
  ScoreDocument,
  SettingsChanged,
  StatusChanged,
  StepAt,
  type DocumentChangedParams,
  type ProblemViewParams,
  type ScoreDocumentParams,
  type SettingsChangedParams,
  type StatusParams,
} from './protocol.js';
import type { Scorer } from './scoring/scorer.js';
import { createService, ScoringCancelled, type Clock, type Log, type ScorerSettings, type Service } from './service.js';
import { ScoringProgress } from './scoringProgress.js';
import { readInitializationOptions, readSettings } from './settings.js';

/** Everything the server reaches outside itself; the tests hand in their own. */
export interface World {
  readonly version: string;
  readonly read: Reader;
  createScorer(settings: ScorerSettings, cacheFolder: string | undefined, log: Log): Scorer;
  findImages(documentUri: string, folderUris: readonly string[], paths: readonly string[]): Promise<string[]>;
  readText(uri: string): Promise<string>;
  readonly clock: Clock;
}

/** Serves a client: wires the connection to the service and the language features, and holds no logic of its own. */
export function startServer(connection: Connection, world: World): void {
  const texts = new TextDocuments(TextDocument);
  const log = connection.console;
  let client: InitializeParams['capabilities'] = {};
  let folders: readonly string[] = [];
  let explanations: Explanations = noExplanations;
  let service: Service | undefined;
  /** Documents the client has diagnostics of. */
  const published = new Set<string>();
  let stopRefresh: (() => void) | undefined;

  const progress = new ScoringProgress(connection, world.clock, () => service?.cancel());

  connection.onInitialize(async (params): Promise<InitializeResult> => {
    const options = readInitializationOptions(params.initializationOptions);
    client = params.capabilities;
    folders = params.workspaceFolders?.map((folder) => folder.uri) ?? [];
    if (options.explanations !== undefined) explanations = await loadExplanations(options.explanations);
    service = createService(
      {
        read: world.read,
        createScorer: (settings) => world.createScorer(settings, options.cacheFolder, log),
        clock: world.clock,
        log,
        onDocument: publish,
        onStatus(status) {
          progress.update(status);
          send<StatusParams>(StatusChanged, status);
        },
      },
      options,
    );
    return {
      serverInfo: { name: 'StepLens', version: world.version },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
        hoverProvider: true,
        inlayHintProvider: true,
        codeLensProvider: {},
        documentSymbolProvider: true,
        foldingRangeProvider: true,
      },
    };
  });

  connection.onShutdown(async () => {
    stopRefresh?.();
    progress.dispose();
    await service?.dispose();
  });

  texts.onDidChangeContent(({ document }) => service?.update(document));
  texts.onDidClose(({ document: { uri } }) => {
    service?.close(uri);
    if (published.delete(uri)) void connection.sendDiagnostics({ uri, diagnostics: [] });
  });

  connection.onHover(async (params) => {
    const document = documentOf(params);
    const place = document && placeAt(document, params.position);
    if (!place) return null;
    return hover(document, params.position, await world.findImages(document.uri, folders, place.problem.problem.images));
  });
  connection.languages.inlayHint.on((params) => {
    const document = documentOf(params);
    if (!document || !service?.settings.inlayHints) return [];
    const place = placeAt(document, params.range.start);
    service.look(document.uri, place?.problem.problem.index ?? 0);
    return inlayHints(document, params.range);
  });
  connection.onCodeLens((params) => {
    const document = documentOf(params);
    return document && service?.settings.codeLens ? codeLens(document) : [];
  });
  connection.onDocumentSymbol((params) => {
    const document = documentOf(params);
    return document ? documentSymbols(document) : [];
  });
  connection.onFoldingRanges((params) => {
    const document = documentOf(params);
    return document ? foldingRanges(document) : [];
  });

  connection.onNotification(SettingsChanged, ({ settings, isTrusted }: SettingsChangedParams) => {
    service?.configure(readSettings(settings), isTrusted !== false);
    refreshViews();
  });
  connection.onRequest(ScoreDocument, async ({ uri, again }: ScoreDocumentParams, token: CancellationToken) => {
    if (!service) return { steps: 0, low: 0 };
    const stop = token.onCancellationRequested(() => service?.cancel(uri));
    try {
      return await service.score(uri, again ?? false);
    } catch (error) {
      const code = error instanceof ScoringCancelled ? LSPErrorCodes.RequestCancelled : LSPErrorCodes.RequestFailed;
      return new ResponseError<void>(code, error instanceof Error ? error.message : String(error));
    } finally {
      stop.dispose();
    }
  });
  connection.onRequest(CancelScoring, ({ uri }: { uri?: string }) => {
    service?.cancel(uri);
    return null;
  });
  connection.onRequest(LowSteps, (params: { uri: string }) => {
    const document = service?.document(params.uri);
    return document ? lowSteps(document) : [];
  });
  connection.onRequest(StepAt, (params: TextDocumentPositionParams) => {
    const document = documentOf(params);
    return document ? stepAt(document, params.position) : null;
  });
  connection.onRequest(ProblemViewRequest, async ({ uri, problem }: ProblemViewParams) => {
    const document = service?.document(uri);
    if (!document) return null;
    return problemView(document, problem, await world.findImages(uri, folders, document.reasoning.problems[problem]?.images ?? []));
  });
  connection.onRequest(ClearCache, async () => {
    await service?.clearCache();
    return null;
  });

  texts.listen(connection);
  connection.listen();

  function documentOf({ textDocument }: { readonly textDocument: { readonly uri: string } }): ScoredDocument | undefined {
    return service?.document(textDocument.uri);
  }

  function publish(uri: string): void {
    const document = service?.document(uri);
    if (!document && !published.has(uri)) return;
    published.add(uri);
    const found = document && service?.settings.diagnostics ? diagnostics(document, explanations) : [];
    connection
      .sendDiagnostics({ uri, diagnostics: found, ...(document && { version: document.version }) })
      .catch((error: unknown) => log.warn(`diagnostics of ${uri}: ${String(error)}`));
    send<DocumentChangedParams>(DocumentChanged, { uri, version: document?.version ?? 0 });
    refreshViews();
  }

  /** Asks the client, once for many documents, to ask again for what it shows. */
  function refreshViews(): void {
    stopRefresh ??= world.clock.after(0, () => {
      stopRefresh = undefined;
      if (client.workspace?.inlayHint?.refreshSupport) request(InlayHintRefreshRequest.method);
      if (client.workspace?.codeLens?.refreshSupport) request(CodeLensRefreshRequest.method);
    });
  }

  function request(method: string): void {
    connection.sendRequest(method).catch((error: unknown) => log.warn(`${method}: ${String(error)}`));
  }

  function send<T>(method: string, params: T): void {
    connection.sendNotification(method, params).catch((error: unknown) => log.warn(`${method}: ${String(error)}`));
  }

  async function loadExplanations(uri: string): Promise<Explanations> {
    try {
      return readExplanations(uri, await world.readText(uri));
    } catch (error) {
      log.warn(`The explanations of diagnostics are not linked: ${String(error)}`);
      return noExplanations;
    }
  }
}
