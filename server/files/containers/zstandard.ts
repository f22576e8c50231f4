import { createReadStream } from 'node:fs';
import { english } from '../../l10n.js';
import { Collected, type Container, damaged, entryOf } from './container.js';

/** Compressed bytes that are decompressed at a time. */
const PIECE = 16 * 1024;

export const zstandard: Container = {
  id: 'zstandard',
  title: 'Zstandard',
  signature: [0x28, 0xb5, 0x2f, 0xfd],
  *entries(path) {
    yield entryOf('', () => decompress(path));
  },
};

async function* decompress(path: string): AsyncGenerator<Uint8Array> {
  const { Decompress } = await import('fzstd');
  // A few bytes of a hostile file can expand to a gigabyte.
  let ready = new Collected();
  let isComplete = false;
  const stream = new Decompress((piece, isLast) => {
    ready.add(piece.slice());
    isComplete ||= isLast === true;
  });
  /** Returns what was decompressed since the last call. */
  const taken = (): Uint8Array => {
    const bytes = ready.bytes();
    ready = new Collected();
    return bytes;
  };
  const push = (piece: Uint8Array, isLast: boolean): void => {
    try {
      stream.push(piece, isLast);
    } catch (error) {
      throw damaged('Zstandard', error);
    }
  };
  let held: Uint8Array | undefined;
  for await (const piece of createReadStream(path, { highWaterMark: PIECE })) {
    if (held !== undefined) push(held, false);
    yield taken();
    held = piece as Buffer;
  }
  push(held ?? new Uint8Array(), true);
  yield taken();
  if (!isComplete) throw damaged('Zstandard', new Error(english('it ends too early')));
}
