import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Prices } from '../labeling/economy/ledger.js';
import { devices, type ServerSettings } from '../protocol/settingsTable.js';
import { type NumberRange, numberFrom, seedRange, wholeFrom } from '../reasoning/numberRange.js';
import { UsageError } from './command.js';

/** Parses the options and arguments of a command line. Throws a UsageError for what it does not know. */
export function parseOptions<const Options extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError((error as Error).message.replace(/\.?(\n.*)?$/s, ''));
  }
}

const shareRange = numberFrom(0, 1);
const threadsRange = wholeFrom(0, 256);
/** Price of a million tokens, in any currency. */
const priceRange = numberFrom(0, 1_000_000_000);

/**
 * Reads a number within its range; undefined when not given. Throws a UsageError that names option, range and value.
 */
export function numberOption(name: string, given: string, range: NumberRange): number;
export function numberOption(name: string, given: string | undefined, range: NumberRange): number | undefined;
export function numberOption(name: string, given: string | undefined, { words, has }: NumberRange): number | undefined {
  if (given === undefined) return undefined;
  const value = Number(given);
  if (given.trim() === '' || !has(value)) throw new UsageError(`--${name} is ${words}, not "${given}"`);
  return value;
}

/** `--threshold`: in [0, 1]; undefined when it is not given. */
export function thresholdOption(text: string | undefined): number | undefined {
  return numberOption('threshold', text, shareRange);
}

/** `--device`. */
export function deviceOption(text: string): ServerSettings['device'] {
  const device = devices.find((one) => one === text);
  if (!device) throw new UsageError(`--device is one of ${devices.join(', ')}, not "${text}"`);
  return device;
}

/** `--threads`: 0 or more; 0 when it is not given. */
export function threadsOption(text: string | undefined): number {
  return numberOption('threads', text, threadsRange) ?? 0;
}

/** `--seed`: a whole number, 0 or more. */
export function seedOption(text: string): number {
  return numberOption('seed', text, seedRange);
}

/** `--price-in`, `--price-out`: one that is not given is free; undefined when neither is given. */
export function pricesOption(prompt: string | undefined, completion: string | undefined): Prices | undefined {
  const [input, output] = [numberOption('price-in', prompt, priceRange), numberOption('price-out', completion, priceRange)];
  return input === undefined && output === undefined ? undefined : { prompt: input ?? 0, completion: output ?? 0 };
}
