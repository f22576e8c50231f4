import { l10n, ViewColumn, type WebviewPanel, window } from 'vscode';
import { Panels } from './panel.js';
import { ReviewPanel, type ReviewPanelHost } from './reviewPanel.js';

export const reviewViewType = 'steplens.review';

/** The only panel of the current review. It is restored with the window. */
export class ReviewPanels extends Panels<ReviewPanel> {
  readonly #host: ReviewPanelHost;

  constructor(host: ReviewPanelHost) {
    super(reviewViewType);
    this.#host = host;
  }

  open(): void {
    const panel = this.find(() => true);
    if (panel) return panel.bringToFront();
    const options = { enableScripts: true, localResourceRoots: [] };
    this.add(new ReviewPanel(this.#host, window.createWebviewPanel(reviewViewType, l10n.t('Review'), ViewColumn.Active, options)));
  }

  deserializeWebviewPanel(panel: WebviewPanel): Promise<void> {
    this.add(new ReviewPanel(this.#host, panel));
    return Promise.resolve();
  }
}
