import { createHash } from 'node:crypto';
import { defaultSearch, type SearchSettings } from './mcts.js';
import { defaultMonteCarlo, type MonteCarloSettings } from './monteCarlo.js';
import type { PolicyInfo } from './policy.js';
import type { BeginEvent, ProblemToLabel } from './runEvents.js';

/** How problems are labeled. */
export type LabelSettings = MethodSettings & {
  /** Samples are drawn with this, the problem's id and the batch's number. */
  readonly seed: number;
};

export type MethodSettings = ({ readonly method: 'mcts' } & SearchSettings) | ({ readonly method: 'monte-carlo' } & MonteCarloSettings);

export const defaultLabelSettings = {
  mcts: { method: 'mcts', ...defaultSearch },
  'monte-carlo': { method: 'monte-carlo', ...defaultMonteCarlo },
} as const satisfies Record<MethodSettings['method'], MethodSettings>;

/** The first line of a problem's log. */
export function beginEvent(
  problem: ProblemToLabel,
  { method, seed, ...settings }: LabelSettings,
  { name, fingerprint }: PolicyInfo,
  judge: string,
): BeginEvent {
  // Keys always have the same order, because the line is compared as text.
  const { id, question, answer, images } = problem;
  const begin = {
    event: 'begin',
    version: 1,
    method,
    problem: { id, question, answer, images },
    seed,
    policy: { name, fingerprint },
    judge,
    settings: sorted(settings),
  } as const;
  return { ...begin, hash: digest(begin) };
}

/** The settings of a log, from its first line. */
export function settingsOf({ method, seed, settings }: BeginEvent): LabelSettings {
  // The line was written by `beginEvent`, as its hash shows (eventLog.ts).
  return { method, seed, ...settings } as LabelSettings;
}

/** Returns the named settings that decide whether two runs sample the same. Where a model is served is not one. */
export function comparable({
  method,
  problem,
  seed,
  policy,
  judge,
  settings,
}: Pick<BeginEvent, 'method' | 'seed' | 'policy' | 'judge' | 'settings'> & { readonly problem?: ProblemToLabel }): Record<string, unknown> {
  const { id: _same, ...rest } = problem ?? { id: '' };
  return { method, ...rest, seed, ...policyParts(policy.fingerprint), judge: withoutUrls(judge), ...settings };
}

/** Splits the fingerprint `MODEL {settings}` of a server's policy into its settings. */
function policyParts(fingerprint: string): Record<string, unknown> {
  const text = withoutUrls(fingerprint);
  const [, model, json] = /^(\S+) (\{.*\})$/s.exec(text) ?? [];
  if (model === undefined || json === undefined) return { policy: text };
  try {
    const parts = Object.entries(JSON.parse(json) as Record<string, unknown>).map(([key, value]) => [`policy's ${key}`, value] as const);
    return { policy: model, ...Object.fromEntries(parts) };
  } catch {
    return { policy: text };
  }
}

/** Removes the server addresses that logs of earlier versions have before the model. */
function withoutUrls(text: string): string {
  return text.replace(/https?:\/\/\S+ /g, '');
}

/** Whether the change lets a run continue: a larger budget does, a smaller one does not fit what was sampled. */
export function canGrow(key: string, there: unknown, here: unknown): boolean {
  return (key === 'budget' || key === 'searches') && Number(here) > Number(there);
}

/** SHA-256 of a value's JSON, shortened to 16 bytes, in hexadecimal digits. */
export function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
}

/** Describes the differences that are not allowed: "rollouts is 16 there and 8 here"; empty if there are none. */
export function differences(
  there: Readonly<Record<string, unknown>>,
  here: Readonly<Record<string, unknown>>,
  isAllowed: (key: string, there: unknown, here: unknown) => boolean = () => false,
): string {
  const keys = [...new Set([...Object.keys(there), ...Object.keys(here)])];
  const text = (value: unknown): string => (value === undefined ? 'not set' : JSON.stringify(value));
  return keys
    .filter((key) => text(there[key]) !== text(here[key]) && !isAllowed(key, there[key], here[key]))
    .map((key) => `${key} is ${shortened(text(there[key]))} there and ${shortened(text(here[key]))} here`)
    .join('; ');
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function sorted<T extends object>(settings: T): T {
  return Object.fromEntries(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1))) as T;
}
