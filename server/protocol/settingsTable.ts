/**
 * Every setting `steplens.*`, once: manifest, README, extension and server follow from this table or are checked against it
 * (test/structure/settings.test.ts). The manifest holds the descriptions.
 */

/** The names are VS Code's. `resource`: read for the file a request is about, so that folders of one workspace can differ. */
export type SettingScope = 'machine' | 'machine-overridable' | 'window' | 'resource';

export interface Setting<T> {
  /** Id without the prefix `steplens.`. */
  readonly id: string;
  /** Schema of its values in the manifest: `type`, and `enum`, `minimum`, `maximum` where they apply. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly default: T;
  readonly scope: SettingScope;
  /** Whether untrusted workspaces cannot set it, because it names what is loaded, where text is sent, or files go. */
  readonly isRestricted: boolean;
  /** Reads a configured value. A number is clamped to the range; a value of another type becomes the default. */
  readonly read: (value: unknown) => T;
}

type SettingPlace<T> = Pick<Setting<T>, 'id' | 'scope' | 'default'> & { readonly isRestricted?: true };

function setting<T>(
  { isRestricted, ...place }: SettingPlace<T>,
  schema: Setting<T>['schema'],
  read: (value: unknown) => T | undefined,
): Setting<T> {
  return { ...place, isRestricted: isRestricted ?? false, schema, read: (value) => read(value) ?? place.default };
}

function flag(place: SettingPlace<boolean>): Setting<boolean> {
  return setting(place, { type: 'boolean' }, (value) => (typeof value === 'boolean' ? value : undefined));
}

/** A trimmed text; an empty one becomes the default. */
function text(place: SettingPlace<string>): Setting<string> {
  return setting(place, { type: 'string' }, (value) => (typeof value === 'string' ? value.trim() || undefined : undefined));
}

/** A list of texts; elements of other types are skipped. */
function texts(place: SettingPlace<readonly string[]>): Setting<readonly string[]> {
  return setting(place, { type: 'array', items: { type: 'string' } }, (value) =>
    Array.isArray(value) ? value.filter((one) => typeof one === 'string') : undefined,
  );
}

function choice<const T extends string>(values: readonly T[], place: SettingPlace<NoInfer<T>>): Setting<T> {
  return setting<T>(place, { type: 'string', enum: values }, (value) => values.find((one) => one === value));
}

/** A whole number; fractions are cut off. */
function whole(minimum: number, maximum: number, place: SettingPlace<number>): Setting<number> {
  return setting(place, { type: 'integer', minimum, maximum }, (value) =>
    isNumber(value) ? Math.floor(Math.min(maximum, Math.max(minimum, value))) : undefined,
  );
}

/** A number of at least 0. */
function notNegative(place: SettingPlace<number>): Setting<number> {
  return setting(place, { type: 'number', minimum: 0 }, (value) => (isNumber(value) ? Math.max(0, value) : undefined));
}

/** A share in [0, 1]; null = the setting does not choose one. */
function shareOrNull(place: SettingPlace<number | null>): Setting<number | null> {
  return setting(place, { type: ['number', 'null'], minimum: 0, maximum: 1 }, (value) =>
    isNumber(value) ? Math.min(1, Math.max(0, value)) : undefined,
  );
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

export const devices = ['auto', 'cuda', 'webgpu', 'dml', 'coreml', 'cpu'] as const;

export const settingsTable = {
  /** Folder of a model with its `prm.json`; empty = the bundled model. */
  modelPath: text({ id: 'model.path', scope: 'machine-overridable', default: '', isRestricted: true }),
  device: choice(devices, { id: 'device', scope: 'machine-overridable', default: 'auto', isRestricted: true }),
  /** Threads of a run on the CPU. 0 = half the cores, at most 4. */
  threads: whole(0, 256, { id: 'threads', scope: 'machine-overridable', default: 0 }),
  /** A step below it is low. null = the profile's. */
  threshold: shareOrNull({ id: 'threshold', scope: 'window', default: null }),
  scoreOnOpen: flag({ id: 'scoreOnOpen', scope: 'window', default: true }),
  diagnostics: flag({ id: 'diagnostics.enabled', scope: 'window', default: true }),
  /** Later low steps, steps no rollout succeeded from, and steps without a score. */
  otherMarks: choice(['hint', 'information', 'off'], { id: 'diagnostics.laterSteps', scope: 'window', default: 'hint' }),
  inlayHints: flag({ id: 'inlayHints.enabled', scope: 'window', default: true }),
  /** Where in a step its value is shown. */
  inlayHintsPosition: choice(['end', 'start'], { id: 'inlayHints.position', scope: 'window', default: 'end' }),
  codeLens: flag({ id: 'codeLens.enabled', scope: 'window', default: true }),
  /** `mini` = the bundled policy, else the base URL of an OpenAI-compatible server or the folder of a local policy. */
  labelingPolicy: text({ id: 'labeling.policy', scope: 'machine-overridable', default: 'mini', isRestricted: true }),
  labelingMethod: choice(['mcts', 'monte-carlo'], { id: 'labeling.method', scope: 'resource', default: 'mcts' }),
  /** Rollouts sampled from every state or step. */
  labelingRollouts: whole(1, 10_000, { id: 'labeling.rollouts', scope: 'resource', default: 16 }),
  /** MCTS only: maximum number of selections. */
  labelingSearches: whole(1, 100_000, { id: 'labeling.searches', scope: 'resource', default: 20 }),
  /** MCTS only: maximum number of rollouts in the whole search. */
  labelingBudget: whole(1, 1_000_000, { id: 'labeling.budget', scope: 'resource', default: 200 }),
  /** Base URL of the OpenAI-compatible server whose LLM judges answers the rules cannot decide; empty = no judge. */
  labelingJudge: text({ id: 'labeling.judge', scope: 'machine-overridable', default: '', isRestricted: true }),
  /** The judge's name at its server. */
  labelingJudgeModel: text({ id: 'labeling.judgeModel', scope: 'machine-overridable', default: '' }),
  /** Whether event logs keep the requests to policies and judges with their replies. */
  labelingKeepRequests: choice(['never', 'debugging', 'always'], { id: 'labeling.keepRequests', scope: 'window', default: 'debugging' }),
  /** Prices of a million prompt and completion tokens, in any currency; both 0 = no price is shown. */
  labelingPromptPrice: notNegative({ id: 'labeling.promptPrice', scope: 'window', default: 0 }),
  labelingCompletionPrice: notNegative({ id: 'labeling.completionPrice', scope: 'window', default: 0 }),
  /** Folder of the results, relative to the problem's file or absolute. */
  labelingFolder: text({ id: 'labeling.folder', scope: 'machine-overridable', default: 'steplens-runs', isRestricted: true }),
  /** A command, or the URL of an endpoint, that verifies final answers; empty = the rules. */
  verifier: text({ id: 'verifier', scope: 'machine-overridable', default: '', isRestricted: true }),
  /** Folders whose images may be read besides those of the file and the workspace. */
  imageFolders: texts({ id: 'images.folders', scope: 'machine-overridable', default: [], isRestricted: true }),
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

/** Settings that the extension reads and the server never gets. */
export const extensionSettings = {
  /** Name in the labels; empty = the user's account. */
  reviewer: text({ id: 'review.reviewer', scope: 'machine', default: '' }),
  /** Kinds of error a reviewer chooses from. */
  errorKinds: texts({
    id: 'review.errorKinds',
    scope: 'window',
    default: ['arithmetic', 'reading the figure', 'logic', 'copied wrongly', 'answer format', 'other'],
  }),
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

type Table = typeof settingsTable;

/** The settings by name. */
export type ServerSettings = { readonly [K in keyof Table]: Table[K] extends Setting<infer T> ? T : never };
export type SettingName = keyof Table;

const entries = Object.entries(settingsTable) as [SettingName, Setting<unknown>][];

function settingsOf(valueOf: (name: SettingName, setting: Setting<unknown>) => unknown): ServerSettings {
  return Object.fromEntries(entries.map(([name, setting]) => [name, valueOf(name, setting)])) as unknown as ServerSettings;
}

export const defaultSettings: ServerSettings = Object.freeze(settingsOf((_, setting) => setting.default));

/** Reads settings by name as received over a wire; a missing one, or one of the wrong type, has its default. */
export function readSettings(value: unknown): ServerSettings {
  const given = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  return settingsOf((name, setting) => setting.read(given[name]));
}

/** Reads settings from an editor's configuration, by id. */
export function readConfiguration(get: (id: string) => unknown): ServerSettings {
  return settingsOf((_, { id, read }) => read(get(id)));
}

/** The settings with the defaults of those that an untrusted workspace must not choose. */
export function untrustedSettings(settings: ServerSettings): ServerSettings {
  return settingsOf((name, setting) => (setting.isRestricted ? setting.default : settings[name]));
}

/**
 * Replaces values of `settings` by those of one resource. `section` is the configuration `steplens` that an editor
 * returns for it (`{ labeling: { method: 'mcts' } }`). A setting missing there, or without `resource` scope, is kept.
 */
export function withResource(settings: ServerSettings, section: unknown): ServerSettings {
  return settingsOf((name, { id, scope, read }) => {
    const value = scope === 'resource' ? valueAt(section, id) : undefined;
    return value === undefined || value === null ? settings[name] : read(value);
  });
}

function valueAt(section: unknown, id: string): unknown {
  let value = section;
  for (const key of id.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}
