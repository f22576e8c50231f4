import { english } from '../../l10n.js';
import { itemAt } from '../../reasoning/present.js';
import { RequestFailure } from '../../remote/requestFailure.js';

/** Accepted deviation from 1 of a sum of probabilities, because of half precision. */
const tolerance = 0.02;

/**
 * Reads one row per step from vLLM's pooled data: nested numbers, a flat list, or base64 of float32 (little-endian).
 * Returns the reason as a text when the rows do not match the steps. Throws RequestFailure for data of another form.
 */
export function readRows(data: unknown, steps: number): readonly (readonly number[])[] | string {
  const list = typeof data === 'string' ? floats(data) : data;
  if (!Array.isArray(list)) throw new RequestFailure(english('The server answered with pooled data that is neither numbers nor base64.'));
  const isNested = list.some((row) => Array.isArray(row));
  const rows = isNested ? (list as unknown[]) : cut(list as unknown[], steps);
  if (rows?.length === steps)
    return rows.map((row) => (Array.isArray(row) ? row : [row]).map((value) => (typeof value === 'number' ? value : NaN)));
  const found =
    rows === undefined
      ? english('{0} numbers', list.length)
      : rows.length === 1
        ? english('{0} row of scores', 1)
        : english('{0} rows of scores', rows.length);
  return english(
    'The server gave {0} for {1}: the text was truncated, it holds the separator itself, or the server does not pool by steps (--pooler-config \'{"pooling_type":"STEP", ..}\').',
    found,
    steps === 1 ? english('{0} step', 1) : english('{0} steps', steps),
  );
}

/** Cuts the numbers into rows of equal width; undefined when they cannot be divided evenly. */
function cut(numbers: readonly unknown[], rows: number): unknown[][] | undefined {
  const width = numbers.length / rows;
  if (!Number.isInteger(width) || width === 0) return undefined;
  return Array.from({ length: rows }, (_, row) => numbers.slice(row * width, (row + 1) * width));
}

function floats(base64: string): number[] {
  const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
  if (bytes.length % 4 !== 0) throw new RequestFailure(english('The server answered with base64 that is no list of float32.'));
  return [...new Float32Array(bytes.buffer)];
}

/** Returns the share of the labels that mean right. A row of one number is that share. NaN if the model gave none. */
export function readRow(row: readonly number[], positive: readonly number[]): number {
  if (row.length === 1) return itemAt(probability(row), 0);
  if (Math.max(...positive) >= row.length) {
    throw new RequestFailure(
      english("The server gives {0} labels a step; 'readout.positive' is {1}, counted from 0.", row.length, positive.join(', ')),
    );
  }
  const shares = probability(row);
  return positive.reduce((sum, label) => sum + itemAt(shares, label), 0);
}

function probability(row: readonly number[]): readonly number[] {
  if (row.some((value) => Number.isNaN(value))) return row.map(() => NaN);
  const sum = row.reduce((a, b) => a + b, 0);
  if (row.every((value) => value >= 0 && value <= 1) && (row.length === 1 || Math.abs(sum - 1) <= tolerance)) return row;
  throw new RequestFailure(
    english(
      'The server gives {0} for a step, which are no probabilities: start it without switching the activation (softmax) of its pooler off.',
      JSON.stringify(row.slice(0, 8)),
    ),
  );
}
