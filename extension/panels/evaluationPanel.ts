import { randomUUID } from 'node:crypto';
import { CancellationTokenSource, env, l10n, type Uri, type WebviewPanel, window, workspace } from 'vscode';
import { Evaluate, type EvaluateLine, type EvaluateParams } from '../../server/protocol/evaluation.js';
import {
  type EvaluationEvents,
  type EvaluationRequests,
  type EvaluationResult,
  evaluationProtocol,
} from '../../webview/evaluation/protocol.js';
import type { ShownPlace } from '../shell/activeFile.js';
import { consentToLabel } from '../shell/labelingConsent.js';
import type { ServerConsent } from '../shell/serverConsent.js';
import type { Settings } from '../shell/settings.js';
import { Panel, type PanelHost } from './panel.js';
import type { Handlers } from './panelWire.js';

/** Dependencies of an evaluation panel. */
export interface EvaluationPanelHost extends PanelHost {
  readonly consent: ServerConsent;
  readonly settings: Settings;
}

/** Shows Best-of-N or process scores of a few files. Keeps only the numbers of its last evaluation, for saving them. */
export class EvaluationPanel extends Panel<EvaluationRequests, EvaluationEvents> {
  readonly #host: EvaluationPanelHost;
  #lines: readonly EvaluateLine[] = [];
  /** Id of the running evaluation. */
  #id: string | undefined;
  #threshold: number | null;

  constructor(
    host: EvaluationPanelHost,
    webviewPanel: WebviewPanel,
    readonly uris: readonly Uri[],
  ) {
    super(webviewPanel, host);
    const { settings, client, log } = host;
    this.#host = host;
    this.#threshold = settings.read().threshold;
    const title =
      uris.length > 1
        ? l10n.t('Evaluation: {0} and {1} more', nameOf(uris[0]), uris.length - 1)
        : l10n.t('Evaluation: {0}', nameOf(uris[0]));
    this.load({ bundle: 'evaluation', title }, evaluationProtocol, this.#handlers(), log);
    const files = new Set(uris.map(String));
    this.own(
      client.onDidProgressEvaluation(({ id, ...progress }) => {
        if (id === this.#id) this.emit('progress', progress);
      }),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && files.has(document.uri.toString())) this.emit('outdated', { cause: 'file' });
      }),
      settings.onDidChange(() => {
        const { threshold } = settings.read();
        if (threshold === this.#threshold) return;
        this.#threshold = threshold;
        this.emit('outdated', { cause: 'threshold' });
      }),
    );
  }

  get shown(): ShownPlace {
    return { uris: this.uris };
  }

  #handlers(): Handlers<EvaluationRequests> {
    return {
      evaluate: ({ rescore }, signal) => this.#evaluate(rescore, signal),
      useThreshold: async ({ threshold }) => {
        if (!(threshold >= 0 && threshold <= 1)) throw new Error(l10n.t('A threshold is a number from 0 to 1.'));
        await this.#useThreshold(threshold);
        return null;
      },
      saveJson: async ({ index }) => {
        const line = this.#lines[index];
        if (!line) throw new Error(l10n.t('There is no such evaluation.'));
        await this.#save(line);
        return null;
      },
      copy: async ({ text }) => {
        await env.clipboard.writeText(text);
        return null;
      },
    };
  }

  async #evaluate(rescore: boolean, signal: AbortSignal): Promise<EvaluationResult> {
    const source = new CancellationTokenSource();
    signal.addEventListener('abort', () => source.cancel());
    const id = (this.#id = randomUUID());
    try {
      // The server reads files of this machine itself. Other files reach it as open documents.
      for (const uri of this.uris) if (uri.scheme !== 'file') await workspace.openTextDocument(uri);
      const uris = this.uris.map(String);
      const params: EvaluateParams = { id, uris, rescore };
      if (!(await consentToLabel(this.#host, { policy: '', judge: '' })))
        throw new Error(
          l10n.t('Nothing was evaluated: the verifier of the setting "Verifier" is on a server that you have not consented to.'),
        );
      const outcome = await this.#host.client.request(Evaluate, params, source.token);
      this.#lines = outcome.lines;
      return { uris, ...outcome };
    } finally {
      if (this.#id === id) this.#id = undefined;
      source.dispose();
    }
  }

  /** Sets the threshold and shows a message with Undo, without waiting for the answer. */
  async #useThreshold(threshold: number): Promise<void> {
    const { settings, log } = this.#host;
    const before = settings.read().threshold;
    await settings.write('threshold', threshold);
    const undo = l10n.t('Undo');
    const was = before === null ? l10n.t("the model's own") : before.toFixed(2);
    void window
      .showInformationMessage(l10n.t('Steps below {0} are low now. Before, the threshold was {1}.', threshold.toFixed(2), was), undo)
      .then(async (choice) => {
        if (choice === undo) await settings.write('threshold', before);
      })
      .then(undefined, (error: unknown) => log.error(String(error)));
  }

  async #save(line: EvaluateLine): Promise<void> {
    const [first] = this.uris;
    const proposed = first && first.with({ path: first.path.replace(/\.[^./]*$/, '') + '.evaluation.json' });
    const target = await window.showSaveDialog({
      ...(proposed && { defaultUri: proposed }),
      filters: { JSON: ['json'] },
      title: l10n.t('Save the numbers as JSON'),
    });
    if (!target) return;
    await workspace.fs.writeFile(target, new TextEncoder().encode(`${JSON.stringify(line)}\n`));
    await window.showTextDocument(target, { preview: true });
  }
}

function nameOf(uri: Uri | undefined): string {
  return uri === undefined ? '' : uri.path.slice(uri.path.lastIndexOf('/') + 1);
}
