import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { type Container, damaged, entryOf } from './container.js';

export const gzip: Container = {
  id: 'gzip',
  title: 'gzip',
  signature: [0x1f, 0x8b],
  *entries(path) {
    yield entryOf('', () => gunzip(path));
  },
};

async function* gunzip(path: string): AsyncGenerator<Uint8Array> {
  const input = createReadStream(path);
  const output = input.pipe(createGunzip());
  input.on('error', (error) => output.destroy(error));
  try {
    for await (const piece of output) yield piece as Buffer;
  } catch (error) {
    throw damaged('gzip', error);
  } finally {
    input.destroy();
  }
}
