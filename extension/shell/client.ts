import {
  type CancellationToken,
  type Disposable,
  type Event,
  EventEmitter,
  type ExtensionContext,
  type LogOutputChannel,
  l10n,
  type TextDocument,
  Uri,
  window,
  workspace,
} from 'vscode';
import { LanguageClient, type LanguageClientOptions, type ServerOptions, TransportKind } from 'vscode-languageclient/node';
import { type DebugMessageParams, DebugReceived } from '../../server/protocol/debug.js';
import { Door } from '../../server/protocol/door.js';
import { EvaluationProgress, type EvaluationProgressParams } from '../../server/protocol/evaluation.js';
import { LabelingChanged, type LabelingParams } from '../../server/protocol/labeling.js';
import type { RequestType } from '../../server/protocol/message.js';
import { ServerKey } from '../../server/protocol/servers.js';
import { type InitializationOptions, SettingsChanged, type SettingsChangedParams } from '../../server/protocol/settings.js';
import { type ServerSettings } from '../../server/protocol/settingsTable.js';
import { DocumentChanged, type DocumentChangedParams, StatusChanged, type StatusParams } from '../../server/protocol/status.js';
import { LookedAt } from '../../server/protocol/steps.js';
import { type Claims, languages } from './claims.js';
import { messageForUser } from './log.js';
import { createMiddleware } from './middleware.js';
import { RestartPolicy } from './restartPolicy.js';
import type { ServerConsent } from './serverConsent.js';
import { serverKeyName } from './serverKey.js';
import type { Settings } from './settings.js';
import { linesInSight, watchSight } from './sight.js';
import { isTrusted, onDidGrantTrust } from './trust.js';

/** Commands that links in a hover may run. */
const hoverCommands = [
  'steplens.openTree',
  'steplens.nextLowStep',
  'steplens.goToStep',
  'steplens.showImage',
  'steplens.whyNotInTrainingSet',
  'steplens.selectModel',
];

interface Running {
  readonly client: LanguageClient;
  readonly door: Door<'client'>;
}

/**
 * The language server in `dist/server.js`, run by the extension host's own Node. It starts with the first claimed
 * document or the first request. It restarts after a crash; after repeated crashes the user decides.
 */
export class Client implements Disposable {
  readonly #context: ExtensionContext;
  readonly log: LogOutputChannel;
  readonly #claims: Claims;
  readonly #settings: Settings;
  readonly #consent: ServerConsent;
  readonly #statusChanged = new EventEmitter<StatusParams>();
  readonly #documentChanged = new EventEmitter<DocumentChangedParams>();
  readonly #evaluationProgress = new EventEmitter<EvaluationProgressParams>();
  readonly #labelingChanged = new EventEmitter<LabelingParams>();
  readonly #debugReceived = new EventEmitter<DebugMessageParams>();
  readonly #subscriptions: Disposable[];
  readonly #logs = workspace.createFileSystemWatcher('**/*.events.jsonl');
  #running: Promise<Running> | undefined;
  #stopping: (() => Promise<void>) | undefined;
  #threshold: number | null | undefined;
  #status: StatusParams | undefined;

  constructor(context: ExtensionContext, log: LogOutputChannel, claims: Claims, settings: Settings, consent: ServerConsent) {
    this.#context = context;
    this.log = log;
    this.#claims = claims;
    this.#settings = settings;
    this.#consent = consent;
    this.#subscriptions = [
      this.#logs,
      this.#statusChanged,
      this.#documentChanged,
      this.#evaluationProgress,
      this.#labelingChanged,
      this.#debugReceived,
      claims.onDidClaim(() => void this.#start().catch(() => undefined)),
      settings.onDidChange(() => void this.#sendSettings()),
      onDidGrantTrust(() => void this.#sendSettings()),
      consent.onDidChange(() => void this.#sendSettings()),
      watchSight((document, range) => {
        if (claims.has(document))
          void this.#running?.then(
            ({ door }) => door.tell(LookedAt, { uri: document.uri.toString(), range }),
            () => undefined,
          );
      }),
    ];
  }

  get onDidChangeStatus(): Event<StatusParams> {
    return this.#statusChanged.event;
  }

  get onDidChangeDocument(): Event<DocumentChangedParams> {
    return this.#documentChanged.event;
  }

  get onDidChangeLabeling(): Event<LabelingParams> {
    return this.#labelingChanged.event;
  }

  get onDidProgressEvaluation(): Event<EvaluationProgressParams> {
    return this.#evaluationProgress.event;
  }

  get onDidReceiveDebug(): Event<DebugMessageParams> {
    return this.#debugReceived.event;
  }

  /** The server's last status; undefined until it runs. */
  get status(): StatusParams | undefined {
    return this.#status;
  }

  get isStarted(): boolean {
    return this.#running !== undefined;
  }

  /** Sends a request of `server/protocol`, starting the server when it is not running. Rejects with RequestError. */
  async request<Params, Result>(type: RequestType<'server', Params, Result>, params: Params, token?: CancellationToken): Promise<Result> {
    const { door } = await this.#start();
    return door.ask(type, params, token);
  }

  /** Shows another threshold without saving it; undefined restores the setting. */
  async previewThreshold(value: number | null | undefined): Promise<void> {
    this.#threshold = value;
    await this.#sendSettings();
  }

  async restart(): Promise<void> {
    await this.#stop();
    await this.#start();
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    void this.#stop();
  }

  #start(): Promise<Running> {
    this.#running ??= this.#launch().catch((error: unknown) => {
      this.#running = undefined;
      this.#fail(l10n.t('The StepLens server did not start: {0}', messageForUser(error)));
      throw error;
    });
    return this.#running;
  }

  async #launch(): Promise<Running> {
    const module = Uri.joinPath(this.#context.extensionUri, 'dist', 'server.js').fsPath;
    // Node caches its compiled code there, so that only the first start compiles it.
    const env = { ...process.env, NODE_COMPILE_CACHE: Uri.joinPath(this.#context.globalStorageUri, 'code').fsPath };
    const run = { module, transport: TransportKind.ipc, options: { env } };
    // Used when the extension host itself is debugged: .vscode/launch.json attaches to both ports.
    const debug = { ...run, options: { execArgv: ['--inspect=6009'], env: { ...env, STEPLENS_INFERENCE_INSPECT: '6010' } } };
    const server: ServerOptions = { run, debug };
    const opening = (document: TextDocument): void => {
      const range = linesInSight(document);
      if (range) void door.tell(LookedAt, { uri: document.uri.toString(), range });
    };
    const middleware = createMiddleware(this.#claims, () => client, opening);
    const options: LanguageClientOptions = {
      documentSelector: languages.map((language) => ({ language })),
      diagnosticCollectionName: 'StepLens',
      outputChannel: this.log,
      initializationOptions: this.#initializationOptions(),
      // When another process continues a run, the lenses of its problems change.
      synchronize: { fileEvents: this.#logs },
      middleware: middleware.middleware,
      markdown: { isTrusted: { enabledCommands: hoverCommands }, supportHtml: false },
      errorHandler: new RestartPolicy(() => this.#giveUp()),
      initializationFailedHandler: () => false,
    };
    const client = new LanguageClient('steplens', 'StepLens', server, options);
    const door = new Door('client', client, this.log);
    door.on(StatusChanged, (status) => this.#tell(status));
    door.on(DocumentChanged, (params) => this.#documentChanged.fire(params));
    door.on(LabelingChanged, (params) => this.#labelingChanged.fire(params));
    door.on(DebugReceived, (params) => this.#debugReceived.fire(params));
    door.on(EvaluationProgress, (params) => this.#evaluationProgress.fire(params));
    door.handle(ServerKey, async ({ url }) => (await this.#context.secrets.get(serverKeyName(url))) ?? null);
    middleware.listen();
    try {
      await client.start();
    } catch (error) {
      middleware.dispose();
      await client.dispose().catch(() => undefined);
      throw error;
    }
    this.#stopping = async () => {
      middleware.dispose();
      await client.dispose(5_000).catch((error: unknown) => this.log.warn(`Stopping the server: ${messageForUser(error)}`));
    };
    return { client, door };
  }

  async #stop(): Promise<void> {
    await this.#running?.catch(() => undefined);
    const stopping = this.#stopping;
    this.#stopping = undefined;
    this.#running = undefined;
    await stopping?.();
  }

  #giveUp(): void {
    void this.#stop();
    this.#fail(l10n.t('The StepLens server ended several times within a few minutes and does not restart automatically.'));
  }

  #fail(message: string): void {
    this.log.error(message);
    this.#tell({ state: 'failed', message });
    const [showLog, restart] = [l10n.t('Show Log'), l10n.t('Restart Server')];
    void window.showErrorMessage(message, showLog, restart).then((choice) => {
      if (choice === showLog) this.log.show();
      if (choice === restart) void this.restart().catch(() => undefined);
    });
  }

  #tell(status: StatusParams): void {
    this.#status = status;
    this.#statusChanged.fire(status);
  }

  #effectiveSettings(): ServerSettings {
    const settings = this.#settings.read();
    return this.#threshold === undefined ? settings : { ...settings, threshold: this.#threshold };
  }

  #initializationOptions(): InitializationOptions {
    const { globalStorageUri, extensionUri } = this.#context;
    return {
      ...(globalStorageUri.scheme === 'file' && { cacheFolder: Uri.joinPath(globalStorageUri, 'scores').fsPath }),
      explanations: Uri.joinPath(extensionUri, 'docs', 'diagnostics.md').toString(),
      isTrusted: isTrusted(),
      allowedServers: this.#consent.allowed,
      allowedLabelingServers: this.#consent.allowedLabeling,
      settings: this.#effectiveSettings(),
    };
  }

  async #sendSettings(): Promise<void> {
    if (!this.#running) return;
    const params: SettingsChangedParams = {
      settings: this.#effectiveSettings(),
      isTrusted: isTrusted(),
      allowedServers: this.#consent.allowed,
      allowedLabelingServers: this.#consent.allowedLabeling,
    };
    await this.#running.then(({ door }) => door.tell(SettingsChanged, params)).catch(() => undefined);
  }
}
