import { isAbsolute } from 'node:path';
import {
  CodeLensRefreshRequest,
  type Connection,
  type InitializeParams,
  InlayHintRefreshRequest,
  type Range,
  type TextDocuments,
} from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { SearchDebugSession } from '../debug/debugSession.js';
import type { Moment } from '../debug/moment.js';
import { serversOf } from '../editor/labelingRun.js';
import { createLabelingService, type LabelingService } from '../editor/labelingService.js';
import { resultJobs } from '../editor/labelJob.js';
import { ReviewService } from '../editor/reviewService.js';
import { createService, type Service } from '../editor/service.js';
import { type FoundImages, type ImagePlace, imagePlace, problemImages } from '../files/images.js';
import { local, t } from '../l10n.js';
import { diagnostics, type Marks } from '../language/diagnostics.js';
import { type Explanations, noExplanations, readExplanations } from '../language/explanations.js';
import { isWithin, type LineWindow, lensWindow, type ProblemWindow, problemsWithin, windowInSight } from '../language/lensWindow.js';
import { isEventLog } from '../language/logView.js';
import { documentFacts, lowCounts } from '../language/lowSteps.js';
import type { ScoredDocument } from '../language/scoredDocument.js';
import { Door } from '../protocol/door.js';
import { LabelingChanged, type ProblemResult } from '../protocol/labeling.js';
import { RequestError } from '../protocol/message.js';
import { type LabelingServersParams, ServerKey } from '../protocol/servers.js';
import { type ServerSettings, withResource } from '../protocol/settingsTable.js';
import { DocumentChanged, StatusChanged } from '../protocol/status.js';
import { isLoopback } from '../remote/loopback.js';
import { originOf } from '../remote/serverKeys.js';
import { readInitializationOptions } from './initializationOptions.js';
import { ScoringProgress } from './scoringProgress.js';
import type { LabelerOptions, ServerWorld } from './world.js';

/** What the user allows besides scoring. */
export interface Permissions {
  readonly isTrusted: boolean;
  /** Origins of policies and judges that the user has consented to. This machine needs no consent. */
  readonly allowedLabelingServers: readonly string[];
}

interface Published {
  readonly version: number | undefined;
  readonly diagnostics: string;
  /** Range of offsets in which no mark is missing; undefined = the whole document. */
  readonly covered?: NonNullable<Marks['covered']>;
  /** Model, threshold and lists of steps behind the client's hints and lenses. New scores bring a new list. */
  readonly shown: readonly unknown[];
}

const noMarks: Marks = { listed: [], rows: 0, total: 0 };

/** One initialized client: its door, its documents and folders, and the services that work for it. */
export class EditorSession {
  readonly door: Door<'server'>;
  readonly service: Service;
  readonly labeling: LabelingService;
  readonly labelerOptions: LabelerOptions;
  readonly review: ReviewService;
  /** Debug sessions by the client's id. */
  readonly debugged = new Map<string, SearchDebugSession>();
  #permissions: Permissions;
  /** URIs of the workspace's folders. */
  folders: readonly string[];
  readonly #client: InitializeParams['capabilities'];
  readonly #progress: ScoringProgress;
  readonly #explanations: Explanations;
  /** What was last sent to the client, by document. */
  readonly #published = new Map<string, Published>();
  /** The visible lines of each document and the window of its code lenses, if the client reports visible lines. */
  readonly #seen = new Map<string, { readonly range: Range; readonly window?: LineWindow }>();
  #stopRefresh: (() => void) | undefined;

  private constructor(
    readonly connection: Connection,
    readonly world: ServerWorld,
    readonly texts: TextDocuments<TextDocument>,
    params: InitializeParams,
    explanations: Explanations,
  ) {
    const { clock } = world;
    const log = connection.console;
    const options = readInitializationOptions(params.initializationOptions);
    this.#permissions = options;
    this.door = new Door('server', connection, log, local);
    this.folders = params.workspaceFolders?.map((folder) => folder.uri) ?? [];
    this.#client = params.capabilities;
    this.#explanations = explanations;
    this.#progress = new ScoringProgress(connection, clock, () => this.service.cancel());
    this.service = createService(
      {
        read: world.read,
        ...(world.readEdited && { readEdited: world.readEdited }),
        createScorer: (settings) =>
          world.createScorer(settings, {
            ...(options.cacheFolder !== undefined && { cacheFolder: options.cacheFolder }),
            log,
            apiKey: (url) => this.#key(url).catch(() => undefined),
            allows: (origin) => this.service.allows(origin),
          }),
        images: (uri, names) => problemImages(this.imagePlace(uri), names),
        clock,
        log,
        onDocument: (uri) => this.#publish(uri),
        onStatus: (status) => {
          this.#progress.update(status);
          void this.door.tell(StatusChanged, status);
        },
      },
      options,
    );
    this.labelerOptions = {
      log,
      key: (url) => this.#key(url),
      settings: () => this.service.trusted,
      requireConsent: (url) => this.requireLabelingConsent(url),
    };
    this.labeling = createLabelingService({
      labeler: world.createLabeler(this.labelerOptions),
      read: world.read,
      clock,
      log,
      onChange: (changed) => {
        void this.door.tell(LabelingChanged, changed);
        // The code lens of a problem shows its outcome.
        if (changed.state !== 'running' || changed.rollouts === 0) this.refreshViews();
      },
    });
    this.review = new ReviewService({
      document: (uri) => this.document(uri),
      openText: (uri) => texts.get(uri),
      onLabels: (uri, labels) => this.service.setLabels(uri, labels),
      canWrite: () => this.service.isTrusted,
      findImages: async (uri, names) => (await this.findImages(uri, names)).uris,
      now: () => new Date(),
      warn: (message) => log.warn(message),
    });
  }

  static async open(
    connection: Connection,
    world: ServerWorld,
    texts: TextDocuments<TextDocument>,
    params: InitializeParams,
  ): Promise<EditorSession> {
    const { explanations } = readInitializationOptions(params.initializationOptions);
    return new EditorSession(connection, world, texts, params, await loadExplanations(explanations, world, connection.console));
  }

  document(uri: string): ScoredDocument | undefined {
    return this.service.document(uri);
  }

  /** Resolves with the document after all earlier edits are read, so that answers match the text in the editor. */
  async readDocument(uri: string): Promise<ScoredDocument | undefined> {
    await this.service.whenRead(uri);
    return this.document(uri);
  }

  /** Returns the folders in which a document's images may be. */
  imagePlace(uri: string): ImagePlace {
    return imagePlace(uri, [...this.folders, ...this.service.trusted.imageFolders.filter(isAbsolute)]);
  }

  /** The images a document names that can be shown, and why others cannot. */
  findImages(uri: string, names: readonly string[]): Promise<FoundImages> {
    return this.world.findImages(this.imagePlace(uri), names);
  }

  /** Returns the settings for a document's file: each workspace folder can have its own. */
  async settingsFor(uri: string): Promise<ServerSettings> {
    const { trusted } = this.service;
    if (this.#client.workspace?.configuration !== true) return trusted;
    try {
      const section: unknown = await this.connection.workspace.getConfiguration({ scopeUri: uri, section: 'steplens' });
      return withResource(trusted, section);
    } catch (error) {
      this.connection.console.warn(`The settings of ${uri} cannot be read, the workspace's are used: ${String(error)}`);
      return trusted;
    }
  }

  /** Applies the user's current permissions and stops runs that send to a server that is no longer allowed. */
  permit(permissions: Permissions): void {
    this.#permissions = permissions;
    this.labeling.stopSending((origin) => !this.#allowsLabeling(origin));
  }

  /** Rejects requests that would write files or send text when the workspace is not trusted. */
  requireTrust(): void {
    if (!this.#permissions.isTrusted)
      throw new RequestError(
        'failed',
        t(
          'This workspace is not trusted, so nothing is labeled, exported, debugged or written. Trust it first: "Workspaces: Manage Workspace Trust".',
        ),
      );
  }

  /** Rejects requests to a policy or judge that the user has not consented to. A folder needs no consent. */
  requireLabelingConsent(url: string): void {
    const origin = originOf(url);
    if (origin !== undefined && !this.#allowsLabeling(origin))
      throw new RequestError(
        'failed',
        t(
          'Nothing was sent: {0} gets questions, figures, steps and reference answers only after you consent. Start this again and choose "Send".',
          origin,
        ),
      );
  }

  /** Returns the origins that still need the user's consent, see `LabelingServers`. */
  labelingServersToAsk({ policy, judge }: LabelingServersParams = {}): string[] {
    const { labelingPolicy, labelingJudge, verifier } = this.service.trusted;
    return serversOf({ labelingPolicy: policy ?? labelingPolicy, labelingJudge: judge ?? labelingJudge, verifier }).filter(
      (origin) => !this.#allowsLabeling(origin),
    );
  }

  /** Returns the labeling outcomes of a document's problems; in a very long document, only of the first ones. */
  async labelingResults(uri: string): Promise<readonly ProblemResult[]> {
    const document = this.document(uri);
    if (!document || !uri.startsWith('file:') || isEventLog(uri)) return [];
    const settings = await this.settingsFor(uri);
    return this.labeling.results(resultJobs(document, settings));
  }

  #allowsLabeling(origin: string): boolean {
    return isLoopback(origin) || this.#permissions.allowedLabelingServers.includes(origin);
  }

  /** Current positions of all debugged searches, the most recently started first. */
  get moments(): readonly Moment[] {
    return [...this.debugged.values()].flatMap(({ moment }) => moment ?? []).reverse();
  }

  /** Forgets a document that the client closed. */
  close(uri: string): void {
    this.service.close(uri);
    this.#seen.delete(uri);
    if (!this.#published.delete(uri)) return;
    void this.connection.sendDiagnostics({ uri, diagnostics: [] });
    // The editor may still show the text: the client also closes documents that are no longer claimed.
    this.refreshViews();
  }

  /** Sets the visible lines of a document. Updates its code lenses and marks if they do not cover these lines. */
  lookAt(uri: string, range: Range): void {
    const before = this.#seen.get(uri);
    this.#seen.set(uri, { ...before, range });
    void this.service.whenRead(uri).then(() => {
      const document = this.document(uri);
      const { window } = this.#seen.get(uri) ?? {};
      if (!document) return;
      if (window && !isWithin(document, range, window)) this.refreshViews();
      const { covered } = this.#published.get(uri) ?? {};
      const { lines } = document;
      if (covered && (lines.offset(range.start) < covered.start || lines.offset(range.end) > covered.end)) this.#publish(uri);
    });
  }

  /** Returns the lines that get code lenses now; undefined = all, for a client that does not report visible lines. */
  lensWindow(document: ScoredDocument): LineWindow | undefined {
    const seen = this.#seen.get(document.uri);
    if (!seen) return undefined;
    const isKept = seen.window !== undefined && seen.window.last !== Infinity && isWithin(document, seen.range, seen.window);
    const window = seen.window && isKept ? seen.window : lensWindow(document, seen.range);
    this.#seen.set(document.uri, { ...seen, window });
    return window;
  }

  /** Returns the problems on the visible lines; undefined for a client that does not report these. */
  problemsInSight(document: ScoredDocument): ProblemWindow | undefined {
    const seen = this.#seen.get(document.uri);
    return seen && windowInSight(document, seen.range);
  }

  /** Asks the client, once for many documents, to request its hints and code lenses again. */
  refreshViews(): void {
    this.#stopRefresh ??= this.world.clock.after(0, () => {
      this.#stopRefresh = undefined;
      const { inlayHint, codeLens } = this.#client.workspace ?? {};
      if (inlayHint?.refreshSupport) this.#request(InlayHintRefreshRequest.method);
      if (codeLens?.refreshSupport) this.#request(CodeLensRefreshRequest.method);
    });
  }

  async dispose(): Promise<void> {
    this.#stopRefresh?.();
    this.#progress.dispose();
    await this.labeling.dispose();
    await this.service.dispose();
  }

  async #key(url: string): Promise<string | undefined> {
    return (await this.door.ask(ServerKey, { url })) ?? undefined;
  }

  #publish(uri: string): void {
    const document = this.document(uri);
    const before = this.#published.get(uri);
    if (!document && !before) return;
    const { diagnostics: isOn, otherMarks } = this.service.settings;
    const found = document && isOn ? diagnostics(document, this.#explanations, otherMarks, this.#seen.get(uri)?.range) : noMarks;
    const { listed, rows, total, covered } = found;
    const shown = document ? [document.model, document.threshold, ...this.#shownProblems(document)] : [];
    const now = { version: document?.version, diagnostics: JSON.stringify(listed), ...(covered && { covered }), shown };
    this.#published.set(uri, now);
    // Sent only if changed: while a file is scored most marks stay the same, and an editor processes all of them again.
    if (!before || before.version !== now.version || before.diagnostics !== now.diagnostics)
      this.connection
        .sendDiagnostics({ uri, diagnostics: [...listed], ...(document && { version: document.version }) })
        .catch((error: unknown) => this.connection.console.warn(`diagnostics of ${uri}: ${String(error)}`));
    const marks = document && { ...lowCounts(document), ...documentFacts(document), listed: rows, total };
    void this.door.tell(DocumentChanged, { uri, version: document?.version ?? 0, ...(marks && { marks }) });
    // After an edit the client requests hints and lenses itself. In a long file, most new scores are not visible.
    const isNew = before?.shown.length !== shown.length || shown.some((one, at) => one !== before.shown[at]);
    if (!before || (before.version === now.version && isNew)) this.refreshViews();
  }

  /** Steps of the problems that the client may show: those in the window of code lenses, or all without a window. */
  #shownProblems(document: ScoredDocument): readonly unknown[] {
    const { window } = this.#seen.get(document.uri) ?? {};
    const { from, to } = window ? problemsWithin(document, window) : {};
    return document.problems.slice(from, to).map(({ steps }) => steps);
  }

  #request(method: string): void {
    this.connection.sendRequest(method).catch((error: unknown) => this.connection.console.warn(`${method}: ${String(error)}`));
  }
}

async function loadExplanations(uri: string | undefined, world: ServerWorld, log: Connection['console']): Promise<Explanations> {
  if (uri === undefined) return noExplanations;
  try {
    return readExplanations(uri, await world.readText(uri));
  } catch (error) {
    log.warn(`The explanations of diagnostics are not linked: ${String(error)}`);
    return noExplanations;
  }
}
