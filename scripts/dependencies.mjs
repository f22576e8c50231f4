/** Installs the project's packages when they are missing or older than the lock file. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { root, run } from './run.mjs';

/** @returns {Promise<void>} */
export async function ensureDependencies() {
  const [lock, installed] = await Promise.all(['package-lock.json', 'node_modules/.package-lock.json'].map(modified));
  if (installed !== undefined && lock !== undefined && installed >= lock) return;
  console.log('Installing packages (npm ci)');
  // The CUDA libraries are installed only on request: README, "Devices".
  await run(['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'], { env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' } });
}

/** @returns {Promise<void>} */
export async function build() {
  await run([process.execPath, 'esbuild.mjs']);
}

/** @param {string} path @returns {Promise<number | undefined>} */
async function modified(path) {
  return stat(join(root, path)).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}
