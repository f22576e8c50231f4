import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';
import { LabelProblem } from '../../server/protocol/labeling.js';
import { ServerKey } from '../../server/protocol/servers.js';
import { defaultSettings } from '../../server/protocol/settingsTable.js';
import { TestClient } from '../lsp/client.js';
import { LoopbackServer } from '../scoring/backends/loopbackServer.js';
import { done } from './figures.js';

const KEY = 'sk-canary-4f1d2b7c9e';
const problems = JSON.stringify([{ id: 'sum', question: 'What is 3 + 4?', correct_answer: '7' }]);

let folder: string;
/** A server that knows the key and repeats it in the names of its models, in their output, and in errors. */
let server: LoopbackServer;
let isRefusing = false;
/** Requests that carried the key. */
let carried = 0;
/** A proxy from the environment, as on a company's machine. Consent is per server, and none was given for the proxy. */
let proxy: LoopbackServer;
let proxied = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-canary-'));
  proxy = await new LoopbackServer(() => {
    proxied++;
    return { status: 200, body: '{}' };
  }).start();
  server = await new LoopbackServer(({ method, headers }) => {
    if (headers.authorization === `Bearer ${KEY}`) carried++;
    if (method === 'GET') return { status: 200, body: JSON.stringify({ data: [{ id: 'tiny', owned_by: KEY }] }) };
    if (isRefusing) return { status: 401, body: JSON.stringify({ error: { message: `The key ${KEY} is not known.`, param: KEY } }) };
    const content = `The key is ${KEY}.\n\nThe answer is \\boxed{7}.`;
    return {
      status: 200,
      body: JSON.stringify({ id: KEY, choices: [{ finish_reason: 'stop', message: { role: 'assistant', content } }] }),
    };
  }).start();
});
afterAll(async () => {
  await server.stop();
  await proxy.stop();
  await rm(folder, { recursive: true });
});

async function filesBelow(place: string): Promise<[name: string, text: string][]> {
  const names = await readdir(place, { recursive: true, withFileTypes: true });
  const files = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  return Promise.all(files.map(async (file): Promise<[string, string]> => [file.slice(place.length), await readFile(file, 'utf8')]));
}

function expectNoKey(sinks: readonly (readonly [name: string, text: string])[]): void {
  for (const [name, text] of sinks)
    for (const form of [KEY, encodeURIComponent(KEY), Buffer.from(KEY).toString('base64').slice(0, -4)])
      expect(text, name).not.toContain(form);
}

/** All environment variables from which programs read a proxy, and Node's own switch for them. */
function proxies(): NodeJS.ProcessEnv {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()]);
  return { ...Object.fromEntries(names.map((name) => [name, proxy.url])), NO_PROXY: '', no_proxy: '', NODE_USE_ENV_PROXY: '1' };
}

async function label(place: string): Promise<readonly [out: string, err: string]> {
  const args = [
    'dist/cli.js',
    'label',
    join(place, 'problems.json'),
    '--policy',
    `${server.url}/v1`,
    '--out',
    join(place, 'out'),
    '--budget',
    '20',
  ];
  const child = spawn(process.execPath, [...args, '--keep-requests'], {
    env: { ...process.env, STEPLENS_API_KEY: KEY, STEPLENS_API_URL: server.url, ...proxies() },
  });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  await once(child, 'close');
  return [said.out, said.err];
}

it('`steplens label` writes a key that the server repeats to no output, log, tree, run.json or error', async () => {
  const place = await mkdtemp(join(folder, 'cli-'));
  await writeFile(join(place, 'problems.json'), problems);
  const [out, err] = await label(place);
  expect(carried).toBeGreaterThan(0);
  expect(proxied).toBe(0);
  const files = await filesBelow(join(place, 'out'));
  expect(files.map(([name]) => name).sort()).toEqual(['/run.json', '/sum.events.jsonl', '/sum.json']);
  // What the server wrote is there, without the key.
  expect(files.find(([name]) => name === '/sum.events.jsonl')![1]).toContain('[key]');
  isRefusing = true;
  const refused = await label(await copyOf(place));
  isRefusing = false;
  expect(refused[1]).toContain('key');
  expectNoKey([['output', out], ['errors', err], ['output of a refusal', refused[0]], ['errors of a refusal', refused[1]], ...files]);
  done('sinks', 5);
});

async function copyOf(place: string): Promise<string> {
  const copy = await mkdtemp(join(folder, 'cli-'));
  await writeFile(join(copy, 'problems.json'), await readFile(join(place, 'problems.json')));
  return copy;
}

it('the language server writes a key that the server repeats to no message and no file', async () => {
  const place = await mkdtemp(join(folder, 'lsp-'));
  const uri = pathToFileURL(join(place, 'problems.json')).href;
  const child = spawn(process.execPath, ['dist/server.js', '--stdio'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let wire = '';
  child.stdout.on('data', (bytes: Buffer) => (wire += bytes.toString('latin1')));
  child.stderr.on('data', (bytes: Buffer) => (wire += bytes.toString('latin1')));
  const client = new TestClient(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
  client.door.handle(ServerKey, () => KEY);
  const settings = { ...defaultSettings, scoreOnOpen: false, labelingPolicy: `${server.url}/v1`, labelingBudget: 20 };
  await client.initialize({ settings });
  await client.open(uri, 'json', problems);
  await client.ask(LabelProblem, { uri, problem: 0 });
  isRefusing = true;
  await expect(client.ask(LabelProblem, { uri, problem: 0, again: true })).rejects.toThrow(/key/);
  isRefusing = false;
  const exited = once(child, 'exit');
  await client.request('shutdown', undefined);
  await client.connection.sendNotification('exit');
  await exited;
  client.connection.dispose();
  const files = await filesBelow(place);
  expect(files.length).toBeGreaterThan(1);
  expectNoKey([['messages and standard error', wire], ...files]);
  done('sinks', 3);
});
