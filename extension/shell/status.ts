import {
  type Disposable,
  type LanguageStatusItem,
  LanguageStatusSeverity,
  type LogOutputChannel,
  ProgressLocation,
  languages as vscodeLanguages,
  window,
} from 'vscode';
import type { LabelingParams } from '../../server/protocol/labeling.js';
import type { DocumentMarks, StatusParams } from '../../server/protocol/status.js';
import { type Claims, languages } from './claims.js';
import type { Client } from './client.js';

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
    this.#model.name = 'StepLens model';
    this.#device.name = 'StepLens device';
    this.#threshold.name = 'StepLens threshold';
    this.#labeling.name = 'StepLens labeling';
    this.#found.name = 'StepLens low steps';
    this.#labeling.busy = true;
    this.#labeling.command = { title: 'Stop', command: 'steplens.stopLabeling' };
    this.#device.command = { title: 'Select Device', command: 'steplens.selectDevice' };
    this.#threshold.command = { title: 'Set Threshold', command: 'steplens.setThreshold' };
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
    this.#found.text = firstLow === 0 ? 'No low steps' : `${counted(firstLow, 'first low step')}, ${low.toLocaleString('en')} low in all`;
    const isCut = total > listed;
    this.#found.detail = isCut
      ? `the Problems panel lists the first ${listed.toLocaleString('en')} of ${total.toLocaleString('en')}`
      : 'of this file';
    // A tree shows one problem; the view in the activity bar has those of every problem.
    this.#found.command =
      isCut && !hasTree
        ? { title: 'Show all in the View', command: 'steplens.files.focus' }
        : { title: isCut ? 'Show all in the Tree' : 'Show in the Tree', command: 'steplens.openTree' };
  }

  /** A row of its own, wherever the reader is, while a problem is labeled. */
  #showLabeling({ state, rollouts, budget, searches, servers }: LabelingParams): void {
    this.#labeling.selector = state === 'running' ? '*' : nowhere;
    this.#labeling.text = `Labeling: ${rollouts}${budget === undefined ? '' : ` of ${budget}`} rollouts`;
    this.#labeling.detail = [searches === 0 ? 'policy' : `search ${searches}`, ...sentTo(servers)].join(', ');
  }

  #show(status: StatusParams): void {
    this.#showModel(this.#model, status);
    this.#device.text = status.device ? deviceText(status) : 'Device: not chosen yet';
    const passedOver = status.passedOver ?? [];
    const others = passedOver.map(({ provider }) => provider).join(', ');
    const detail =
      status.server !== undefined
        ? 'question and steps are sent there'
        : others !== ''
          ? `passed over: ${others} ([reasons in the log](command:steplens.showLog))`
          : 'device';
    this.#device.detail = [...(status.note === undefined ? [] : [status.note]), detail].join('; ');
    this.#threshold.text = status.threshold === undefined ? "Threshold: the model's" : `Threshold: ${status.threshold.toFixed(2)}`;
    this.#threshold.detail = 'steps below are low';
    this.#logDevice(status);
    this.#showProgress(status);
  }

  #showModel(item: LanguageStatusItem, status: StatusParams): void {
    if (status.asksFor !== undefined) return this.#showAsking(item, status.asksFor);
    const failed = status.state === 'failed';
    item.busy = status.state === 'loading' || status.state === 'scoring';
    item.severity = failed ? LanguageStatusSeverity.Error : LanguageStatusSeverity.Information;
    item.text = failed ? 'StepLens: scoring failed' : (status.model ?? 'StepLens');
    item.detail = failed ? (status.message ?? '') : [stateText(status), ...scopeText(status)].join('; ');
    item.command = failed ? { title: 'Show Log', command: 'steplens.showLog' } : { title: 'Select Model', command: 'steplens.selectModel' };
  }

  /** Nothing is wrong: the user has not said yet whether text may go there. */
  #showAsking(item: LanguageStatusItem, origin: string): void {
    item.busy = false;
    item.severity = LanguageStatusSeverity.Warning;
    item.text = 'StepLens: nothing is scored yet';
    item.detail = `questions and steps would be sent to ${new URL(origin).host}`;
    item.command = { title: 'Allow…', command: 'steplens.allowServer' };
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

function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** Where the problem being labeled goes. */
function sentTo(servers: readonly string[]): string[] {
  return servers.length === 0 ? [] : [`problem is sent to ${servers.map((origin) => new URL(origin).host).join(' and ')}`];
}

/** What the model scores, where it does not score everything: its command selects another model. */
function scopeText({ knows }: StatusParams): string[] {
  return knows === undefined ? [] : [`scores only ${knows}`];
}

function stateText(status: StatusParams): string {
  const progress = status.progress ? ` ${status.progress.done} of ${status.progress.total} steps` : '';
  switch (status.state) {
    case 'loading':
      return 'loading the model';
    case 'scoring':
      return `scoring${progress}`;
    case 'failed':
      return status.message ?? 'failed';
    case 'idle':
      return 'nothing scored yet';
    case 'ready':
      return 'ready';
  }
}

const deviceNames: Record<string, string> = {
  cpu: 'CPU',
  webgpu: 'WebGPU',
  cuda: 'CUDA',
  dml: 'DirectML',
  coreml: 'Core ML',
  'open-inference': 'Inference server',
  'vllm-pooling': 'vLLM',
  'chat-logprobs': 'Chat model',
  judge: 'LLM judge',
};

function deviceText({ device = '', adapter, server }: StatusParams): string {
  const name = deviceNames[device] ?? device;
  if (server !== undefined) return `${name} at ${new URL(server).host}`;
  return adapter ? `${name} (${adapter})` : name;
}
