/**
 * `npm start [-- --no-editor]`: installs missing packages, builds, prints the step values of the sample workspace, and
 * opens it in VS Code with StepLens loaded: in the desktop VS Code if there is one, else in one in the browser.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, ensureDependencies } from './dependencies.mjs';
import { capture, messageOf, root } from './run.mjs';
import { startHost } from './vscodeHost.mjs';

const samples = join(root, 'media', 'samples');
/** File opened with the workspace. It activates StepLens, which then opens its walkthrough. */
const firstFile = join(samples, 'solutions', 'wrong.md');
process.env.STEPLENS_GET_STARTED = '1';

try {
  await ensureDependencies();
  await build();
  await score();
  if (!process.argv.includes('--no-editor')) await ((await hasDesktop()) ? openDesktop() : serve());
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}

/** Prints the table directly to the terminal, so that it keeps its width and colors. @returns {Promise<void>} */
function score() {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'dist', 'cli.js'), 'score', samples], { stdio: 'inherit', cwd: root });
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`Scoring the samples ended with ${code}.`))));
  });
}

async function hasDesktop() {
  const hasDisplay = process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
  return hasDisplay && (await capture(['code', '--version'])).code === 0;
}

async function openDesktop() {
  const { code, output } = await capture(['code', '--new-window', `--extensionDevelopmentPath=${root}`, samples, firstFile]);
  if (code !== 0) throw new Error(`VS Code did not open:\n${output}`);
  console.log('\nVS Code opens the sample workspace with StepLens loaded.');
}

async function serve() {
  const host = await startHost({ workspace: samples, extensionDevelopmentPath: root, openFile: firstFile, persistent: true });
  // The address is printed last and between lines, because the output before it is long.
  const line = '─'.repeat(host.url.length + 4);
  console.log(`\n${line}\n  VS Code with StepLens loaded, until Ctrl+C:\n\n  ${host.url}\n${line}`);
  await new Promise((resolve) => ['SIGINT', 'SIGTERM', 'SIGHUP'].forEach((signal) => process.once(signal, () => resolve(undefined))));
  await host.stop();
}
