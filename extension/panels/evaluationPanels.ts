import { type Disposable, Uri, ViewColumn, type WebviewPanel, type WebviewPanelSerializer, window } from 'vscode';
import { readEvaluationState } from '../../webview/evaluation/protocol.js';
import { EvaluationPanel, type EvaluationWorld } from './evaluationPanel.js';

export const evaluationViewType = 'steplens.evaluation';

/** The open evaluation panels, one a list of files; restores those of the last session. */
export class EvaluationPanels implements Disposable, WebviewPanelSerializer {
  readonly #world: EvaluationWorld;
  readonly #panels = new Map<string, EvaluationPanel>();
  readonly #serializer: Disposable;

  constructor(world: EvaluationWorld) {
    this.#world = world;
    this.#serializer = window.registerWebviewPanelSerializer(evaluationViewType, this);
  }

  /** Shows the evaluation of files taken together. */
  open(uris: readonly Uri[]): void {
    const panel = this.#panels.get(keyOf(uris));
    if (panel) return panel.show();
    this.#add(
      window.createWebviewPanel(evaluationViewType, 'Evaluation', ViewColumn.Beside, { enableScripts: true, localResourceRoots: [] }),
      uris,
    );
  }

  deserializeWebviewPanel(panel: WebviewPanel, state: unknown): Promise<void> {
    const persisted = readEvaluationState(state);
    if (persisted)
      this.#add(
        panel,
        persisted.uris.map((uri) => Uri.parse(uri, true)),
      );
    else panel.dispose();
    return Promise.resolve();
  }

  dispose(): void {
    this.#serializer.dispose();
    for (const panel of this.#panels.values()) panel.dispose();
  }

  #add(webviewPanel: WebviewPanel, uris: readonly Uri[]): void {
    const panel = new EvaluationPanel(this.#world, webviewPanel, uris);
    this.#panels.set(keyOf(uris), panel);
    panel.onDidDispose(() => {
      this.#panels.delete(keyOf(uris));
      panel.dispose();
    });
  }
}

function keyOf(uris: readonly Uri[]): string {
  return uris.map(String).sort().join('\n');
}
