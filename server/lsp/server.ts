import { fileURLToPath } from 'node:url';
import {
  type CancellationToken,
  CodeLensRefreshRequest,
  type Connection,
  type InitializeParams,
  type InitializeResult,
  InlayHintRefreshRequest,
  LSPErrorCodes,
  ResponseError,
  type TextDocumentPositionParams,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { evaluateFiles } from '../editor/evaluationService.js';
import { createLabelingService, type Labeler, type LabelingService, type LabelJob } from '../editor/labelingService.js';
import type { Reader } from '../editor/openDocument.js';
import { type Clock, createService, type Log, ScoringCancelled, type Service } from '../editor/service.js';
import { explainTraining, exportTraining, trainingFormats } from '../editor/trainingService.js';
import { locateImages } from '../files/images.js';
import { labelProblems } from '../labeling/problemFile.js';
import { codeLens } from '../language/codeLens.js';
import { diagnostics } from '../language/diagnostics.js';
import { documentSymbols } from '../language/documentSymbols.js';
import { type Explanations, noExplanations, readExplanations } from '../language/explanations.js';
import { foldingRanges } from '../language/foldingRanges.js';
import { hover } from '../language/hover.js';
import { inlayHints } from '../language/inlayHints.js';
import { lowSteps } from '../language/lowSteps.js';
import { problemView } from '../language/problemView.js';
import type { ScoredDocument } from '../language/scoredDocument.js';
import { placeAt, stepAt } from '../language/stepAt.js';
import {
  CancelScoring,
  ClearCache,
  DocumentChanged,
  type DocumentChangedParams,
  Evaluate,
  type EvaluateParams,
  type EvaluateResult,
  EvaluationProgress,
  type EvaluationProgressParams,
  ExplainTraining,
  type ExplainTrainingParams,
  ExportTraining,
  type ExportTrainingParams,
  LabelingChanged,
  type LabelingParams,
  LabelProblem,
  type LabelProblemParams,
  type LabelProblemResult,
  LowSteps,
  MoreRollouts,
  type MoreRolloutsParams,
  type MoreRolloutsResult,
  type ProblemViewParams,
  ProblemViewRequest,
  RecogniseModel,
  type RecogniseModelParams,
  type RecogniseModelResult,
  ScoreDocument,
  type ScoreDocumentParams,
  ScoringServer,
  ServerKey,
  type ServerKeyParams,
  type ServerSettings,
  SettingsChanged,
  type SettingsChangedParams,
  StatusChanged,
  type StatusParams,
  StepAt,
  StopLabeling,
  type StopLabelingParams,
  TrainingFormats,
  type TreeView,
  TreeViewRequest,
} from '../protocol.js';
import { type ScorerHost, scoringServer } from '../scoring/backends/modelScorer.js';
import type { ScorerSettings } from '../scoring/openScorer.js';
import { recogniseModel, shortestProfile } from '../scoring/recogniseModel.js';
import type { Scorer } from '../scoring/scorer.js';
import { ScoringProgress } from './scoringProgress.js';
import { readInitializationOptions, readOrigins, readSettings } from './settings.js';

/** Everything the server reaches outside itself; the tests hand in their own. */
export interface World {
  readonly version: string;
  readonly read: Reader;
  createScorer(settings: ScorerSettings, host: ScorerHost): Scorer;
  findImages(documentUri: string, folderUris: readonly string[], paths: readonly string[]): Promise<string[]>;
  locateImages(documentUri: string, folderUris: readonly string[], paths: readonly string[]): Promise<string[]>;
  readText(uri: string): Promise<string>;
  /** `key`: asks the client for the key of a policy's or a judge's server. */
  createLabeler(options: {
    readonly log: Log;
    readonly key: (url: string) => Promise<string | undefined>;
    readonly settings: () => Pick<ServerSettings, 'device' | 'threads'>;
  }): Labeler;
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
  let labeling: LabelingService | undefined;
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
        createScorer: (settings) =>
          world.createScorer(settings, {
            ...(options.cacheFolder !== undefined && { cacheFolder: options.cacheFolder }),
            log,
            apiKey: (url) => serverKey(url).catch(() => undefined),
            allows: (origin) => service!.allows(origin),
          }),
        locateImages: (uri, paths) => world.locateImages(uri, folders, paths),
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
    labeling = createLabelingService({
      labeler: world.createLabeler({ log, key: serverKey, settings: () => service!.trusted }),
      read: world.read,
      clock: world.clock,
      log,
      onChange: (params) => send<LabelingParams>(LabelingChanged, params),
    });
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
    labeling?.dispose();
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

  connection.onNotification(SettingsChanged, ({ settings, isTrusted, allowedServers }: SettingsChangedParams) => {
    service?.configure(readSettings(settings), isTrusted !== false, readOrigins(allowedServers));
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
  connection.onRequest(Evaluate, async (params: EvaluateParams, token: CancellationToken): Promise<EvaluateResult> => {
    const abort = new AbortController();
    const stop = token.onCancellationRequested(() => abort.abort());
    const current = service;
    if (!current) return { cancelled: true };
    return evaluateFiles(params, abort.signal, {
      openText: (uri) => texts.get(uri),
      locateImages: (uri, paths) => locateImages(uri, folders, paths),
      score: (job, options) => current.scoreJob(job, options),
      threshold: () => current.settings.threshold ?? undefined,
      onProgress: (progress) => send<EvaluationProgressParams>(EvaluationProgress, progress),
      now: () => performance.now(),
    }).finally(() => stop.dispose());
  });
  connection.onRequest(RecogniseModel, async ({ folder }: RecogniseModelParams): Promise<RecogniseModelResult> => {
    try {
      const model = await recogniseModel(folder);
      return { ok: model ? model.families.map((family) => ({ name: family.profile.name, profile: shortestProfile(model, family) })) : [] };
    } catch (error) {
      return { err: error instanceof Error ? error.message : String(error) };
    }
  });
  connection.onRequest(ScoringServer, async () => {
    const modelPath = service?.trusted.modelPath ?? '';
    return modelPath === '' ? null : ((await scoringServer(modelPath)) ?? null);
  });
  connection.onRequest(TrainingFormats, () => trainingFormats());
  connection.onRequest(ExportTraining, (params: ExportTrainingParams) => exportTraining(params, (uri) => texts.get(uri)));
  connection.onRequest(ExplainTraining, ({ uri, problem, ...path }: ExplainTrainingParams) =>
    explainTraining(service?.document(uri)?.reasoning.problems[problem], path),
  );
  connection.onRequest(TreeViewRequest, async ({ uri, problem }: ProblemViewParams): Promise<TreeView> => {
    if (!labeling || !service) return { view: null, replay: null, labeling: null };
    return labeling.treeView(uri, problem, service.document(uri), service.threshold, (paths) => world.findImages(uri, folders, paths));
  });
  connection.onRequest(
    LabelProblem,
    async ({ uri, problem, again }: LabelProblemParams, token: CancellationToken): Promise<LabelProblemResult> => {
      const job = await labelJob(uri, problem, again ?? false);
      if ('err' in job) return job;
      return withSignal(token, (signal) => labeling!.label(job, problem, signal));
    },
  );
  connection.onRequest(
    MoreRollouts,
    async ({ uri, problem, node, count }: MoreRolloutsParams, token: CancellationToken): Promise<MoreRolloutsResult> => {
      const job = await labelJob(uri, problem, false);
      if ('err' in job) return job;
      if (!Number.isInteger(count) || count < 1) return { err: 'The number of rollouts is a whole number from 1.' };
      return withSignal(token, (signal) => labeling!.more(service!.document(uri)!, problem, node, count, job, signal));
    },
  );
  connection.onRequest(StopLabeling, ({ file }: StopLabelingParams) => {
    labeling?.stop(file);
    return null;
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

  /** A problem of a document as a run takes it, or what is in the way. */
  async function labelJob(uri: string, index: number, again: boolean): Promise<LabelJob | { readonly err: string }> {
    const problem = service?.document(uri)?.reasoning.problems[index];
    if (!service || !problem) return { err: 'There is no such problem in this file any more.' };
    if (!uri.startsWith('file:')) return { err: 'Save the file first: its labels are written beside it.' };
    const {
      problems: [labelled],
      faults: [fault],
    } = labelProblems([problem]);
    if (!labelled) return { err: fault!.message };
    const isUrl = (image: string): boolean => /^(https?|data):/i.test(image);
    const found = (await world.findImages(uri, folders, problem.images)).map((image) => fileURLToPath(image));
    if (found.length < problem.images.filter((image) => !isUrl(image)).length) {
      return {
        err: `The figure of this problem (${problem.images.join(', ')}) was not found beside the file or in the workspace; correct its path.`,
      };
    }
    return { problem: labelled, uri, images: [...found, ...problem.images.filter(isUrl)], settings: service.trusted, again };
  }

  async function serverKey(url: string): Promise<string | undefined> {
    return (await connection.sendRequest<string | null>(ServerKey, { url } satisfies ServerKeyParams)) ?? undefined;
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

/** Runs work with a signal that aborts when the client cancels its request. */
async function withSignal<T>(token: CancellationToken, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const stop = token.onCancellationRequested(() => abort.abort());
  try {
    return await work(abort.signal);
  } finally {
    stop.dispose();
  }
}
