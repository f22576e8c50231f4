import type { AsyncBuffer } from 'hyparquet';
import { openRegular } from '../../disk/readRegular.js';
import { english } from '../../l10n.js';
import { type Container, collect, damaged } from './container.js';

/** Rows that are decoded at a time. */
const ROWS = 1000;

/**
 * Parquet, to which the Hub converts data sets: each row is one record, a line of JSON. Bytes that are not text (images) become
 * base64.
 */
export const parquet: Container = {
  id: 'parquet',
  title: 'Parquet',
  signature: [0x50, 0x41, 0x52, 0x31],
  *entries(path) {
    yield { name: '', read: () => collect(rowsAsLines(path, 0)), lines: (from) => rowsAsLines(path, from) };
  },
};

async function* rowsAsLines(path: string, from: number): AsyncGenerator<Uint8Array> {
  const [{ parquetMetadataAsync, parquetReadObjects }, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ]);
  const handle = await openRegular(path);
  try {
    const { size } = await handle.stat();
    const file: AsyncBuffer = {
      byteLength: size,
      async slice(start, end = size) {
        const bytes = Buffer.alloc(Math.max(0, Math.min(end, size) - start));
        await handle.read(bytes, 0, bytes.length, start);
        return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
      },
    };
    const metadata = await parquetMetadataAsync(file);
    const rows = Number(metadata.num_rows);
    for (let rowStart = from; rowStart < rows; rowStart += ROWS) {
      // Without `utf8`, only columns that are declared as text are decoded as text.
      const objects = await parquetReadObjects({
        file,
        metadata,
        compressors,
        utf8: false,
        rowStart,
        rowEnd: Math.min(rowStart + ROWS, rows),
      });
      // A footer may claim any number of rows.
      if (objects.length === 0) throw new Error(english('it claims {0} rows and has {1}', rows, rowStart));
      for (const object of objects) yield Buffer.from(`${JSON.stringify(object, asJson)}\n`);
    }
  } catch (error) {
    throw damaged('Parquet', error);
  } finally {
    await handle.close();
  }
}

const strict = new TextDecoder('utf-8', { fatal: true });

/** Turns 64-bit integers into numbers, and bytes into text where they are text, else into base64. */
function asJson(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (!(value instanceof Uint8Array)) return value;
  try {
    return strict.decode(value);
  } catch {
    return Buffer.from(value).toString('base64');
  }
}
