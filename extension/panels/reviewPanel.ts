import { commands, l10n, Uri, type WebviewPanel } from 'vscode';
import { type ReviewEvents, type ReviewRequests, type ReviewState, reviewProtocol } from '../../webview/review/protocol.js';
import type { ShownPlace } from '../shell/activeFile.js';
import { messageForUser } from '../shell/log.js';
import type { ReviewSession } from '../views/reviewSession.js';
import { Panel, type PanelHost } from './panel.js';
import type { Handlers } from './panelWire.js';

/** Dependencies of the review panel. */
export interface ReviewPanelHost extends PanelHost {
  readonly session: ReviewSession;
  /** Kinds of error to choose from. */
  readonly kinds: () => readonly string[];
}

/** Shows one step of the current review, with its evidence. */
export class ReviewPanel extends Panel<ReviewRequests, ReviewEvents> {
  readonly #host: ReviewPanelHost;

  constructor(host: ReviewPanelHost, webviewPanel: WebviewPanel) {
    super(webviewPanel, host);
    this.#host = host;
    this.load({ bundle: 'review', title: l10n.t('Review') }, reviewProtocol, this.#handlers(), host.log);
    this.own(
      host.session.onDidChange(() => {
        this.moved();
        this.#state().then(
          (state) => this.emit('state', state),
          (error: unknown) => host.log.warn(`Review: ${messageForUser(error)}`),
        );
      }),
    );
  }

  get shown(): ShownPlace | undefined {
    const { items, at } = this.#host.session.review;
    const item = items[at];
    return item && { uris: [Uri.parse(item.uri, true)], problem: item.problem, step: item.step };
  }

  #handlers(): Handlers<ReviewRequests> {
    const { session } = this.#host;
    const done = async (work: Promise<unknown>): Promise<null> => {
      await work;
      return null;
    };
    return {
      state: () => this.#state(),
      judge: ({ value, kind, comment }) => done(session.judge(value, kind, comment)),
      undo: () => done(session.undo()),
      go: ({ to }) => done(session.go(to)),
      blind: ({ blind }) => done(session.configure({ blind })),
      mode: ({ mode }) => done(session.configure({ mode })),
      reveal: async () => {
        const step = await session.step();
        if (step) await commands.executeCommand('steplens.goToStep', step.uri, step.range);
        return null;
      },
    };
  }

  async #state(): Promise<ReviewState> {
    const { session, client, kinds } = this.#host;
    const { review } = session;
    const item = review.items[review.at];
    let step: Awaited<ReturnType<ReviewSession['step']>>;
    let message = l10n.t('No review is under way. Run "StepLens: Review Steps…" to begin one.');
    try {
      step = await session.step();
    } catch (error) {
      message = messageForUser(error);
    }
    this.requireOpen();
    return {
      reviewer: session.reviewer,
      at: review.at,
      count: review.items.length,
      judged: session.judged.filter((value) => value !== null).length,
      mode: review.mode,
      blind: review.blind,
      kinds: kinds(),
      // The reason names values, so a blind reviewer sees it only after the judgment.
      reason: review.blind && (step?.evidence ?? null) === null ? '' : (item?.reason ?? ''),
      file: item ? (Uri.parse(item.uri, true).path.split('/').at(-1) ?? '') : '',
      step: step ?? null,
      images: this.imageAddresses((step?.images ?? []).map((uri) => Uri.parse(uri, true))),
      message,
      threshold: client.status?.threshold ?? 0.5,
    };
  }
}
