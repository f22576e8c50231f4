import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { nameInside } from '../formats/recordsUri.js';
import { english } from '../l10n.js';
import { type ContainerEntry, collect, damaged, entryOf } from './containers/container.js';
import { containerOf } from './containers/registry.js';
import { decodeText } from './decodeText.js';
import { InputError } from './inputError.js';
import { beginningOf } from './inputFiles.js';

/** The most records of a page. */
const PAGE_RECORDS = 1000;
/** A page has no more bytes than this, but always at least one record. */
const PAGE_BYTES = 8 * 2 ** 20;
/** In bytes. VS Code passes no text over 50 MB to extensions. This stays below, even with non-ASCII characters. */
const MAX_BYTES = 32 * 2 ** 20;
/** The most texts of an archive that are offered. */
const MAX_NAMES = 1000;

export interface RecordTexts {
  /** Title of the container, for messages: `zip`; undefined for a file that is not a container. */
  readonly container: string | undefined;
  /** Names of the texts in it; one empty name where a file has one text. */
  readonly entries: readonly string[];
}

/** A part of a text: whole records, as they are written in it. */
export interface RecordPage {
  readonly text: string;
  /** How many records are in it; undefined for a text that is shown whole because its records are not lines. */
  readonly count: number | undefined;
  /** No record follows. */
  readonly isLast: boolean;
}

/** The texts of a file that can have records. Rejects with InputError. */
export async function recordTexts(file: string): Promise<RecordTexts> {
  const container = containerOf(await beginningOf(file));
  if (container === undefined) return { container: undefined, entries: [''] };
  const entries: string[] = [];
  for await (const { name } of container.entries(file)) if (entries.push(name) === MAX_NAMES) break;
  if (entries.length === 0) throw new InputError(english('this {0} file has no JSON, Markdown or plain text', container.title));
  return { container: container.title, entries };
}

/**
 * Reads up to 1,000 records of a text, from record `first` on (counted from 0). A text whose records are not lines (a
 * JSON array, Markdown) is read whole, up to 32 MiB. Rejects with InputError.
 */
export async function readRecordPage(file: string, entryName: string, first: number): Promise<RecordPage> {
  const container = containerOf(await beginningOf(file));
  if (container === undefined)
    return pageOf(
      entryOf('', () => plainPieces(file)),
      basename(file),
      first,
    );
  for await (const entry of container.entries(file)) {
    if (entry.name === entryName)
      return await pageOf(entry, container.id === 'parquet' ? '.jsonl' : nameInside(basename(file), entry.name), first);
  }
  throw new InputError(english('it has no text named {0}', entryName));
}

async function* plainPieces(file: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of createReadStream(file)) yield piece as Buffer;
  } catch (error) {
    throw damaged('text', error);
  }
}

async function pageOf(entry: ContainerEntry, name: string, first: number): Promise<RecordPage> {
  const isLines = /\.(?:jsonl|ndjson)$/i.test(name) || (!/\.(?:md|markdown|txt)$/i.test(name) && (await beginsWithRecord(entry)));
  return isLines ? readLines(entry, first) : readWhole(entry);
}

/** Whether the first line is a complete JSON object: many `.json` files are JSON Lines. */
async function beginsWithRecord(entry: ContainerEntry): Promise<boolean> {
  const { lines } = await takeLines(entry, 0, 1);
  const line = decodeText(lines[0] ?? new Uint8Array()).trim();
  if (!line.startsWith('{')) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

async function readLines(entry: ContainerEntry, first: number): Promise<RecordPage> {
  const { lines, isLast } = await takeLines(entry, first, PAGE_RECORDS);
  if (first > 0 && lines.length === 0) throw new InputError(english('it has no record {0}', first + 1));
  const bytes = Buffer.concat(lines);
  // UTF-16 text cannot be split into lines by its bytes.
  if (first === 0 && bytes.subarray(0, 1024).includes(0)) return readWhole(entry);
  return { text: decodeText(bytes), count: lines.length, isLast };
}

/** Lines with their breaks, from line `from`. `isLast`: no more follow. Rejects with InputError for too long a line. */
async function takeLines(entry: ContainerEntry, from: number, count: number): Promise<{ lines: Uint8Array[]; isLast: boolean }> {
  const lines: Uint8Array[] = [];
  let size = 0;
  let begun: Uint8Array[] = [];
  let begunSize = 0;
  for await (const piece of entry.lines(from)) {
    let at = 0;
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, at)) {
      const line = Buffer.concat([...begun, piece.subarray(at, end + 1)]);
      if (lines.length > 0 && (lines.length === count || size + line.length > PAGE_BYTES)) return { lines, isLast: false };
      lines.push(line);
      size += line.length;
      [begun, begunSize, at] = [[], 0, end + 1];
    }
    begun.push(piece.subarray(at));
    begunSize += piece.length - at;
    if (begunSize > MAX_BYTES) {
      if (lines.length > 0) return { lines, isLast: false };
      throw new InputError(
        english(
          'record {0} is longer than {1} MiB, the most that is shown in the editor; read it with `steplens score`',
          from + 1,
          MAX_BYTES / 2 ** 20,
        ),
      );
    }
    // The page is full, and the next record has begun.
    if (lines.length === count && begunSize > 0) return { lines, isLast: false };
  }
  if (begunSize > 0) {
    if (lines.length === count) return { lines, isLast: false };
    lines.push(Buffer.concat(begun));
  }
  return { lines, isLast: true };
}

async function readWhole(entry: ContainerEntry): Promise<RecordPage> {
  const bytes = await collect(limited(entry.lines(0)));
  return { text: decodeText(bytes), count: undefined, isLast: true };
}

async function* limited(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const piece of pieces) {
    size += piece.length;
    if (size > MAX_BYTES)
      throw new InputError(
        english(
          'it is one JSON value or text of more than {0} MiB, the most that is shown in the editor; write its records as JSON Lines, which are shown 1,000 at a time, or read it with `steplens score`',
          MAX_BYTES / 2 ** 20,
        ),
      );
    yield piece;
  }
}
