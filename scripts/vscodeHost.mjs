/**
 * A real VS Code without a display and without a download from Microsoft: the VS Code server inside npm's `code-server`
 * package (workbench, extension host, webviews), served to a browser.
 *
 * Installed once per version, outside `node_modules`. No compiler is needed: install scripts are off, and all native modules
 * that the server requires are prebuilt (file watcher, terminal, ripgrep). Kerberos, SQLite and the native logger are
 * optional. Without the native logger no log file is written and output channels stay empty, so a logger in
 * JavaScript takes its place.
 */
import { spawn } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { URLSearchParams } from 'node:url';
import { capture, run } from './run.mjs';

const version = '4.139.1';
/** The Node version that this server needs; npm has its binaries. */
const nodeVersion = '24.9.0';

const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const home = join(cache, 'steplens-vscode', version);
const nodePackage = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

/** @typedef {{ node: string, main: string }} Host paths of Node and of the server's entry file */
/** @typedef {{ url: string, stop(): Promise<void>, extensions: string, log(): string }} RunningHost */

/**
 * Installs the VS Code server if the cache does not contain a working one.
 * @returns {Promise<Host>} rejects with the cause
 */
export async function ensureHost() {
  const host = hostIn(home);
  if (await works(host)) return host;
  console.log(`Installing the VS Code server ${version} into ${home} (about 620 MB, once)`);
  // Built in another folder and then moved as a whole, so that an interrupted installation never looks finished.
  await mkdir(join(home, '..'), { recursive: true });
  const building = await mkdtemp(join(home, '..', `${version}.partial-`));
  try {
    await install(building);
    const built = hostIn(building);
    if (!(await works(built))) throw new Error(`The VS Code server in ${building} does not start.`);
    await rm(home, { recursive: true, force: true });
    await rename(building, home);
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    throw error;
  }
  return host;
}

/** @param {string} folder @returns {Host} */
function hostIn(folder) {
  const runtime = join(folder, 'node', 'node_modules', nodePackage);
  return {
    node: process.platform === 'win32' ? join(runtime, 'node.exe') : join(runtime, 'bin', 'node'),
    main: join(folder, 'code', 'node_modules', 'code-server', 'lib', 'vscode', 'out', 'server-main.js'),
  };
}

/** @param {Host} host */
async function works({ node, main }) {
  const isThere = await access(main).then(
    () => true,
    () => false,
  );
  if (!isThere) return false;
  const { code } = await capture([node, main, '--version'], { cwd: tmpdir() });
  return code === 0;
}

/** @param {string} folder */
async function install(folder) {
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  for (const [name, wanted] of [
    ['node', `${nodePackage}@${nodeVersion}`],
    ['code', `code-server@${version}`],
  ]) {
    const into = join(folder, name);
    await mkdir(into, { recursive: true });
    await writeFile(join(into, 'package.json'), '{"private":true}');
    await run(['npm', 'install', ...quiet, wanted], { cwd: into, quiet: true });
  }
  const vscode = join(folder, 'code', 'node_modules', 'code-server', 'lib', 'vscode');
  await run(['npm', 'install', '--omit=dev', ...quiet], { cwd: vscode, quiet: true });
  await writeFile(join(vscode, 'node_modules', '@vscode', 'spdlog', 'index.js'), logger);
  // The watchdog ends an extension host whose server has ended; the closed connection does that, too.
  await writeFile(join(vscode, 'node_modules', '@vscode', 'native-watchdog', 'index.js'), 'exports.start = () => {};\n');
}

/** Replacement for `@vscode/spdlog`, written so that Node finds its named exports from an ES module. */
const logger = `const fs = require('fs'), path = require('path');
const names = ['trace', 'debug', 'info', 'warning', 'error', 'critical'];
class Logger {
  constructor(type, name, file) { this.file = file; this.level = 2; this.bare = false; fs.mkdirSync(path.dirname(file), { recursive: true }); }
  write(level, message) {
    if (level < this.level) return;
    const stamp = new Date().toISOString().replace('T', ' ').replace('Z', '');
    fs.appendFileSync(this.file, this.bare ? message : stamp + ' [' + names[level] + '] ' + message + '\\n');
  }
  trace(m) { this.write(0, m); } debug(m) { this.write(1, m); } info(m) { this.write(2, m); }
  warn(m) { this.write(3, m); } error(m) { this.write(4, m); } critical(m) { this.write(5, m); }
  getLevel() { return this.level; } setLevel(level) { this.level = level; }
  setPattern() {} clearFormatters() { this.bare = true; } flush() {} drop() {}
}
exports.Logger = Logger;
exports.setLevel = () => {};
exports.setFlushOn = () => {};
exports.createRotatingLogger = async (name, file) => new Logger('', name, file);
exports.createAsyncRotatingLogger = exports.createRotatingLogger;
`;

/** Settings that hide the parts of VS Code that do not concern StepLens. */
const quietSettings = {
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'security.workspace.trust.enabled': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
};

/**
 * Starts a VS Code server with folders of its own.
 * @param {object} options
 * @param {string} options.workspace folder to open
 * @param {string} [options.extensionDevelopmentPath] folder of an extension to load from its source tree
 * @param {string} [options.openFile] file to show first
 * @param {string} [options.extensionTestsPath] module whose `run()` is the test suite
 * @param {string} [options.vsix] packaged extension to install first
 * @param {Record<string, unknown>} [options.settings] user settings, over the quiet ones
 * @param {Record<string, string>} [options.env] variables of the server, over those of this process
 * @param {boolean} [options.persistent] keep its data (windows, settings) under the cache folder
 * @returns {Promise<RunningHost>}
 */
export async function startHost(options) {
  const host = await ensureHost();
  const data = options.persistent ? join(cache, 'steplens-vscode', 'data') : await mkdtemp(join(tmpdir(), 'steplens-vscode-'));
  const extensions = join(data, 'extensions');
  await mkdir(join(data, 'data', 'Machine'), { recursive: true });
  await mkdir(join(data, 'data', 'User'), { recursive: true });
  const settings = JSON.stringify({ ...quietSettings, ...options.settings });
  // Settings of the machine's scope (a model's folder, the device) are read from the server's own file.
  for (const scope of ['User', 'Machine']) await writeFile(join(data, 'data', scope, 'settings.json'), settings);
  const folders = ['--server-data-dir', data, '--user-data-dir', join(data, 'data'), '--extensions-dir', extensions];
  if (options.vsix) {
    const { code, output } = await capture(
      [host.node, host.main, ...folders, '--accept-server-license-terms', '--install-extension', options.vsix],
      { cwd: tmpdir() },
    );
    if (code !== 0) throw new Error(`${options.vsix} could not be installed:\n${output}`);
  }
  const port = await freePort();
  const server = spawn(
    host.node,
    [
      host.main,
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--without-connection-token',
      '--accept-server-license-terms',
      '--enable-smoke-test-driver',
      '--disable-workspace-trust',
      '--telemetry-level',
      'off',
      ...folders,
    ],
    { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env, EXTENSIONS_GALLERY: '{}' } },
  );
  // The server must end with this process, however it ends.
  const endServer = () => void server.kill('SIGKILL');
  process.once('exit', endServer);
  let log = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (chunk) => (log = (log + chunk).slice(-100_000)));
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const stop = async () => {
    server.kill();
    await Promise.race([ended, sleep(5_000)]);
    server.kill('SIGKILL');
    process.off('exit', endServer);
    if (!options.persistent) await rm(data, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  };
  try {
    await answering(port, ended);
  } catch (error) {
    await stop();
    throw new Error(`The VS Code server did not start:\n${log}`, { cause: error });
  }
  return { url: pageOf(port, options), stop, extensions, log: () => log };
}

/** The page that opens the workspace; `payload` is how VS Code's own browser tests load an extension under development. */
function pageOf(port, { workspace, openFile, extensionDevelopmentPath, extensionTestsPath }) {
  const remote = (path) => `vscode-remote://127.0.0.1:${port}${path.replaceAll('\\', '/')}`;
  const payload = [
    ...(extensionDevelopmentPath ? [['extensionDevelopmentPath', remote(extensionDevelopmentPath)]] : []),
    ...(extensionTestsPath ? [['extensionTestsPath', remote(extensionTestsPath)]] : []),
    ...(openFile ? [['openFile', remote(openFile)]] : []),
    ['skipWelcome', 'true'],
  ];
  const query = new URLSearchParams({ folder: workspace, payload: JSON.stringify(payload) });
  return `http://127.0.0.1:${port}/?${query}`;
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function answering(port, ended) {
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  for (let tries = 0; tries < 150 && !hasEnded; tries++) {
    const ok = await fetch(`http://127.0.0.1:${port}/version`).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    await sleep(200);
  }
  throw new Error(hasEnded ? 'it ended' : 'it did not answer within 30 s');
}
