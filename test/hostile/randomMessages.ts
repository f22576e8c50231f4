import type { Random } from '../../server/reasoning/random.js';

const words = [
  '',
  'a',
  '__proto__',
  'constructor',
  'uri',
  'textDocument',
  'position',
  'line',
  'character',
  'id',
  'kind',
  'name',
  'args',
  'message',
  'session',
];
const texts = [
  '',
  ' ',
  '\0',
  '\ud800',
  'é😀',
  '../../etc/passwd',
  'file:///',
  'untitled:a',
  'http://127.0.0.1:1/',
  '{"a":',
  '<b>',
  'x'.repeat(5000),
  '\u202e',
  '1e999',
];
const numbers = [0, 1, -1, 0.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, Number.MIN_VALUE];

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.min(list.length - 1, Math.floor(random() * list.length))]!;

/** Returns a random JSON value. `known`: texts that have a meaning in the protocol. */
export function randomJson(random: Random, known: readonly string[], depth = 3): unknown {
  const kind = Math.floor(random() * (depth > 0 ? 8 : 5));
  if (kind === 0) return pick(random, [null, true, false]);
  if (kind === 1) return pick(random, numbers);
  if (kind === 2) return pick(random, texts);
  if (kind === 3 || kind === 4) return pick(random, known);
  const size = Math.floor(random() * 4);
  if (kind === 5) return Array.from({ length: size }, () => randomJson(random, known, depth - 1));
  return Object.fromEntries(Array.from({ length: size }, () => [pick(random, words), randomJson(random, known, depth - 1)]));
}

/** Returns valid parameters with one part replaced. */
export function damagedParams(random: Random, valid: unknown, known: readonly string[]): unknown {
  if (random() < 0.15) return randomJson(random, known);
  if (typeof valid !== 'object' || valid === null) return random() < 0.5 ? valid : randomJson(random, known, 1);
  const entries: [string, unknown][] = Object.entries(valid);
  const at = Math.floor(random() * entries.length);
  const changed = entries.map(([key, value], i) => [key, i === at ? damagedParams(random, value, known) : value] as const);
  if (Array.isArray(valid)) return changed.map(([, value]) => value);
  return Object.fromEntries(changed);
}
