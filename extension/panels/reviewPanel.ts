import { commands, type Disposable, type LogOutputChannel, Uri, ViewColumn, type WebviewPanel, window } from 'vscode';
import type { ReviewEvents, ReviewRequests, ReviewState } from '../../webview/review/protocol.js';
import type { Client } from '../shell/client.js';
import { messageOf } from '../shell/log.js';
import type { ReviewSession } from '../views/reviewSession.js';
import { panelHtml } from './html.js';
import { type Handlers, PanelWire } from './rpc.js';

export const reviewViewType = 'steplens.review';

export interface ReviewWorld {
  readonly client: Client;
  readonly session: ReviewSession;
  readonly log: LogOutputChannel;
  readonly extensionUri: Uri;
  /** Kinds of error to choose from. */
  readonly kinds: () => readonly string[];
}

/** The one panel of the review under way; it comes back with the window. */
export class ReviewPanels implements Disposable {
  readonly #world: ReviewWorld;
  readonly #serializer: Disposable;
  #panel: WebviewPanel | undefined;

  constructor(world: ReviewWorld) {
    this.#world = world;
    this.#serializer = window.registerWebviewPanelSerializer(reviewViewType, {
      deserializeWebviewPanel: (panel) => Promise.resolve(this.#attach(panel)),
    });
  }

  open(): void {
    if (this.#panel) this.#panel.reveal();
    else
      this.#attach(window.createWebviewPanel(reviewViewType, 'Review', ViewColumn.Active, { enableScripts: true, localResourceRoots: [] }));
  }

  dispose(): void {
    this.#serializer.dispose();
    this.#panel?.dispose();
  }

  #attach(panel: WebviewPanel): void {
    this.#panel = panel;
    const { session, log, extensionUri } = this.#world;
    const own = Uri.joinPath(extensionUri, 'dist');
    panel.title = 'Review';
    panel.webview.options = { enableScripts: true, localResourceRoots: [own] };
    const wire = new PanelWire<ReviewRequests, ReviewEvents>(panel.webview, this.#handlers(panel), log);
    const listener = session.onDidChange(() => {
      this.#stateFor(panel).then(
        (state) => wire.emit('state', state),
        (error: unknown) => log.warn(`Review: ${messageOf(error)}`),
      );
    });
    panel.webview.html = panelHtml(panel.webview, extensionUri, { bundle: 'review', title: 'Review' });
    panel.onDidDispose(() => {
      wire.dispose();
      listener.dispose();
      if (this.#panel === panel) this.#panel = undefined;
    });
  }

  #handlers(panel: WebviewPanel): Handlers<ReviewRequests> {
    const { session } = this.#world;
    const done = async (work: Promise<unknown>): Promise<null> => {
      await work;
      return null;
    };
    return {
      state: () => this.#stateFor(panel),
      judge: ({ value, kind, comment }) => done(session.judge(value, String(kind), String(comment))),
      undo: () => done(session.undo()),
      go: ({ to }) => done(session.go(Number(to))),
      blind: ({ blind }) => done(session.configure({ blind: blind === true })),
      mode: ({ mode }) => done(session.configure({ mode: mode === 'first-error' ? mode : 'every-step' })),
      reveal: async () => {
        const step = await session.step();
        if (step) await commands.executeCommand('steplens.goToStep', step.uri, step.range);
        return null;
      },
    };
  }

  async #stateFor(panel: WebviewPanel): Promise<ReviewState> {
    const { session, client, kinds, extensionUri } = this.#world;
    const { review } = session;
    const item = review.items[review.at];
    let step: Awaited<ReturnType<ReviewSession['step']>>;
    let message = 'No review is under way. Run "StepLens: Review Steps…" to begin one.';
    try {
      step = await session.step();
    } catch (error) {
      message = messageOf(error);
    }
    const images = (step?.images ?? []).map((uri) => Uri.parse(uri, true));
    const roots = [Uri.joinPath(extensionUri, 'dist'), ...images.map((uri) => Uri.joinPath(uri, '..'))];
    const known = new Set((panel.webview.options.localResourceRoots ?? []).map(String));
    if (roots.some((root) => !known.has(root.toString()))) panel.webview.options = { enableScripts: true, localResourceRoots: roots };
    return {
      reviewer: session.reviewer,
      at: review.at,
      count: review.items.length,
      judged: session.judged.filter((value) => value !== null).length,
      mode: review.mode,
      blind: review.blind,
      kinds: kinds(),
      // The reason names values: a blind reviewer sees it after the judgment.
      reason: review.blind && (step?.evidence ?? null) === null ? '' : (item?.reason ?? ''),
      file: item ? Uri.parse(item.uri, true).path.split('/').at(-1)! : '',
      step: step ?? null,
      images: images.map((uri) => panel.webview.asWebviewUri(uri).toString()),
      message,
      threshold: client.status?.threshold ?? 0.5,
    };
  }
}
