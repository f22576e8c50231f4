import { type Disposable, LanguageStatusSeverity, type LogOutputChannel, l10n, ProgressLocation, window } from 'vscode';
import type { LabelingParams } from '../../server/protocol/labeling.js';
import type { DocumentMarks, StatusParams } from '../../server/protocol/status.js';
import { type Claims, languages } from './claims.js';
import type { Client } from './client.js';
import { isBusy, Lasting } from './lasting.js';
import { listed } from './listed.js';
import { commandOf } from './remedy.js';
import { nowhere, type RowFacts, StatusRow } from './statusRow.js';

/**
 * Rows in the editor's language status: what was found in the file, the model (progress and errors), the device (with
 * its adapter and the providers that were passed over), the threshold, and a row while a problem is labeled. Each row's
 * command changes what it shows.
 */
export class StatusRows implements Disposable {
  readonly #claims: Claims;
  readonly #log: LogOutputChannel;
  readonly #model = new StatusRow('steplens.model', l10n.t('StepLens model'));
  readonly #device = new StatusRow('steplens.device', l10n.t('StepLens device'));
  readonly #threshold = new StatusRow('steplens.threshold', l10n.t('StepLens threshold'));
  readonly #found = new StatusRow('steplens.found', l10n.t('StepLens low steps'));
  readonly #labeling = new StatusRow('steplens.labeling', l10n.t('StepLens labeling'));
  readonly #lasting = new Lasting();
  readonly #subscriptions: Disposable[];
  #progress: ReturnType<typeof beginProgress> | undefined;
  #logged = '';
  readonly #marks = new Map<string, DocumentMarks>();

  constructor(client: Client, claims: Claims, log: LogOutputChannel) {
    this.#claims = claims;
    this.#log = log;
    this.#labeling.show({ busy: true, action: { title: l10n.t('Stop'), command: 'steplens.stopLabeling' } });
    this.#device.show({ action: { title: l10n.t('Select Device'), command: 'steplens.selectDevice' } });
    this.#threshold.show({ action: { title: l10n.t('Set Threshold'), command: 'steplens.setThreshold' } });
    this.#subscriptions = [
      this.#lasting,
      client.onDidChangeStatus((status) => this.#take(status)),
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
    this.#progress?.(undefined);
    for (const item of [this.#model, this.#device, this.#threshold, this.#found, this.#labeling, ...this.#subscriptions]) item.dispose();
  }

  /** Shows the rows for claimed documents only. */
  #place(): void {
    const active = this.#claims.active;
    const selector = active ? languages.map((language) => ({ language, scheme: active.uri.scheme })) : nowhere;
    for (const row of [this.#model, this.#device, this.#threshold]) row.show({ selector });
    this.#showMarks();
  }

  #noteMarks(uri: string, marks: DocumentMarks | undefined): void {
    if (marks) this.#marks.set(uri, marks);
    else this.#marks.delete(uri);
    this.#showMarks();
  }

  /** Shows what was found in the active file, and how much of it is not in the list. */
  #showMarks(): void {
    const { active } = this.#claims;
    const marks = active && this.#marks.get(active.uri.toString());
    if (!marks) return this.#found.show({ selector: nowhere });
    const { firstLow, low, listed, total, hasTree } = marks;
    const isCut = total > listed;
    this.#found.show({
      selector: languages.map((language) => ({ language, scheme: active.uri.scheme })),
      text: firstLow === 0 ? l10n.t('No low steps') : l10n.t('{0}, {1} low in all', firstLowText(firstLow), low.toLocaleString('en')),
      detail: isCut
        ? l10n.t('the Problems panel lists the first {0} of {1}', listed.toLocaleString('en'), total.toLocaleString('en'))
        : l10n.t('of this file'),
      // A tree shows one problem. The view in the activity bar has the steps of every problem.
      action:
        isCut && !hasTree
          ? { title: l10n.t('Show all in the View'), command: 'steplens.files.focus' }
          : { title: isCut ? l10n.t('Show all in the Tree') : l10n.t('Show in the Tree'), command: 'steplens.openTree' },
    });
  }

  /** Shows a separate row in every file while a problem is labeled. */
  #showLabeling({ state, rollouts, budget, searches, servers }: LabelingParams): void {
    if (state !== 'running') return this.#labeling.show({ selector: nowhere });
    this.#labeling.show({
      selector: '*',
      text: budget === undefined ? l10n.t('Labeling: {0} rollouts', rollouts) : l10n.t('Labeling: {0} of {1} rollouts', rollouts, budget),
      detail: listed([searches === 0 ? l10n.t('policy') : l10n.t('search {0}', searches), ...sentTo(servers)]),
    });
  }

  /** Shows a status. Work that takes less than a second, such as after an edit, changes nothing on screen. */
  #take(status: StatusParams): void {
    if (!isBusy(status)) return this.#lasting.now(() => this.#show(status));
    this.#lasting.show(() => {
      this.#show(status);
      (this.#progress ??= beginProgress())(stateText(status));
    });
  }

  #show(status: StatusParams): void {
    this.#model.show(modelFacts(status));
    const passedOver = status.passedOver ?? [];
    const others = listed(passedOver.map(({ provider }) => provider));
    const detail =
      status.server !== undefined
        ? l10n.t('question and steps are sent there')
        : others !== ''
          ? l10n.t('passed over: {0} ([reasons in the log](command:steplens.showLog))', others)
          : l10n.t('device');
    this.#device.show({
      text: status.device ? deviceText(status) : l10n.t('Device: not chosen yet'),
      detail: [...(status.note === undefined ? [] : [status.note]), detail].join('; '),
    });
    this.#threshold.show({
      text: status.threshold === undefined ? l10n.t("Threshold: the model's") : l10n.t('Threshold: {0}', status.threshold.toFixed(2)),
      detail: l10n.t('steps below are low'),
    });
    this.#logDevice(status);
    if (isBusy(status)) return;
    this.#progress?.(undefined);
    this.#progress = undefined;
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
}

function modelFacts(status: StatusParams): RowFacts {
  if (status.asksFor !== undefined) return askingFacts(status.asksFor);
  const failed = status.state === 'failed';
  return {
    busy: isBusy(status),
    severity: failed ? LanguageStatusSeverity.Error : LanguageStatusSeverity.Information,
    text: failed ? l10n.t('StepLens: scoring failed') : (status.model ?? 'StepLens'),
    detail: failed ? (status.message ?? '') : [stateText(status), ...scopeText(status)].join('; '),
    action: failed
      ? (commandOf(status.remedy) ?? { title: l10n.t('Show Log'), command: 'steplens.showLog' })
      : { title: l10n.t('Select Model'), command: 'steplens.selectModel' },
  };
}

/** This is not a failure: the user has not answered yet whether text may be sent there. */
function askingFacts(origin: string): RowFacts {
  return {
    busy: false,
    severity: LanguageStatusSeverity.Warning,
    text: l10n.t('StepLens: nothing is scored yet'),
    detail: l10n.t('questions and steps would be sent to {0}', new URL(origin).host),
    action: { title: l10n.t('Allow…'), command: 'steplens.allowServer' },
  };
}

/** Shows a progress line in the status bar and returns its reporter; undefined ends it. */
function beginProgress(): (text: string | undefined) => void {
  let report: ((text: string | undefined) => void) | undefined;
  let last: string | undefined = '';
  void window.withProgress({ location: ProgressLocation.Window, title: 'StepLens' }, (progress) => {
    return new Promise<void>((resolve) => {
      report = (text) => (text === undefined ? resolve() : progress.report({ message: text }));
      report(last);
    });
  });
  return (text) => {
    last = text;
    report?.(text);
  };
}

function firstLowText(count: number): string {
  return count === 1 ? l10n.t('1 first low step') : l10n.t('{0} first low steps', count.toLocaleString('en'));
}

/** Names the servers that the labeled problem is sent to. */
function sentTo(servers: readonly string[]): string[] {
  return servers.length === 0 ? [] : [l10n.t('problem is sent to {0}', listed(servers.map((origin) => new URL(origin).host)))];
}

/** Names what the model scores, if it does not score everything. The row's command selects another model. */
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
