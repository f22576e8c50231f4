import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../cli/runner.js';

const page = await readFile('docs/verifier.md', 'utf8');
/** The programs of the page, each with the name written before it. */
const programs = [...page.matchAll(/`(\w+\.py)`:\n\n```python\n([\s\S]*?)```/g)].map(([, name, source]) => ({
  name: name!,
  source: source!,
}));
/** Command and output. */
const examples = [...page.matchAll(/^\$ steplens (.*)\n(.*)$/gm)].map(([, command, output]) => [command!, output!] as const);

const python = ['python3', 'python'].find((name) => spawnSync(name, ['-c', '']).status === 0);

let folder: string;
let port: number;
let server: ChildProcess;

beforeAll(async () => {
  if (python === undefined) throw new Error('The examples of docs/verifier.md need Python.');
  folder = await mkdtemp(join(tmpdir(), 'steplens-examples-'));
  port = await freePort();
  for (const { name, source } of programs) await writeFile(join(folder, name), source.replace('8901', String(port)));
  server = spawn(python, [join(folder, 'server.py')], { stdio: 'inherit' });
  while (!(await answers(port))) {
    if (server.exitCode !== null) throw new Error('server.py has ended');
    // Polling faster would take processor time from Python.
    await setTimeout(50);
  }
});
afterAll(async () => {
  server.kill();
  await rm(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const found = (probe.address() as AddressInfo).port;
  probe.close();
  await once(probe, 'close');
  return found;
}

function answers(at: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(at, '127.0.0.1');
    socket.on('connect', () => resolve((socket.destroy(), true))).on('error', () => resolve(false));
  });
}

/** Splits a command line into arguments. A quoted argument must not contain its own quote character. */
function argumentsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, plain]) => single ?? double ?? plain!);
}

describe('docs/verifier.md', () => {
  it('has 4 programs and 7 example commands', () => {
    expect(programs.map(({ name }) => name)).toEqual(['letters.py', 'equal.py', 'tests.py', 'server.py']);
    expect(examples).toHaveLength(7);
  });

  it.each(examples)('shows the output of steplens %s', async (command, output) => {
    const args = argumentsOf(command).map((arg) =>
      arg.replace(/^python3 (\w+\.py)$/, (_, name: string) => `${python} "${join(folder, name)}"`).replace('8901', String(port)),
    );
    const { code, out } = await run(args);
    expect([code, out]).toEqual([0, `${output}\n`]);
  });
});
