import { type Disposable, type LogOutputChannel, Uri, type WebviewPanel, type WebviewPanelSerializer, window } from 'vscode';
import { RequestError } from '../../server/protocol/message.js';
import type { DataOf, PanelEvents, PanelProtocol, PanelRequests } from '../../webview/shared/wire.js';
import type { ActiveFile, ShownPlace } from '../shell/activeFile.js';
import type { Client } from '../shell/client.js';
import { type PanelPage, panelHtml } from './html.js';
import { type Handlers, PanelWire } from './panelWire.js';

/** Dependencies of every panel. */
export interface PanelHost {
  readonly client: Client;
  readonly active: ActiveFile;
  readonly log: LogOutputChannel;
  readonly extensionUri: Uri;
}

/** A webview panel with its page and its wire. It may be closed during an await: call `requireOpen` afterwards. */
export abstract class Panel<R extends PanelRequests, E extends PanelEvents> implements Disposable {
  readonly #webviewPanel: WebviewPanel;
  readonly #extensionUri: Uri;
  readonly #active: ActiveFile;
  readonly #own: Disposable[] = [];
  readonly #imageFolders = new Set<string>();
  #wire: PanelWire<R, E> | undefined;
  #isDisposed = false;

  protected constructor(webviewPanel: WebviewPanel, { extensionUri, active }: Pick<PanelHost, 'extensionUri' | 'active'>) {
    this.#webviewPanel = webviewPanel;
    this.#extensionUri = extensionUri;
    this.#active = active;
    const follow = (): void => (webviewPanel.active ? active.focused(this) : active.left(this));
    this.#own.push(webviewPanel.onDidChangeViewState(follow));
    // A panel that opens with the focus sends no change of its view state.
    follow();
  }

  /** The place that commands are about while the panel has the focus. */
  abstract get shown(): ShownPlace | undefined;

  get onDidDispose(): WebviewPanel['onDidDispose'] {
    return this.#webviewPanel.onDidDispose;
  }

  protected set title(title: string) {
    this.#webviewPanel.title = title;
  }

  /** Brings the panel to the front. */
  bringToFront(): void {
    this.#webviewPanel.reveal(undefined, true);
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#active.left(this);
    this.#wire?.dispose();
    for (const one of this.#own) one.dispose();
  }

  /** Announces that `shown` changed. */
  protected moved(): void {
    this.#active.moved(this);
  }

  /** Connects the wire and loads the page. */
  protected load(page: PanelPage, protocol: PanelProtocol<R, E>, handlers: Handlers<R>, log: LogOutputChannel): void {
    const { webview } = this.#webviewPanel;
    this.#webviewPanel.title = page.title;
    if (page.icon)
      this.#webviewPanel.iconPath = {
        light: Uri.joinPath(this.#extensionUri, 'media', 'icons', `${page.icon}-light.svg`),
        dark: Uri.joinPath(this.#extensionUri, 'media', 'icons', `${page.icon}-dark.svg`),
      };
    this.#wire = new PanelWire<R, E>(webview, protocol, handlers, log);
    this.#setOptions();
    webview.html = panelHtml(webview, this.#extensionUri, page);
  }

  /** Disposes of the given objects together with the panel. */
  protected own(...disposables: readonly Disposable[]): void {
    this.#own.push(...disposables);
  }

  protected emit<K extends keyof E & string>(name: K, data: DataOf<E[K]>): void {
    this.#wire?.emit(name, data);
  }

  protected requireOpen(): void {
    if (this.#isDisposed) throw new RequestError('cancelled', 'The panel was closed.');
  }

  /**
   * Returns the addresses of images for the page and allows it to load their folders. When a folder is added, the page
   * is loaded again, with its state.
   */
  protected imageAddresses(images: readonly Uri[]): string[] {
    const before = this.#imageFolders.size;
    for (const image of images) this.#imageFolders.add(Uri.joinPath(image, '..').toString());
    if (this.#imageFolders.size > before) this.#setOptions();
    return images.map((image) => String(this.#webviewPanel.webview.asWebviewUri(image)));
  }

  #setOptions(): void {
    const own = ['dist', 'media'].map((folder) => Uri.joinPath(this.#extensionUri, folder));
    const images = [...this.#imageFolders].map((folder) => Uri.parse(folder, true));
    this.#webviewPanel.webview.options = { enableScripts: true, localResourceRoots: [...own, ...images] };
  }
}

/** The open panels of one kind; restores those of the last session. */
export abstract class Panels<P extends Panel<PanelRequests, PanelEvents>> implements Disposable, WebviewPanelSerializer {
  readonly #panels = new Set<P>();
  readonly #own: Disposable[];

  protected constructor(viewType: string, ...own: readonly Disposable[]) {
    this.#own = [window.registerWebviewPanelSerializer(viewType, this), ...own];
  }

  abstract deserializeWebviewPanel(panel: WebviewPanel, state: unknown): Promise<void>;

  dispose(): void {
    for (const one of this.#own) one.dispose();
    for (const panel of this.#panels) panel.dispose();
  }

  protected find(is: (panel: P) => boolean): P | undefined {
    return [...this.#panels].find(is);
  }

  protected get all(): readonly P[] {
    return [...this.#panels];
  }

  protected add(panel: P): P {
    this.#panels.add(panel);
    panel.onDidDispose(() => {
      this.#panels.delete(panel);
      panel.dispose();
    });
    return panel;
  }
}
