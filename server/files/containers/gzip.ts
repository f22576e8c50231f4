import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { Collected, type Container, damaged } from './container.js';

export const gzip: Container = {
  id: 'gzip',
  title: 'gzip',
  signature: [0x1f, 0x8b],
  *entries(path) {
    yield { name: '', read: () => gunzip(path) };
  },
};

async function gunzip(path: string): Promise<Uint8Array> {
  const collected = new Collected();
  const input = createReadStream(path);
  const output = input.pipe(createGunzip());
  input.on('error', (error) => output.destroy(error));
  try {
    for await (const piece of output) collected.add(piece as Buffer);
  } catch (error) {
    throw damaged('gzip', error);
  } finally {
    input.destroy();
  }
  return collected.bytes();
}
