import { createHash } from 'node:crypto';
import { defaultSearch, type SearchSettings } from './mcts.js';
import { defaultMonteCarlo, type MonteCarloSettings } from './monteCarlo.js';
import type { PolicyInfo } from './policy.js';
import type { BeginEvent, LabelProblem } from './runEvents.js';

/** How problems are labelled. */
export type LabelSettings = MethodSettings & {
  /** What is sampled is drawn from this, the problem's id and the batch's number. */
  readonly seed: number;
};

export type MethodSettings = ({ readonly method: 'mcts' } & SearchSettings) | ({ readonly method: 'monte-carlo' } & MonteCarloSettings);

export const defaultLabelSettings = {
  mcts: { method: 'mcts', ...defaultSearch },
  'monte-carlo': { method: 'monte-carlo', ...defaultMonteCarlo },
} as const satisfies Record<MethodSettings['method'], MethodSettings>;

/** The first line of a problem's log. */
export function beginEvent(
  problem: LabelProblem,
  { method, seed, ...settings }: LabelSettings,
  { name, fingerprint }: PolicyInfo,
  judge: string,
): BeginEvent {
  // One order of keys, whoever made the objects: the line is compared as text.
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
  // The line is what `beginEvent` wrote: its hash says so (eventLog.ts).
  return { method, seed, ...settings } as LabelSettings;
}

/** SHA-256 of a value's JSON, shortened to 16 bytes, in hexadecimal digits. */
export function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
}

/** What two runs differ in, in words: "rollouts is 16 there and 8 here"; empty when they do not. */
export function differences(there: Readonly<Record<string, unknown>>, here: Readonly<Record<string, unknown>>): string {
  const keys = [...new Set([...Object.keys(there), ...Object.keys(here)])];
  const text = (value: unknown): string => (value === undefined ? 'not set' : JSON.stringify(value));
  return keys
    .filter((key) => text(there[key]) !== text(here[key]))
    .map((key) => `${key} is ${shortened(text(there[key]))} there and ${shortened(text(here[key]))} here`)
    .join('; ');
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function sorted<T extends object>(settings: T): T {
  return Object.fromEntries(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1))) as T;
}
