import type { Entry, ZipFile } from 'yauzl';
import { english } from '../../l10n.js';
import { InputError } from '../inputError.js';
import { type Container, type ContainerEntry, damaged, entryOf } from './container.js';

/** Names of the texts that can have records. */
const TEXTS = /\.(?:jsonl?|jsonc|ndjson|md|markdown|txt)$/i;
/** A zip with more texts than this is an archive of something else. */
const MAX_ENTRIES = 10_000;
/** All texts of a zip together, in bytes: VisualPRM's annotations.zip has 12 GB. */
const MAX_TOTAL = 64 * 1024 ** 3;

export const zip: Container = {
  id: 'zip',
  title: 'zip',
  signature: [0x50, 0x4b, 0x03, 0x04],
  async *entries(path) {
    const file = await openZip(path);
    try {
      let count = 0;
      let total = 0;
      for await (const entry of entriesOf(file)) {
        if (!TEXTS.test(entry.fileName) || /(?:^|\/)(?:\.|__MACOSX)/.test(entry.fileName)) continue;
        total += entry.uncompressedSize;
        if (++count > MAX_ENTRIES || total > MAX_TOTAL)
          throw new InputError(english('this zip has too many or too large texts; unpack the ones you need'));
        yield toEntry(file, entry);
      }
    } finally {
      file.close();
    }
  },
};

function toEntry(file: ZipFile, entry: Entry): ContainerEntry {
  return entryOf(entry.fileName, () => readEntry(file, entry));
}

async function openZip(path: string): Promise<ZipFile> {
  // `yauzl` is a CommonJS module: in a bundle it has only its default export.
  const { open } = (await import('yauzl')).default;
  return new Promise((resolve, reject) => {
    open(path, { lazyEntries: true, autoClose: false }, (error, file) => {
      if (error) reject(damaged('zip', error));
      else resolve(file);
    });
  });
}

/** Reads the entries one after the other, on demand. */
async function* entriesOf(file: ZipFile): AsyncGenerator<Entry> {
  for (;;) {
    const entry = await new Promise<Entry | undefined>((resolve, reject) => {
      const done = (then: () => void): void => {
        file.removeAllListeners('entry');
        file.removeAllListeners('end');
        file.removeAllListeners('error');
        then();
      };
      file.once('entry', (found: Entry) => done(() => resolve(found)));
      file.once('end', () => done(() => resolve(undefined)));
      file.once('error', (error: Error) => done(() => reject(damaged('zip', error))));
      file.readEntry();
    });
    if (entry === undefined) return;
    yield entry;
  }
}

async function* readEntry(file: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  try {
    const stream = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
      file.openReadStream(entry, (error, found) => (error ? reject(error) : resolve(found)));
    });
    for await (const piece of stream) yield piece as unknown as Buffer;
  } catch (error) {
    throw damaged('zip', error);
  }
}
