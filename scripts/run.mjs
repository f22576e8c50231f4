/** Child processes of the scripts. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

/**
 * Runs a command to its end. Rejects when it fails; with `quiet`, the error has the end of its output.
 * @param {string[]} command
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, quiet?: boolean }} [options]
 * @returns {Promise<void>}
 */
export async function run(command, options = {}) {
  const { code, output } = await capture(command, { ...options, echo: !options.quiet });
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}${options.quiet ? `:\n${output.slice(-4000)}` : ''}`);
}

/** The message of a caught error. @param {unknown} error */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** Factor by which Chromium's pages are slowed down, see CONTRIBUTING.md. Time limits grow with it. */
export const slowness = Math.max(1, Number(process.env.STEPLENS_CPU_THROTTLE ?? 1));

/**
 * Runs a command to its end and returns its output.
 * @param {string[]} command
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, echo?: boolean }} [options]
 * @returns {Promise<{ code: number | string, output: string }>} `code` is the signal's name when one ended it
 */
export function capture([file, ...args], { cwd = root, env = process.env, echo = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32' && /^(npm|npx|code)$/.test(file),
    });
    let output = '';
    for (const [stream, out] of /** @type {const} */ ([
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ])) {
      stream.on('data', (chunk) => {
        output += chunk;
        if (echo) out.write(chunk);
      });
    }
    child.on('error', (error) => resolve({ code: 'ENOENT', output: output + error.message }));
    child.on('close', (code, signal) => resolve({ code: code ?? signal ?? 1, output }));
  });
}
