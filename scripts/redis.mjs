/** A separate Redis server for the tests of the work queue. Installs Debian's if there is none. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apt } from './apt.mjs';
import { capture } from './run.mjs';

/** @returns {Promise<string>} the program; rejects with the cause and the remedy when there is none */
export async function ensureRedis() {
  const program = process.env.REDIS_SERVER_PATH ?? 'redis-server';
  const isThere = async () => (await capture([program, '--version'])).code === 0;
  if (await isThere()) return program;
  await apt(['redis-server']);
  if (!(await isThere())) throw new Error('No Redis server was found. Install one, or name it in REDIS_SERVER_PATH.');
  return program;
}

/**
 * Starts an empty server on a free port of the loopback interface. It keeps no data.
 * @param {string[]} [settings] further arguments, such as `--requirepass`
 * @returns {Promise<{ port: number, url: string, stop: () => Promise<void> }>}
 */
export async function startRedis(settings = []) {
  const program = await ensureRedis();
  const folder = await mkdtemp(join(tmpdir(), 'steplens-redis-'));
  const port = await freePort();
  const child = spawn(
    program,
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no', ...settings],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
      if (said.includes('Ready to accept connections')) resolve(undefined);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}:\n${said.slice(-2000)}`)));
  });
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}
