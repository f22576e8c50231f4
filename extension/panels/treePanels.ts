import { l10n, Uri, ViewColumn, type WebviewPanel, window } from 'vscode';
import { readPersistedState } from '../../webview/tree/protocol.js';
import type { Claims } from '../shell/claims.js';
import type { TreePlace } from '../shell/treePlace.js';
import { type PanelHost, Panels } from './panel.js';
import { TreePanel } from './treePanel.js';

export const viewType = 'steplens.tree';

/** The open tree panels, one per document. */
export class TreePanels extends Panels<TreePanel> {
  readonly #host: PanelHost;

  constructor(host: PanelHost, claims: Claims) {
    super(
      viewType,
      window.onDidChangeActiveTextEditor((editor) => {
        if (editor && claims.has(editor.document)) this.#follow(editor.document.uri);
      }),
    );
    this.#host = host;
  }

  /** Shows the tree of a document's problem beside its editor. */
  async open(uri: Uri, problem?: number, node?: number, column = besideColumn()): Promise<void> {
    const panel = this.#of(uri);
    if (panel) return panel.show(problem, node);
    const added = this.#create(uri, column, problem ?? 0);
    if (node !== undefined) await added.show(problem, node);
  }

  /**
   * Shows the panel at once, and the tree when its place is known (it may need the file). Rejects as `landing` does.
   */
  async openAt(uri: Uri, landing: Promise<TreePlace>): Promise<void> {
    const panel = this.#of(uri);
    if (panel) await panel.showAt(landing);
    else await this.#create(uri, besideColumn(), 0).land(landing);
  }

  #create(uri: Uri, column: ViewColumn, problem: number): TreePanel {
    // The context is not retained: the page persists its state and requests its data again, which is cheap.
    const created = window.createWebviewPanel(
      viewType,
      l10n.t('Reasoning Tree'),
      { viewColumn: column, preserveFocus: true },
      { enableScripts: true, localResourceRoots: [], enableFindWidget: false },
    );
    return this.#add(created, uri, problem);
  }

  /** Opens the panel of a tree that begins to grow, unless it is already open. */
  async showLabeling(file: Uri): Promise<void> {
    if (!this.#of(file)) await this.open(file, 0);
  }

  /** Makes the panel of a file, if it is open, follow the debugger; null when the debugger has ended. */
  async showMoment(file: Uri, line: number | null): Promise<void> {
    await this.#of(file)?.showMoment(line);
  }

  deserializeWebviewPanel(panel: WebviewPanel, state: unknown): Promise<void> {
    const persisted = readPersistedState(state);
    if (persisted) this.#add(panel, Uri.parse(persisted.uri, true), persisted.problem);
    else panel.dispose();
    return Promise.resolve();
  }

  #of(uri: Uri): TreePanel | undefined {
    return this.find((panel) => panel.uri.toString() === uri.toString());
  }

  /** Shows the newly active file in the panel that is not locked, unless another panel already shows it. */
  #follow(uri: Uri): void {
    const panel = this.find(({ isLocked }) => !isLocked);
    if (!panel || this.#of(uri)) return;
    void panel.follow(uri);
    this.#nameAll();
  }

  #add(panel: WebviewPanel, uri: Uri, problem: number): TreePanel {
    const added = this.add(new TreePanel(this.#host, panel, uri, problem));
    panel.onDidDispose(() => this.#nameAll());
    this.#nameAll();
    return added;
  }

  /** Names all panels. Panels whose files have the same name also show their folders. */
  #nameAll(): void {
    const nameOf = ({ uri }: TreePanel): string => uri.path.slice(uri.path.lastIndexOf('/') + 1);
    for (const panel of this.all) {
      const name = nameOf(panel);
      const isShared = this.all.some((other) => other !== panel && nameOf(other) === name);
      panel.name = isShared ? `${name} (${panel.uri.path.split('/').at(-2) ?? ''})` : name;
    }
  }
}

/** Returns the column beside the active editor: an existing one if there are two, never a third. */
function besideColumn(): ViewColumn {
  const columns = window.tabGroups.all.map(({ viewColumn }) => viewColumn);
  const active = window.activeTextEditor?.viewColumn ?? window.tabGroups.activeTabGroup.viewColumn;
  return columns.find((column) => column > active) ?? columns.findLast((column) => column < active) ?? ViewColumn.Beside;
}
