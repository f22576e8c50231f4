import {
  commands,
  type Disposable,
  env,
  l10n,
  ProgressLocation,
  RelativePattern,
  type TextEditorSelectionChangeEvent,
  Uri,
  ViewColumn,
  type WebviewPanel,
  window,
  workspace,
} from 'vscode';
import { type LabelingFailure, TreeViewRequest } from '../../server/protocol/labeling.js';
import type { RequestType } from '../../server/protocol/message.js';
import { NodeOfLine, NodeOfStep, NodePlace, type NodePlaceResult, NodeRollouts } from '../../server/protocol/problemView.js';
import { ScoreDocument } from '../../server/protocol/scoring.js';
import type { StepAtResult } from '../../server/protocol/steps.js';
import { readPersistedState, type SentView, type TreeEvents, type TreeRequests, treeProtocol } from '../../webview/tree/protocol.js';
import type { ShownPlace } from '../shell/activeFile.js';
import { reveal, toRange } from '../shell/editors.js';
import { exists } from '../shell/exists.js';
import { messageForUser } from '../shell/log.js';
import { pointerAt } from '../shell/pointerAt.js';
import { requestStepAt } from '../shell/stepAt.js';
import type { TreePlace } from '../shell/treePlace.js';
import { Panel, type PanelHost } from './panel.js';
import type { Handlers } from './panelWire.js';

const cursorSettleMs = 120;

/** The reasoning tree of one document, beside its editor. The panel keeps no content: it always requests it anew. */
export class TreePanel extends Panel<TreeRequests, TreeEvents> {
  readonly #host: PanelHost;
  #uri: Uri;
  #problem: number;
  /** The panel stays on its file. If false, it shows the file of the active editor. */
  isLocked = true;
  /** URIs of the images of the shown problem; undefined until a problem is shown. */
  #images: readonly string[] | undefined;
  #cursorTimer: NodeJS.Timeout | undefined;
  /** Selection made by this panel itself, which must not be handled as a cursor move. */
  #ownSelection: string | undefined;
  #refreshing: Promise<void> | undefined;
  #isStale = false;
  #pendingNode: number | undefined;
  /** Where the tree opens. Nothing is shown before it is known. */
  #landing: Promise<TreePlace> | undefined;
  /** The selected node of the page. */
  #selected: number | undefined;
  #failure: LabelingFailure | null = null;
  /** Watches the event log beside the file, which another process may be writing. */
  #logWatch: Disposable | undefined;
  #name: string;

  constructor(host: PanelHost, webviewPanel: WebviewPanel, uri: Uri, problem: number) {
    super(webviewPanel, host);
    this.#host = host;
    this.#uri = uri;
    this.#problem = problem;
    this.#name = nameOf(uri);
    this.#watchLog();
    this.load({ bundle: 'webview', title: this.#title, icon: 'tree' }, treeProtocol, this.#handlers(), host.log);
    this.own(
      window.onDidChangeTextEditorSelection((event) => this.#onCursor(event)),
      host.client.onDidChangeDocument((params) => {
        if (params.uri === this.uri.toString()) this.#refreshSoon();
      }),
      host.client.onDidChangeLabeling((params) => {
        if (params.file === this.uri.toString()) this.#refreshSoon();
      }),
      { dispose: () => clearTimeout(this.#cursorTimer) },
      { dispose: () => void this.#logWatch?.dispose() },
    );
  }

  get uri(): Uri {
    return this.#uri;
  }

  get shown(): ShownPlace {
    return { uris: [this.#uri], problem: this.#problem, ...(this.#selected !== undefined && { node: this.#selected }) };
  }

  /** Name of the file in the tab: longer if another panel shows a file of the same name. */
  set name(name: string) {
    if (name === this.#name) return;
    this.#name = name;
    this.title = this.#title;
  }

  /** Shows another file in the same place. */
  async follow(uri: Uri): Promise<void> {
    this.#uri = uri;
    this.#name = nameOf(uri);
    this.#watchLog();
    this.#problem = 0;
    this.#selected = undefined;
    this.#images = undefined;
    this.#ownSelection = undefined;
    this.title = this.#title;
    this.moved();
    await this.#refresh();
  }

  get #title(): string {
    return this.isLocked ? l10n.t('Tree: {0}', this.#name) : l10n.t('Tree (following): {0}', this.#name);
  }

  /** Brings the panel to the front and shows a problem, and a node of it when one is given. */
  async show(problem?: number, node?: number): Promise<void> {
    this.bringToFront();
    this.#landing = undefined;
    if (problem !== undefined) this.#problem = problem;
    this.#pendingNode = node;
    await this.#refresh();
  }

  /** Shows nothing until the place is known; the page says that the file is being read. Rejects as `landing` does. */
  async land(landing: Promise<TreePlace>): Promise<void> {
    this.#landing = landing;
    await landing;
  }

  /** Brings the panel to the front and shows a place once it is known. Rejects as `landing` does. */
  async showAt(landing: Promise<TreePlace>): Promise<void> {
    this.bringToFront();
    await this.#reading(() => this.land(landing));
    await this.#refresh();
  }

  async #landed(): Promise<void> {
    const landing = this.#landing;
    const found = await landing?.catch(() => undefined);
    // Another place has been requested since.
    if (!landing || landing !== this.#landing) return;
    this.#landing = undefined;
    if (found?.problem !== undefined) this.#problem = found.problem;
    this.#pendingNode = found?.node;
  }

  #reading<T>(task: () => Promise<T>): Thenable<T> {
    return window.withProgress({ location: ProgressLocation.Window, title: l10n.t('StepLens: reading {0}', this.#name) }, task);
  }

  /** Shows the tree as of a line of its event log, where the debugger stopped; null shows the whole tree again. */
  async showMoment(line: number | null): Promise<void> {
    await this.#refresh();
    this.emit('momentShown', { line });
  }

  #handlers(): Handlers<TreeRequests> {
    return {
      open: async ({ state }) => {
        const persisted = readPersistedState(state);
        if (persisted?.uri === this.uri.toString() && this.#images === undefined) this.#problem = persisted.problem;
        const initial = await this.#reading(() => this.#firstView());
        queueMicrotask(() => this.#selectPending());
        return initial;
      },
      select: async ({ problem }) => {
        this.#problem = problem;
        this.#selected = undefined;
        return this.#initialView();
      },
      reveal: async ({ node, step, rollout, focus }) => {
        const place = await this.#place(node, { step, rollout });
        if (this.uri.scheme === 'file' && !(await exists(this.uri))) throw new Error(l10n.t('The file is written when the search ends.'));
        const range = toRange(place.range);
        this.#ownSelection = JSON.stringify([range.start, range.end]);
        await reveal(this.uri, range, { focus, select: true });
        return null;
      },
      selected: ({ node }) => {
        this.#selected = node ?? undefined;
        return Promise.resolve(null);
      },
      rollouts: ({ node }) => this.#ask(NodeRollouts, { problem: this.#problem, node }),
      copy: async ({ node, what }) => {
        await env.clipboard.writeText(await this.#copied(node, what));
        return null;
      },
      savePicture: ({ kind, data }) => this.#savePicture(kind, data),
      setLocked: ({ isLocked }) => {
        this.isLocked = isLocked;
        this.title = this.#title;
        return Promise.resolve(null);
      },
      score: async () => {
        await this.#ask(ScoreDocument, {});
        return null;
      },
      openImage: async ({ index }) => {
        const image = this.#images?.[index];
        if (image === undefined) throw new Error(l10n.t('The problem has no such image.'));
        await commands.executeCommand('vscode.open', Uri.parse(image, true), ViewColumn.Active);
        return null;
      },
      // A command reports its own failures; its notifications outlive the panel's request.
      label: () => this.#start('steplens.labelProblem', this.uri.toString(), this.#problem),
      retryLabeling: () => this.#again('steplens.labelProblem'),
      tryPolicy: () => this.#again('steplens.tryPolicy'),
      setServerKey: () => this.#start('steplens.setServerKey'),
      showLog: () => this.#start('steplens.showLog'),
      stopLabeling: () => this.#start('steplens.stopLabeling', this.uri.toString()),
      moreRollouts: async ({ node }) => {
        await this.#place(node);
        return this.#start('steplens.moreRollouts', this.uri.toString(), this.#problem, node);
      },
      showRequest: ({ node, rollout }) => this.#start('steplens.showRequest', this.uri.toString(), this.#problem, node, rollout),
      review: async ({ node }) => {
        const step = node === undefined ? undefined : (await this.#place(node)).steps[0]?.index;
        return this.#start('steplens.reviewSteps', this.uri, undefined, step === undefined ? undefined : { problem: this.#problem, step });
      },
      compare: () => this.#start('steplens.compareRuns', this.uri.toString(), this.#problem),
      explainTraining: async ({ node }) => {
        const { isSearchTree, steps } = await this.#place(node);
        // Solutions without a search tree are drawn as a tree, but their paths end at steps.
        const end = isSearchTree ? [node] : [undefined, steps.at(-1)?.index];
        return this.#start('steplens.whyNotInTrainingSet', this.uri.toString(), this.#problem, ...end);
      },
    };
  }

  /** Requests places and texts on demand: the panel's view has none, and the host keeps no view. */
  async #place(
    node: number,
    wanted: { readonly step?: number | undefined; readonly rollout?: number | undefined } = {},
  ): Promise<NodePlaceResult> {
    const { step, rollout } = wanted;
    const params = { problem: this.#problem, node, ...(step !== undefined && { step }), ...(rollout !== undefined && { rollout }) };
    const place = await this.#ask(NodePlace, params);
    if (!place) throw new Error(l10n.t('There is no node {0}.', node));
    return place;
  }

  async #copied(node: number, what: 'step' | 'path' | 'pointer'): Promise<string> {
    const { range, steps, path } = await this.#place(node);
    if (what === 'pointer') return pointerAt(await workspace.openTextDocument(this.#uri), toRange(range).start);
    return (what === 'step' ? steps.map(({ text }) => text) : path).join('\n\n');
  }

  async #savePicture(kind: 'svg' | 'png', data: string): Promise<null> {
    const isPng = kind === 'png';
    const target = await window.showSaveDialog({
      defaultUri: this.#uri.with({ path: `${this.#uri.path.replace(/\.[^./]*$/, '')}.tree.${isPng ? 'png' : 'svg'}` }),
      filters: isPng ? { PNG: ['png'] } : { SVG: ['svg'] },
      title: l10n.t('Save the picture of the tree'),
    });
    if (target) await workspace.fs.writeFile(target, isPng ? Buffer.from(data, 'base64') : new TextEncoder().encode(data));
    return null;
  }

  /** Runs a command on the problem whose labeling failed, or on the panel's own problem if there was no failure. */
  #again(command: string): Promise<null> {
    const { uri, problem } = this.#failure?.source ?? { uri: this.uri.toString(), problem: this.#problem };
    return this.#start(command, uri, problem);
  }

  #watchLog(): void {
    this.#logWatch?.dispose();
    this.#logWatch = undefined;
    if (this.#uri.scheme !== 'file') return;
    const log = nameOf(this.#uri).replace(/(\.events)?\.jsonl?$/i, '.events.jsonl');
    const watcher = workspace.createFileSystemWatcher(new RelativePattern(Uri.joinPath(this.#uri, '..'), log));
    const soon = (): void => this.#refreshSoon();
    watcher.onDidChange(soon);
    watcher.onDidCreate(soon);
    this.#logWatch = watcher;
  }

  #start(command: string, ...args: readonly unknown[]): Promise<null> {
    void commands.executeCommand(command, ...args);
    return Promise.resolve(null);
  }

  /** Opens the document without an editor, because the server forgets closed ones. A growing tree has no file yet. */
  async #ask<Params extends { readonly uri: string }, Result>(
    type: RequestType<'server', Params, Result>,
    params: Omit<Params, 'uri'>,
  ): Promise<Result> {
    if (this.uri.scheme !== 'file' || (await exists(this.uri))) await workspace.openTextDocument(this.uri);
    return this.#host.client.request(type, { uri: this.uri.toString(), ...params } as Params);
  }

  /** Returns the first view of a page. A failure is a state of the page, with the next action. */
  async #firstView(): Promise<SentView> {
    try {
      return await this.#initialView();
    } catch (error) {
      this.#host.log.warn(`Tree of ${this.uri.toString()}: ${messageForUser(error)}`);
      return { view: null, images: [], empty: l10n.t('{0} The log (StepLens: Show Log) has the details.', messageForUser(error)) };
    }
  }

  async #initialView(): Promise<SentView> {
    await this.#landed();
    let tree = await this.#ask(TreeViewRequest, { problem: this.#problem });
    // The file has fewer problems than when this one was persisted or shown.
    if (tree.view === null && this.#problem > 0) {
      this.#problem = 0;
      tree = await this.#ask(TreeViewRequest, { problem: 0 });
    }
    const { view, images, replay } = tree;
    this.#images = images;
    this.#failure = tree.failure;
    const { message, url, status, reply } = tree.failure ?? {};
    const failure = message === undefined ? null : { message, ...given({ url, status, reply }) };
    const { rollouts = 0, budget, waiting, isElsewhere } = tree.labeling ?? {};
    const labeling = tree.labeling && { rollouts, ...given({ budget, waiting, isElsewhere }) };
    if (view === null) {
      const empty = l10n.t('No reasoning was found in this file. Open a search tree or a file of solutions.');
      return { view, images: [], empty, labeling, failure };
    }
    this.requireOpen();
    return {
      view,
      isLocked: this.isLocked,
      images: this.imageAddresses(images.map((image) => Uri.parse(image, true))),
      replay,
      labeling,
      failure,
    };
  }

  #refreshSoon(): void {
    if (this.#refreshing) {
      this.#isStale = true;
      return;
    }
    this.#refreshing = this.#refresh().finally(() => {
      this.#refreshing = undefined;
      if (this.#isStale) {
        this.#isStale = false;
        this.#refreshSoon();
      }
    });
  }

  async #refresh(): Promise<void> {
    try {
      this.emit('viewChanged', await this.#initialView());
      this.#selectPending();
    } catch (error) {
      this.emit('viewFailed', { message: messageForUser(error) });
    }
  }

  #selectPending(): void {
    if (this.#pendingNode === undefined) return;
    this.emit('nodeSelected', { problem: this.#problem, node: this.#pendingNode });
    this.#pendingNode = undefined;
  }

  #onCursor({ textEditor, selections }: TextEditorSelectionChangeEvent): void {
    const selection = selections[0];
    if (!selection || textEditor.document.uri.toString() !== this.uri.toString()) return;
    if (JSON.stringify([selection.start, selection.end]) === this.#ownSelection) return;
    this.#ownSelection = undefined;
    clearTimeout(this.#cursorTimer);
    this.#cursorTimer = setTimeout(() => void this.#selectAt(selection.active.line, selection.active.character), cursorSettleMs);
  }

  async #selectAt(line: number, character: number): Promise<void> {
    try {
      if (this.uri.path.endsWith('.events.jsonl')) return await this.#selectLine(line);
      const at = await requestStepAt(this.#host.client, this.uri, { line, character });
      if (!at) return;
      const node = at.node ?? (await this.#nodeOf(at));
      if (node === undefined) return;
      this.emit('nodeSelected', { problem: at.problem, node, ...(at.step !== undefined && { step: at.step }) });
    } catch (error) {
      this.#host.log.debug(`Following the cursor: ${messageForUser(error)}`);
    }
  }

  /** Finds the node of a log line on the server, because the log in the editor may be older than the tree. */
  async #selectLine(line: number): Promise<void> {
    const node = await this.#ask(NodeOfLine, { problem: this.#problem, line });
    if (node !== null) this.emit('nodeSelected', { problem: this.#problem, node });
  }

  /** Returns the node of a step: solutions without a search tree are drawn as a tree. */
  async #nodeOf({ problem, step }: StepAtResult): Promise<number | undefined> {
    return step === undefined ? undefined : ((await this.#ask(NodeOfStep, { problem, step })) ?? undefined);
  }
}

function nameOf(uri: Uri): string {
  return uri.path.slice(uri.path.lastIndexOf('/') + 1);
}

/** Removes undefined values. */
function given<T extends Readonly<Record<string, unknown>>>(values: T): { readonly [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof T]?: NonNullable<T[K]>;
  };
}
