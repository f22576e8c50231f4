import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteScorer } from '../../../server/scoring/backends/remoteScorer.js';
import type { OpenOptions, ServerBench } from './contract.js';
import { type Handler, LoopbackServer } from './loopbackServer.js';
import { tinyTokenizer } from './tinyModel.js';

export const quiet = { info: () => undefined, warn: () => undefined };

/** Starts a loopback server and writes profiles for it. `profile` has no `backend.url` and `backend.model`. */
export async function serverBench(handler: Handler, kind: string, profile: object, backend: object = {}): Promise<ServerBench> {
  const folder = await mkdtemp(join(tmpdir(), 'backend-'));
  const server = await new LoopbackServer(handler).start();
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tinyTokenizer));
  const write = (into: string, change: object) =>
    writeFile(
      join(into, 'prm.json'),
      JSON.stringify({ ...profile, backend: { kind, url: server.url, model: 'tiny', ...backend, ...change } }),
    );
  await write(folder, {});
  const open = (modelFolder: string, { keeps, apiKey, timeout }: OpenOptions = {}) =>
    createRemoteScorer({
      modelFolder,
      ...(keeps && { cacheFolder: join(folder, 'cache') }),
      apiKey: () => Promise.resolve(apiKey),
      allows: () => true,
      log: quiet,
      backOff: 1,
      ...(timeout !== undefined && { timeout }),
    });
  return {
    server,
    open: (options) => open(folder, options),
    async openOther(change) {
      const other = join(folder, 'other');
      await mkdir(other, { recursive: true });
      await writeFile(join(other, 'tokenizer.json'), JSON.stringify(tinyTokenizer));
      await write(other, change);
      return open(other);
    },
    goAway: () => server.stop(),
    async comeBack() {
      await server.start();
    },
    async close() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
