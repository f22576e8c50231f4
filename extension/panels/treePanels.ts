import { type Disposable, Uri, ViewColumn, type WebviewPanel, type WebviewPanelSerializer, window } from 'vscode';
import { readPersistedState } from '../../webview/tree/protocol.js';
import { type PanelWorld, TreePanel } from './treePanel.js';

export const viewType = 'steplens.tree';

/** The open tree panels, one a document; restores those of the last session. */
export class TreePanels implements Disposable, WebviewPanelSerializer {
  readonly #world: PanelWorld;
  readonly #panels = new Map<string, TreePanel>();
  readonly #serializer: Disposable;

  constructor(world: PanelWorld) {
    this.#world = world;
    this.#serializer = window.registerWebviewPanelSerializer(viewType, this);
  }

  /** Shows the tree of a document's problem beside its editor. */
  async open(uri: Uri, problem?: number, node?: number): Promise<void> {
    const panel = this.#panels.get(uri.toString());
    if (panel) return panel.show(problem, node);
    // Context is not retained: the page persists its state and asks again, which is cheap.
    const created = window.createWebviewPanel(
      viewType,
      'Reasoning Tree',
      { viewColumn: ViewColumn.Beside, preserveFocus: true },
      {
        enableScripts: true,
        localResourceRoots: [],
        enableFindWidget: false,
      },
    );
    const added = this.#add(created, uri, problem ?? 0);
    if (node !== undefined) await added.show(problem, node);
  }

  /** Opens the panel of a tree that begins to grow; one that is open already stays where it is. */
  async showLabeling(file: Uri): Promise<void> {
    if (!this.#panels.has(file.toString())) await this.open(file, 0);
  }

  deserializeWebviewPanel(panel: WebviewPanel, state: unknown): Promise<void> {
    const persisted = readPersistedState(state);
    if (persisted) this.#add(panel, Uri.parse(persisted.uri, true), persisted.problem);
    else panel.dispose();
    return Promise.resolve();
  }

  dispose(): void {
    this.#serializer.dispose();
    for (const panel of this.#panels.values()) panel.dispose();
  }

  #add(webviewPanel: WebviewPanel, uri: Uri, problem: number): TreePanel {
    const panel = new TreePanel(this.#world, webviewPanel, uri, problem);
    this.#panels.set(uri.toString(), panel);
    panel.onDidDispose(() => {
      this.#panels.delete(uri.toString());
      panel.dispose();
    });
    return panel;
  }
}
