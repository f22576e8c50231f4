import type { Container } from './container.js';
import { gzip } from './gzip.js';
import { parquet } from './parquet.js';
import { zip } from './zip.js';
import { zstandard } from './zstandard.js';

export const CONTAINERS: readonly Container[] = [gzip, zstandard, zip, parquet];

/** The container whose signature a file begins with. */
export function containerOf(beginning: Uint8Array): Container | undefined {
  return CONTAINERS.find(({ signature }) => signature.every((byte, i) => beginning[i] === byte));
}
