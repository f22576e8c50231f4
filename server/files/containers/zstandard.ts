import { createReadStream } from 'node:fs';
import { Decompress } from 'fzstd';
import { Collected, type Container, damaged } from './container.js';

export const zstandard: Container = {
  id: 'zstandard',
  title: 'Zstandard',
  signature: [0x28, 0xb5, 0x2f, 0xfd],
  *entries(path) {
    yield { name: '', read: () => decompress(path) };
  },
};

async function decompress(path: string): Promise<Uint8Array> {
  const collected = new Collected();
  let isComplete = false;
  const stream = new Decompress((piece, isLast) => {
    collected.add(piece.slice());
    isComplete ||= isLast === true;
  });
  try {
    let held: Uint8Array | undefined;
    for await (const piece of createReadStream(path)) {
      if (held !== undefined) stream.push(held);
      held = piece as Buffer;
    }
    stream.push(held ?? new Uint8Array(), true);
  } catch (error) {
    throw damaged('Zstandard', error);
  }
  if (!isComplete) throw damaged('Zstandard', new Error('it ends too early'));
  return collected.bytes();
}
