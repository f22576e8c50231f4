import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Prices } from '../labeling/economy/ledger.js';
import { devices, type ServerSettings } from '../protocol/settingsTable.js';
import { UsageError } from './command.js';

/** The options and arguments of a command line; what it does not understand is a UsageError. */
export function parseOptions<const Options extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0]!.replace(/\.$/, ''));
  }
}

/** `--threshold`: in [0, 1]; undefined when it is not given. */
export function thresholdOption(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new UsageError(`--threshold is a number from 0 to 1, not "${text}"`);
  return value;
}

/** `--device`. */
export function deviceOption(text: string): ServerSettings['device'] {
  const device = devices.find((one) => one === text);
  if (!device) throw new UsageError(`--device is one of ${devices.join(', ')}, not "${text}"`);
  return device;
}

/** `--threads`: 0 or more; 0 when it is not given. */
export function threadsOption(text: string | undefined): number {
  if (text === undefined) return 0;
  const threads = Number(text);
  if (!/\d/.test(text) || !Number.isInteger(threads) || threads < 0) throw new UsageError(`--threads is a whole number, not "${text}"`);
  return threads;
}

/** `--seed`: a whole number, 0 or more. */
export function seedOption(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0)
    throw new UsageError(`--seed is a whole number, 0 or more, not "${text}"`);
  return value;
}

/** `--price-in`, `--price-out`: what is not given is free; undefined when neither is. */
export function pricesOption(prompt: string | undefined, completion: string | undefined): Prices | undefined {
  if (prompt === undefined && completion === undefined) return undefined;
  const values = [prompt ?? '0', completion ?? '0'].map(Number);
  if (values.some((value) => !(value >= 0 && value < Infinity))) throw new UsageError('--price-in and --price-out are numbers, 0 or more');
  return { prompt: values[0]!, completion: values[1]! };
}
