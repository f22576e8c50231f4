import { type Disposable, Uri, ViewColumn, type WebviewPanel, type WebviewPanelSerializer, window } from 'vscode';
import { readPersistedState } from '../../webview/tree/protocol.js';
import type { Claims } from '../shell/claims.js';
import { type PanelWorld, TreePanel } from './treePanel.js';

export const viewType = 'steplens.tree';

/** The open tree panels, one a document; restores those of the last session. */
export class TreePanels implements Disposable, WebviewPanelSerializer {
  readonly #world: PanelWorld;
  readonly #panels = new Set<TreePanel>();
  readonly #subscriptions: Disposable[];

  constructor(world: PanelWorld, claims: Claims) {
    this.#world = world;
    this.#subscriptions = [
      window.registerWebviewPanelSerializer(viewType, this),
      window.onDidChangeActiveTextEditor((editor) => {
        if (editor && claims.has(editor.document)) this.#follow(editor.document.uri);
      }),
    ];
  }

  /** Shows the tree of a document's problem beside its editor. */
  async open(uri: Uri, problem?: number, node?: number): Promise<void> {
    const panel = this.#of(uri);
    if (panel) return panel.show(problem, node);
    // Context is not retained: the page persists its state and asks again, which is cheap.
    const created = window.createWebviewPanel(
      viewType,
      'Reasoning Tree',
      { viewColumn: besideColumn(), preserveFocus: true },
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
    if (!this.#of(file)) await this.open(file, 0);
  }

  deserializeWebviewPanel(panel: WebviewPanel, state: unknown): Promise<void> {
    const persisted = readPersistedState(state);
    if (persisted) this.#add(panel, Uri.parse(persisted.uri, true), persisted.problem);
    else panel.dispose();
    return Promise.resolve();
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    for (const panel of this.#panels) panel.dispose();
  }

  #of(uri: Uri): TreePanel | undefined {
    return [...this.#panels].find((panel) => panel.uri.toString() === uri.toString());
  }

  /** Panels that are not locked show the file one has turned to, unless a panel shows it already. */
  #follow(uri: Uri): void {
    const panel = [...this.#panels].find(({ isLocked }) => !isLocked);
    if (panel && !this.#of(uri)) void panel.follow(uri);
  }

  #add(webviewPanel: WebviewPanel, uri: Uri, problem: number): TreePanel {
    const panel = new TreePanel(this.#world, webviewPanel, uri, problem);
    this.#panels.add(panel);
    panel.onDidDispose(() => {
      this.#panels.delete(panel);
      panel.dispose();
    });
    return panel;
  }
}

/** Beside the active editor, in a column that is there already where there are two: never a third one. */
function besideColumn(): ViewColumn {
  const columns = window.tabGroups.all.map(({ viewColumn }) => viewColumn);
  const active = window.activeTextEditor?.viewColumn ?? window.tabGroups.activeTabGroup.viewColumn;
  return columns.find((column) => column > active) ?? columns.findLast((column) => column < active) ?? ViewColumn.Beside;
}
