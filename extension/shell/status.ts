import {
  type Disposable,
  type LanguageStatusItem,
  LanguageStatusSeverity,
  type LogOutputChannel,
  l10n,
  ProgressLocation,
  languages as vscodeLanguages,
  window,
} from 'vscode';
import type { LabelingParams } from '../../server/protocol/labeling.js';
import type { DocumentMarks, StatusParams } from '../../server/protocol/status.js';
import { type Claims, languages } from './claims.js';
import type { Client } from './client.js';
import { remedyOf } from './remedy.js';

const slowMs = 1_000;
const nowhere = { scheme: 'steplens-none' };

/**
 * Rows in the editor's language status, besides the one of a labeling under way: what was found in the file, the model (progress and errors), the device (with its adapter and the
 * providers that were passed over), and the threshold. Each row's command changes what it shows.
 */
export class StatusRows implements Disposable {
  readonly #claims: Claims;
  readonly #log: LogOutputChannel;
  readonly #model = vscodeLanguages.createLanguageStatusItem('steplens.model', nowhere);
  readonly #device = vscodeLanguages.createLanguageStatusItem('steplens.device', nowhere);
  readonly #threshold = vscodeLanguages.createLanguageStatusItem('steplens.threshold', nowhere);
  readonly #found = vscodeLanguages.createLanguageStatusItem('steplens.found', nowhere);
  readonly #labeling = vscodeLanguages.createLanguageStatusItem('steplens.labeling', nowhere);
  readonly #subscriptions: Disposable[];
  #progress: Progress | undefined;
  #logged = '';
  readonly #marks = new Map<string, DocumentMarks>();

  constructor(client: Client, claims: Claims, log: LogOutputChannel) {
    this.#claims = claims;
    this.#log = log;
    this.#model.name = l10n.t('StepLens model');
    this.#device.name = l10n.t('StepLens device');
    this.#threshold.name = l10n.t('StepLens threshold');
    this.#labeling.name = l10n.t('StepLens labeling');
    this.#found.name = l10n.t('StepLens low steps');
    this.#labeling.busy = true;
    this.#labeling.command = { title: l10n.t('Stop'), command: 'steplens.stopLabeling' };
    this.#device.command = { title: l10n.t('Select Device'), command: 'steplens.selectDevice' };
    this.#threshold.command = { title: l10n.t('Set Threshold'), command: 'steplens.setThreshold' };
    this.#subscriptions = [
      client.onDidChangeStatus((status) => this.#show(status)),
      client.onDidChangeDocument(({ uri, marks }) => this.#noteMarks(uri, marks)),
      client.onDidChangeLabeling((params) => this.#showLabeling(params)),
      window.onDidChangeActiveTextEditor(() => this.#place()),
      claims.onDidClaim(() => this.#place()),
      claims.onDidRelease(() => this.#place()),
    ];
    this.#show({ state: 'idle' });
    this.#place();
  }

  dispose(): void {
    this.#progress?.end();
    for (const item of [this.#model, this.#device, this.#threshold, this.#found, this.#labeling, ...this.#subscriptions]) item.dispose();
  }

  /** The rows are beside claimed documents only. */
  #place(): void {
    const active = this.#claims.active;
    const selector = active ? languages.map((language) => ({ language, scheme: active.uri.scheme })) : nowhere;
    for (const item of [this.#model, this.#device, this.#threshold]) item.selector = selector;
    this.#showMarks();
  }

  #noteMarks(uri: string, marks: DocumentMarks | undefined): void {
    if (marks) this.#marks.set(uri, marks);
    else this.#marks.delete(uri);
    this.#showMarks();
  }

  /** What was found in the file one looks at, and what of it is not in the list. */
  #showMarks(): void {
    const { active } = this.#claims;
    const marks = active && this.#marks.get(active.uri.toString());
    this.#found.selector = marks ? languages.map((language) => ({ language, scheme: active.uri.scheme })) : nowhere;
    if (!marks) return;
    const { firstLow, low, listed, total, hasTree } = marks;
    this.#found.text =
      firstLow === 0 ? l10n.t('No low steps') : l10n.t('{0}, {1} low in all', firstLowText(firstLow), low.toLocaleString('en'));
    const isCut = total > listed;
    this.#found.detail = isCut
      ? l10n.t('the Problems panel lists the first {0} of {1}', listed.toLocaleString('en'), total.toLocaleString('en'))
      : l10n.t('of this file');
    // A tree shows one problem; the view in the activity bar has those of every problem.
    this.#found.command =
      isCut && !hasTree
        ? { title: l10n.t('Show all in the View'), command: 'steplens.files.focus' }
        : { title: isCut ? l10n.t('Show all in the Tree') : l10n.t('Show in the Tree'), command: 'steplens.openTree' };
  }

  /** A row of its own, wherever the reader is, while a problem is labeled. */
  #showLabeling({ state, rollouts, budget, searches, servers }: LabelingParams): void {
    this.#labeling.selector = state === 'running' ? '*' : nowhere;
    this.#labeling.text =
      budget === undefined ? l10n.t('Labeling: {0} rollouts', rollouts) : l10n.t('Labeling: {0} of {1} rollouts', rollouts, budget);
    this.#labeling.detail = [searches === 0 ? l10n.t('policy') : l10n.t('search {0}', searches), ...sentTo(servers)].join(', ');
  }

  #show(status: StatusParams): void {
    this.#showModel(this.#model, status);
    this.#device.text = status.device ? deviceText(status) : l10n.t('Device: not chosen yet');
    const passedOver = status.passedOver ?? [];
    const others = passedOver.map(({ provider }) => provider).join(', ');
    const detail =
      status.server !== undefined
        ? l10n.t('question and steps are sent there')
        : others !== ''
          ? l10n.t('passed over: {0} ([reasons in the log](command:steplens.showLog))', others)
          : l10n.t('device');
    this.#device.detail = [...(status.note === undefined ? [] : [status.note]), detail].join('; ');
    this.#threshold.text =
      status.threshold === undefined ? l10n.t("Threshold: the model's") : l10n.t('Threshold: {0}', status.threshold.toFixed(2));
    this.#threshold.detail = l10n.t('steps below are low');
    this.#logDevice(status);
    this.#showProgress(status);
  }

  #showModel(item: LanguageStatusItem, status: StatusParams): void {
    if (status.asksFor !== undefined) return this.#showAsking(item, status.asksFor);
    const failed = status.state === 'failed';
    item.busy = status.state === 'loading' || status.state === 'scoring';
    item.severity = failed ? LanguageStatusSeverity.Error : LanguageStatusSeverity.Information;
    item.text = failed ? l10n.t('StepLens: scoring failed') : (status.model ?? 'StepLens');
    item.detail = failed ? (status.message ?? '') : [stateText(status), ...scopeText(status)].join('; ');
    item.command = failed
      ? (remedyOf(status.message ?? '') ?? { title: l10n.t('Show Log'), command: 'steplens.showLog' })
      : { title: l10n.t('Select Model'), command: 'steplens.selectModel' };
  }

  /** Nothing is wrong: the user has not said yet whether text may go there. */
  #showAsking(item: LanguageStatusItem, origin: string): void {
    item.busy = false;
    item.severity = LanguageStatusSeverity.Warning;
    item.text = l10n.t('StepLens: nothing is scored yet');
    item.detail = l10n.t('questions and steps would be sent to {0}', new URL(origin).host);
    item.command = { title: l10n.t('Allow…'), command: 'steplens.allowServer' };
  }

  #logDevice(status: StatusParams): void {
    if (status.device === undefined) return;
    const lines = [
      `${status.model ?? 'model'} on ${deviceText(status)}`,
      ...(status.passedOver ?? []).map(({ provider, reason }) => `  passed over ${provider}: ${reason}`),
    ];
    const text = lines.join('\n');
    if (text !== this.#logged) this.#log.info(text);
    this.#logged = text;
  }

  /** A line in the status bar, for anything longer than a second. */
  #showProgress(status: StatusParams): void {
    const isBusy = status.state === 'scoring' || status.state === 'loading';
    if (isBusy) (this.#progress ??= new Progress()).report(stateText(status));
    else {
      this.#progress?.end();
      this.#progress = undefined;
    }
  }
}

/** VS Code's progress, shown only when the work outlasts a second. */
class Progress {
  #text = '';
  #report: ((text: string) => void) | undefined;
  #end: (() => void) | undefined;
  readonly #timer = setTimeout(() => this.#begin(), slowMs);

  report(text: string): void {
    this.#text = text;
    this.#report?.(text);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#end?.();
  }

  #begin(): void {
    void window.withProgress({ location: ProgressLocation.Window, title: 'StepLens' }, (progress) => {
      this.#report = (message) => progress.report({ message });
      this.#report(this.#text);
      return new Promise<void>((resolve) => (this.#end = resolve));
    });
  }
}

function firstLowText(count: number): string {
  return count === 1 ? l10n.t('1 first low step') : l10n.t('{0} first low steps', count.toLocaleString('en'));
}

/** Where the problem being labeled goes. */
function sentTo(servers: readonly string[]): string[] {
  return servers.length === 0 ? [] : [l10n.t('problem is sent to {0}', servers.map((origin) => new URL(origin).host).join(', '))];
}

/** What the model scores, where it does not score everything: its command selects another model. */
function scopeText({ knows }: StatusParams): string[] {
  return knows === undefined ? [] : [l10n.t('scores only {0}', knows)];
}

function stateText(status: StatusParams): string {
  switch (status.state) {
    case 'loading':
      return l10n.t('loading the model');
    case 'scoring':
      return status.progress ? l10n.t('scoring {0} of {1} steps', status.progress.done, status.progress.total) : l10n.t('scoring');
    case 'failed':
      return status.message ?? l10n.t('failed');
    case 'idle':
      return l10n.t('nothing scored yet');
    case 'ready':
      return l10n.t('ready');
  }
}

const deviceNames: Record<string, string> = {
  cpu: 'CPU',
  webgpu: 'WebGPU',
  cuda: 'CUDA',
  dml: 'DirectML',
  coreml: 'Core ML',
  'open-inference': l10n.t('Inference server'),
  'vllm-pooling': 'vLLM',
  'chat-logprobs': l10n.t('Chat model'),
  judge: l10n.t('LLM judge'),
};

function deviceText({ device = '', adapter, server }: StatusParams): string {
  const name = deviceNames[device] ?? device;
  if (server !== undefined) return l10n.t('{0} at {1}', name, new URL(server).host);
  return adapter ? `${name} (${adapter})` : name;
}
