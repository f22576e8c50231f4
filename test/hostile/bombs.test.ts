import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readInputs } from '../../server/files/inputFiles.js';
import { decodeAsPillow, decodeImage } from '../../server/models/images/decodeImage.js';
import { ImageError } from '../../server/models/images/imageFile.js';
import { done } from './figures.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bombs-'));
});
afterAll(() => rm(folder, { recursive: true }));

const MiB = 2 ** 20;

/** 544 MiB of blanks: more than the maximum size of a file's text. */
const gzipBomb = (): Buffer => Buffer.concat(Array.from({ length: 34 }, () => gzipSync(Buffer.alloc(16 * MiB, 32))));

/** A Zstandard frame whose blocks repeat one byte (RFC 8878): 4 bytes expand to 128 kB. */
function zstandardBomb(window = 0x70): Buffer {
  const block = Buffer.alloc(4);
  block.writeUIntLE(((128 * 1024) << 3) | 2, 0, 3);
  block[3] = 32;
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, window]), ...Array.from({ length: 4400 }, () => block)]);
}

/** A Parquet file with a false number of rows in its footer: a zigzag varint after the header of field 3. */
async function parquetLie(): Promise<Buffer> {
  const bytes = await readFile('test/fixtures/files/rows.parquet');
  const footer = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
  // num_rows is the 64-bit field after the schema: header 0x16, then 2 rows as 0x04.
  const at = bytes.indexOf(Buffer.from([0x16, 0x04, 0x19]), footer);
  expect(at).toBeGreaterThan(footer);
  const rows = Buffer.from([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
  const head = bytes.subarray(0, at + 1);
  const rest = bytes.subarray(at + 2, bytes.length - 8);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.readUInt32LE(bytes.length - 8) + rows.length - 1);
  return Buffer.concat([head, rows, rest, length, Buffer.from('PAR1')]);
}

describe('a small file that expands without end is refused with an error message', () => {
  it.each([
    ['rows.jsonl.gz', gzipBomb, /expands to more than 512 MiB/],
    ['rows.jsonl.zst', zstandardBomb, /expands to more than 512 MiB|damaged/],
    ['window.jsonl.zst', () => zstandardBomb(0xff), /damaged|expands/],
    ['rows.parquet', parquetLie, /damaged/],
  ] as const)('%s', async (name, make, sentence) => {
    const path = join(folder, name);
    const bytes = await make();
    expect(bytes.length).toBeLessThan(MiB);
    await writeFile(path, bytes);
    const read = async (): Promise<void> => {
      for await (const { file } of readInputs(path)) expect(file).toBe(path);
    };
    await expect(read()).rejects.toThrow(sentence);
    done('bombs', 1);
  });
});

/** A PNG that claims this width and height. Its one data chunk unpacks to `unpacked` bytes. */
function png(width: number, height: number, unpacked = 1000, chunks: readonly Buffer[] = []): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 0, 0, 0, 0], 8);
  const data = deflateSync(Buffer.alloc(unpacked));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    ...chunks,
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

function crc32(bytes: Buffer): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return (sum ^ 0xffffffff) >>> 0;
}

describe('an image that needs far more memory than its file is refused, or read within 900 MiB', () => {
  const webp = Buffer.from('RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\xff\xff\xff\x0f\0\0\0\0\0\0\0\0', 'latin1');
  it.each([
    ['49,000,000 x 1', () => png(49_000_000, 1)],
    ['1 x 2,147,483,647', () => png(1, 2_147_483_647)],
    ['30,000 x 30,000', () => png(30_000, 30_000)],
    ['0 x 0', () => png(0, 0)],
    ['16,384 x 3,000 of which 1 kB is there', () => png(16_384, 3000)],
    ['1 x 1 that unpacks to 64 MiB', () => png(1, 1, 64 * MiB)],
    [
      'a comment that unpacks to 64 MiB',
      () => png(64, 64, 100, [chunk('zTXt', Buffer.concat([Buffer.from('a\0\0'), deflateSync(Buffer.alloc(64 * MiB, 32))]))]),
    ],
    [
      'a color profile that unpacks to 64 MiB',
      () => png(64, 64, 100, [chunk('iCCP', Buffer.concat([Buffer.from('a\0\0'), deflateSync(Buffer.alloc(64 * MiB))]))]),
    ],
    [
      'a GIF of 65,535 x 65,535',
      () => Buffer.from('GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff\x2c\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x44\x01\0\x3b', 'latin1'),
    ],
    ['a WebP of 16,384 x 16,384', () => webp],
    [
      'a BMP of 2,147,483,647 rows',
      () => Buffer.from(`BM${'\0'.repeat(12)}\x28\0\0\0\x01\0\0\0\xff\xff\xff\x7f\x01\0\x18${'\0'.repeat(25)}`, 'latin1'),
    ],
    ['a JPEG of 65,535 x 65,535', () => Buffer.from('\xff\xd8\xff\xc0\0\x0b\x08\xff\xff\xff\xff\x01\x01\x11\0\xff\xd9', 'latin1')],
  ] as const)('%s', async (name, make) => {
    const before = process.memoryUsage().rss;
    for (const read of [() => decodeAsPillow({ name, bytes: make() }), () => decodeImage({ name, bytes: make() }, 1)]) {
      const outcome = await read().catch((error: unknown) => error);
      if (outcome instanceof Error) {
        expect(outcome).toBeInstanceOf(ImageError);
        expect(outcome.message).toMatch(/cannot be decoded: .*Save it again/);
      }
      done('images', 1);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(900 * MiB);
  });
});
