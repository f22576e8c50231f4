import type { InitializationOptions, ServerSettings } from '../protocol/settings.js';

/** The manifest's defaults, for editors that send none. */
export const defaultSettings: ServerSettings = Object.freeze({
  modelPath: '',
  device: 'auto',
  threads: 0,
  threshold: null,
  scoreOnOpen: true,
  diagnostics: true,
  inlayHints: true,
  codeLens: true,
  labelingPolicy: 'mini',
  labelingMethod: 'mcts',
  labelingRollouts: 16,
  labelingSearches: 20,
  labelingBudget: 200,
  labelingJudge: '',
  labelingJudgeModel: '',
  labelingFolder: 'steplens-runs',
});

export const devices: readonly ServerSettings['device'][] = ['auto', 'cuda', 'webgpu', 'dml', 'coreml', 'cpu'];

/** Settings as they came over the wire; whatever is missing or of the wrong type has its default. */
export function readSettings(value: unknown): ServerSettings {
  const given = record(value);
  const flag = (name: 'scoreOnOpen' | 'diagnostics' | 'inlayHints' | 'codeLens') =>
    typeof given[name] === 'boolean' ? given[name] : defaultSettings[name];
  const text = (name: 'modelPath' | 'labelingPolicy' | 'labelingJudge' | 'labelingJudgeModel' | 'labelingFolder') =>
    typeof given[name] === 'string' ? given[name] : defaultSettings[name];
  const positive = (name: 'labelingRollouts' | 'labelingSearches' | 'labelingBudget') => {
    const value = given[name];
    return isNumber(value) && value >= 1 ? Math.floor(value) : defaultSettings[name];
  };
  return {
    modelPath: text('modelPath'),
    device: devices.find((device) => device === given.device) ?? defaultSettings.device,
    threads: isNumber(given.threads) && given.threads >= 0 ? Math.floor(given.threads) : defaultSettings.threads,
    threshold: isNumber(given.threshold) ? Math.min(1, Math.max(0, given.threshold)) : defaultSettings.threshold,
    scoreOnOpen: flag('scoreOnOpen'),
    diagnostics: flag('diagnostics'),
    inlayHints: flag('inlayHints'),
    codeLens: flag('codeLens'),
    labelingPolicy: text('labelingPolicy').trim() || defaultSettings.labelingPolicy,
    labelingMethod: given.labelingMethod === 'monte-carlo' ? 'monte-carlo' : defaultSettings.labelingMethod,
    labelingRollouts: positive('labelingRollouts'),
    labelingSearches: positive('labelingSearches'),
    labelingBudget: positive('labelingBudget'),
    labelingJudge: text('labelingJudge').trim(),
    labelingJudgeModel: text('labelingJudgeModel').trim(),
    labelingFolder: text('labelingFolder').trim() || defaultSettings.labelingFolder,
  };
}

/** An editor that says nothing about trust has no untrusted workspaces. */
export function readInitializationOptions(value: unknown): Required<Pick<InitializationOptions, 'allowedServers'>> & InitializationOptions {
  const given = record(value);
  return {
    ...(typeof given.cacheFolder === 'string' && { cacheFolder: given.cacheFolder }),
    ...(typeof given.explanations === 'string' && { explanations: given.explanations }),
    isTrusted: given.isTrusted !== false,
    allowedServers: readOrigins(given.allowedServers),
    settings: readSettings(given.settings),
  };
}

/** What is no list of texts allows nothing. */
export function readOrigins(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
