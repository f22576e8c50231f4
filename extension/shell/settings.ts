import { isAbsolute, join } from 'node:path';
import { ConfigurationTarget, type Disposable, type Event, EventEmitter, workspace } from 'vscode';
import type { ServerSettings } from '../../server/protocol/settings.js';

/** Setting ids below `steplens.`; the manifest holds their descriptions and defaults. */
export const settingIds: { readonly [K in keyof ServerSettings]: string } = {
  modelPath: 'model.path',
  device: 'device',
  threads: 'threads',
  threshold: 'threshold',
  scoreOnOpen: 'scoreOnOpen',
  diagnostics: 'diagnostics.enabled',
  inlayHints: 'inlayHints.enabled',
  codeLens: 'codeLens.enabled',
  labelingPolicy: 'labeling.policy',
  labelingMethod: 'labeling.method',
  labelingRollouts: 'labeling.rollouts',
  labelingSearches: 'labeling.searches',
  labelingBudget: 'labeling.budget',
  labelingJudge: 'labeling.judge',
  labelingJudgeModel: 'labeling.judgeModel',
  labelingFolder: 'labeling.folder',
};

export const devices = ['auto', 'cuda', 'webgpu', 'dml', 'coreml', 'cpu'] as const satisfies readonly ServerSettings['device'][];

/** The only reader and writer of VS Code's configuration. A value of the wrong type counts as the manifest's default. */
export class Settings implements Disposable {
  readonly #changed = new EventEmitter<void>();
  readonly #listener = workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration('steplens')) this.#changed.fire();
  });

  get onDidChange(): Event<void> {
    return this.#changed.event;
  }

  read(): ServerSettings {
    return {
      modelPath: inWorkspace(this.#get('modelPath', isString, '')),
      device: this.#get('device', isDevice, 'auto'),
      threads: this.#get('threads', isThreadCount, 0),
      threshold: this.#get('threshold', isThreshold, null),
      scoreOnOpen: this.#get('scoreOnOpen', isBoolean, true),
      diagnostics: this.#get('diagnostics', isBoolean, true),
      inlayHints: this.#get('inlayHints', isBoolean, true),
      codeLens: this.#get('codeLens', isBoolean, true),
      labelingPolicy: this.#get('labelingPolicy', isWord, 'mini'),
      labelingMethod: this.#get('labelingMethod', isMethod, 'mcts'),
      labelingRollouts: this.#get('labelingRollouts', isPositive, 16),
      labelingSearches: this.#get('labelingSearches', isPositive, 20),
      labelingBudget: this.#get('labelingBudget', isPositive, 200),
      labelingJudge: this.#get('labelingJudge', isString, '').trim(),
      labelingJudgeModel: this.#get('labelingJudgeModel', isString, '').trim(),
      labelingFolder: this.#get('labelingFolder', isWord, 'steplens-runs'),
    };
  }

  /** Name in the labels; empty = the user's account. */
  get reviewer(): string {
    return workspace.getConfiguration('steplens').get('review.reviewer', '').trim();
  }

  /** Kinds of error a reviewer chooses from. */
  get errorKinds(): readonly string[] {
    const kinds: unknown = workspace.getConfiguration('steplens').get('review.errorKinds');
    return Array.isArray(kinds) ? kinds.filter(isString) : [];
  }

  /** Writes a setting where the user has set it already: workspace folder, workspace, or else user. */
  async write<K extends keyof ServerSettings>(name: K, value: ServerSettings[K]): Promise<void> {
    const configuration = workspace.getConfiguration('steplens');
    const set = configuration.inspect(settingIds[name]);
    const target =
      set?.workspaceFolderValue !== undefined
        ? ConfigurationTarget.WorkspaceFolder
        : set?.workspaceValue !== undefined
          ? ConfigurationTarget.Workspace
          : ConfigurationTarget.Global;
    await configuration.update(settingIds[name], value, target);
  }

  dispose(): void {
    this.#listener.dispose();
    this.#changed.dispose();
  }

  #get<K extends keyof ServerSettings>(
    name: K,
    is: (value: unknown) => value is ServerSettings[K],
    fallback: ServerSettings[K],
  ): ServerSettings[K] {
    const value: unknown = workspace.getConfiguration('steplens').get(settingIds[name]);
    return is(value) ? value : fallback;
  }
}

/** A relative path starts at the first folder of the workspace. */
function inWorkspace(path: string): string {
  const folder = workspace.workspaceFolders?.[0]?.uri;
  return path === '' || isAbsolute(path) || folder?.scheme !== 'file' ? path : join(folder.fsPath, path);
}

const isString = (value: unknown): value is string => typeof value === 'string';
const isWord = (value: unknown): value is string => isString(value) && value.trim() !== '';
const isMethod = (value: unknown): value is ServerSettings['labelingMethod'] => value === 'mcts' || value === 'monte-carlo';
const isPositive = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 1;
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isDevice = (value: unknown): value is ServerSettings['device'] => devices.some((device) => device === value);
const isThreadCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
const isThreshold = (value: unknown): value is number | null => value === null || (typeof value === 'number' && value >= 0 && value <= 1);
