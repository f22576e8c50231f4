import { randomUUID } from 'node:crypto';
import { CancellationTokenSource, type Disposable, env, type LogOutputChannel, Uri, type WebviewPanel, window, workspace } from 'vscode';
import { Evaluate, type EvaluateLine, type EvaluateParams } from '../../server/protocol/evaluation.js';
import type { EvaluationEvents, EvaluationRequests, EvaluationResult } from '../../webview/evaluation/protocol.js';
import type { Client } from '../shell/client.js';
import type { Settings } from '../shell/settings.js';
import { panelHtml } from './html.js';
import { type Handlers, PanelWire } from './rpc.js';

/** What an evaluation panel needs of the extension. */
export interface EvaluationWorld {
  readonly client: Client;
  readonly settings: Settings;
  readonly log: LogOutputChannel;
  readonly extensionUri: Uri;
}

/** Best-of-N or process scores of a few files. The panel holds no numbers but those of its last evaluation, for saving them. */
export class EvaluationPanel implements Disposable {
  readonly #world: EvaluationWorld;
  readonly #panel: WebviewPanel;
  readonly #wire: PanelWire<EvaluationRequests, EvaluationEvents>;
  readonly #subscriptions: Disposable[];
  #lines: readonly EvaluateLine[] = [];
  /** Of the evaluation under way. */
  #id: string | undefined;
  #threshold: number | null;

  constructor(
    world: EvaluationWorld,
    panel: WebviewPanel,
    readonly uris: readonly Uri[],
  ) {
    this.#world = world;
    this.#panel = panel;
    this.#threshold = world.settings.read().threshold;
    this.#wire = new PanelWire<EvaluationRequests, EvaluationEvents>(panel.webview, this.#handlers(), world.log);
    const own = new Set(uris.map(String));
    this.#subscriptions = [
      this.#wire,
      world.client.onDidProgressEvaluation(({ id, ...progress }) => {
        if (id === this.#id) this.#wire.emit('progress', progress);
      }),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && own.has(document.uri.toString())) this.#wire.emit('outdated', { cause: 'file' });
      }),
      world.settings.onDidChange(() => {
        const { threshold } = world.settings.read();
        if (threshold === this.#threshold) return;
        this.#threshold = threshold;
        this.#wire.emit('outdated', { cause: 'threshold' });
      }),
    ];
    panel.title = `Evaluation: ${nameOf(uris[0])}${uris.length > 1 ? ` and ${uris.length - 1} more` : ''}`;
    panel.webview.options = { enableScripts: true, localResourceRoots: [Uri.joinPath(world.extensionUri, 'dist')] };
    panel.webview.html = panelHtml(panel.webview, world.extensionUri, { bundle: 'evaluation', title: 'Evaluation' });
  }

  get onDidDispose(): WebviewPanel['onDidDispose'] {
    return this.#panel.onDidDispose;
  }

  /** Brings the panel to the front. */
  show(): void {
    this.#panel.reveal(undefined, true);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #handlers(): Handlers<EvaluationRequests> {
    return {
      evaluate: ({ rescore }, signal) => this.#evaluate(rescore === true, signal),
      useThreshold: async ({ threshold }) => {
        if (!(threshold >= 0 && threshold <= 1)) throw new Error('A threshold is a number from 0 to 1.');
        await this.#useThreshold(threshold);
        return null;
      },
      saveJson: async ({ index }) => {
        const line = this.#lines[index];
        if (!line) throw new Error('There is no such evaluation.');
        await this.#save(line);
        return null;
      },
      copy: async ({ text }) => {
        await env.clipboard.writeText(String(text));
        return null;
      },
    };
  }

  async #evaluate(rescore: boolean, signal: AbortSignal): Promise<EvaluationResult> {
    const source = new CancellationTokenSource();
    signal.addEventListener('abort', () => source.cancel());
    const id = (this.#id = randomUUID());
    try {
      // The server reads files of this machine itself; what lies elsewhere reaches it as an open document.
      for (const uri of this.uris) if (uri.scheme !== 'file') await workspace.openTextDocument(uri);
      const uris = this.uris.map(String);
      const params: EvaluateParams = { id, uris, rescore };
      const outcome = await this.#world.client.request(Evaluate, params, source.token);
      this.#lines = outcome.lines;
      return { uris, ...outcome };
    } finally {
      if (this.#id === id) this.#id = undefined;
      source.dispose();
    }
  }

  /** The message lets it be undone; it is not waited for. */
  async #useThreshold(threshold: number): Promise<void> {
    const { settings, log } = this.#world;
    const before = settings.read().threshold;
    await settings.write('threshold', threshold);
    const was = before === null ? "the model's own" : before.toFixed(2);
    void window
      .showInformationMessage(`Steps below ${threshold.toFixed(2)} are low now. Before, the threshold was ${was}.`, 'Undo')
      .then(async (choice) => {
        if (choice === 'Undo') await settings.write('threshold', before);
      })
      .then(undefined, (error: unknown) => log.error(String(error)));
  }

  async #save(line: EvaluateLine): Promise<void> {
    const [first] = this.uris;
    const proposed = first && first.with({ path: first.path.replace(/\.[^./]*$/, '') + '.evaluation.json' });
    const target = await window.showSaveDialog({
      ...(proposed && { defaultUri: proposed }),
      filters: { JSON: ['json'] },
      title: 'Save the numbers as JSON',
    });
    if (!target) return;
    await workspace.fs.writeFile(target, new TextEncoder().encode(`${JSON.stringify(line)}\n`));
    await window.showTextDocument(target, { preview: true });
  }
}

function nameOf(uri: Uri | undefined): string {
  return uri === undefined ? '' : uri.path.slice(uri.path.lastIndexOf('/') + 1);
}
