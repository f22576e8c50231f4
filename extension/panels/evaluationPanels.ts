import { l10n, Uri, ViewColumn, type WebviewPanel, window } from 'vscode';
import { readEvaluationState } from '../../webview/evaluation/protocol.js';
import { EvaluationPanel, type EvaluationPanelHost } from './evaluationPanel.js';
import { Panels } from './panel.js';

export const evaluationViewType = 'steplens.evaluation';

/** The open evaluation panels, one per list of files. */
export class EvaluationPanels extends Panels<EvaluationPanel> {
  readonly #host: EvaluationPanelHost;

  constructor(host: EvaluationPanelHost) {
    super(evaluationViewType);
    this.#host = host;
  }

  /** Shows the evaluation of files taken together. */
  open(uris: readonly Uri[]): void {
    const key = keyOf(uris);
    const panel = this.find((one) => keyOf(one.uris) === key);
    if (panel) return panel.bringToFront();
    const options = { enableScripts: true, localResourceRoots: [] };
    this.#add(window.createWebviewPanel(evaluationViewType, l10n.t('Evaluation'), ViewColumn.Beside, options), uris);
  }

  deserializeWebviewPanel(panel: WebviewPanel, state: unknown): Promise<void> {
    const uris = readEvaluationState(state)?.uris.map((uri) => Uri.parse(uri, true));
    if (uris) this.#add(panel, uris);
    else panel.dispose();
    return Promise.resolve();
  }

  #add(panel: WebviewPanel, uris: readonly Uri[]): void {
    this.add(new EvaluationPanel(this.#host, panel, uris));
  }
}

function keyOf(uris: readonly Uri[]): string {
  return uris.map(String).sort().join('\n');
}
