import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';
import { startServer } from '../../server/lsp/server.js';
import { createWorld } from '../../server/lsp/world.js';
import { DebugEnd, DebugReceived, DebugSend } from '../../server/protocol/debug.js';
import { Evaluate } from '../../server/protocol/evaluation.js';
import { LabelProblem, MoreRollouts } from '../../server/protocol/labeling.js';
import { LabelingServers, ServerKey } from '../../server/protocol/servers.js';
import { SettingsChanged } from '../../server/protocol/settings.js';
import { defaultSettings } from '../../server/protocol/settingsTable.js';
import { ExportTraining } from '../../server/protocol/training.js';
import { TestClient } from '../lsp/client.js';
import { LoopbackServer } from '../scoring/backends/loopbackServer.js';

const text = JSON.stringify([{ id: 'one', question: 'What is 3 + 4?', correct_answer: '7' }]);

let folder: string;
let server: LoopbackServer;
/** Every request that reached the server. */
let paths: string[];
/** An address that reaches the loopback server but is not a loopback name. */
let origin: string;
/** Resolves with the first request. */
let reached: Promise<void>;
let client: TestClient;
let asked = 0;
let place: { readonly uri: string; readonly problem: number };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-labeling-consent-'));
  paths = [];
  let arrived = (): void => undefined;
  reached = new Promise((resolve) => (arrived = resolve));
  server = await new LoopbackServer((request) => {
    paths.push(request.path);
    arrived();
    return { status: 401, body: '{"error": {"message": "no such key"}}' };
  }).start();
  origin = server.url.replace('127.0.0.1', '0.0.0.0');
  const [toServer, fromServer] = [new PassThrough(), new PassThrough()];
  startServer(createConnection(toServer, fromServer), createWorld());
  client = new TestClient(new StreamMessageReader(fromServer), new StreamMessageWriter(toServer));
  client.door.handle(ServerKey, () => null);
  place = { uri: pathToFileURL(join(folder, 'problems.json')).href, problem: 0 };
});
afterEach(async () => {
  await client.request('shutdown', undefined);
  client.connection.dispose();
  await server.stop();
  await rm(folder, { recursive: true });
});

const settings = (change: object = {}) => ({
  ...defaultSettings,
  scoreOnOpen: false,
  labelingPolicy: `${origin}/v1`,
  labelingJudge: '',
  ...change,
});

const saysNothingWasSent = (): unknown => expect.stringContaining(`Nothing was sent: ${origin} gets`);

/** Sends a debug session's request and resolves with its response. */
async function debug(session: string, command: string, args: object): Promise<object> {
  const seq = ++asked;
  const isAnswer = (message: Readonly<Record<string, unknown>>) => message['type'] === 'response' && message['request_seq'] === seq;
  const answered = new Promise<object>((resolve) => {
    client.door.on(DebugReceived, ({ session: id, message }) => {
      if (id === session && isAnswer(message)) resolve(message);
    });
  });
  await client.ask(DebugSend, { session, message: { type: 'request', seq, command, arguments: args } });
  return answered;
}

async function start(options: object): Promise<void> {
  await client.initialize(options);
  await client.open(place.uri, 'json', text);
}

describe('the text of a labeled problem', () => {
  it('is sent to no server before the user consents to that server', async () => {
    await start({ settings: settings({ labelingJudge: 'https://judge.invalid/v1', labelingJudgeModel: 'j' }), allowedServers: [origin] });
    expect(await client.ask(LabelingServers, {})).toEqual([origin, 'https://judge.invalid']);
    await expect(client.ask(LabelProblem, place)).rejects.toThrow(
      `Nothing was sent: ${origin} gets questions, figures, steps and reference answers`,
    );
    await expect(client.ask(MoreRollouts, { ...place, node: 0, count: 1 })).rejects.toThrow('Nothing was sent');
    await client.tell(SettingsChanged, { settings: settings(), isTrusted: true, allowedLabelingServers: ['https://judge.invalid'] });
    await expect(client.ask(LabelProblem, place)).rejects.toThrow('Nothing was sent');
    expect(paths).toEqual([]);
  });

  it('is sent after consent, and no longer after consent is revoked', async () => {
    await start({ settings: settings(), allowedLabelingServers: [origin] });
    expect(await client.ask(LabelingServers, {})).toEqual([]);
    await expect(client.ask(LabelProblem, place)).rejects.toThrow('refuses the key');
    expect(paths.length).toBeGreaterThan(0);
    const before = paths.length;
    await client.tell(SettingsChanged, { settings: settings(), isTrusted: true, allowedLabelingServers: [] });
    await expect(client.ask(LabelProblem, place)).rejects.toThrow('Nothing was sent');
    expect(paths).toHaveLength(before);
  });

  it('is sent by a debugged search only after consent', async () => {
    await start({ settings: settings({ labelingPolicy: 'mini' }) });
    await writeFile(join(folder, 'problems.json'), text);
    const launch = { program: join(folder, 'problems.json'), policy: `${origin}/v1`, rollouts: 1, stopOnEntry: false };
    expect(await client.ask(LabelingServers, {})).toEqual([]);
    expect(await client.ask(LabelingServers, { policy: launch.policy })).toEqual([origin]);
    expect(await debug('refused', 'launch', launch)).toMatchObject({ success: false, body: { error: { format: saysNothingWasSent() } } });
    expect([paths, await readdir(folder)]).toEqual([[], ['problems.json']]);
    await client.tell(SettingsChanged, { settings: settings(), isTrusted: true, allowedLabelingServers: [origin] });
    expect(await debug('allowed', 'launch', launch)).toMatchObject({ success: true });
    expect(await debug('allowed', 'configurationDone', {})).toMatchObject({ success: true });
    await reached;
    await client.ask(DebugEnd, { session: 'allowed' });
  });

  it('is sent to a verifier only after consent, also in an evaluation', async () => {
    await start({ settings: settings({ labelingPolicy: 'mini', verifier: `${origin}/verify` }) });
    expect(await client.ask(LabelingServers, { policy: '', judge: '' })).toEqual([origin]);
    expect(await client.ask(LabelingServers, { policy: 'mini' })).toEqual([origin]);
    await expect(client.ask(LabelProblem, place)).rejects.toThrow(`Nothing was sent: ${origin} gets`);
    const row = { question: 'q', answer: '4', image_path: '', solutions_splits: [['It is 4.'], ['It is 5.']], prm_scores: [[0.9], [0.2]] };
    const uri = pathToFileURL(join(folder, 'rows.jsonl')).href;
    await writeFile(join(folder, 'rows.jsonl'), JSON.stringify(row));
    const evaluation = { id: 'a', uris: [uri], rescore: false };
    await expect(client.ask(Evaluate, evaluation)).rejects.toThrow('Nothing was sent');
    expect(paths).toEqual([]);
    await client.tell(SettingsChanged, {
      settings: settings({ labelingPolicy: 'mini', verifier: `${origin}/verify` }),
      isTrusted: true,
      allowedLabelingServers: [origin],
    });
    // The endpoint refuses every request, so no candidate has a verdict.
    expect(await client.ask(Evaluate, evaluation)).toMatchObject({ lines: [] });
    expect(paths).toEqual(['/verify', '/verify']);
  });

  it('needs no consent for a server on this machine', async () => {
    await start({ settings: settings({ labelingPolicy: 'http://localhost:9/v1' }) });
    expect(await client.ask(LabelingServers, {})).toEqual([]);
  });
});

it('an untrusted workspace labels, exports and writes nothing, even if its server is allowed', async () => {
  await start({ settings: settings(), isTrusted: false, allowedLabelingServers: [origin] });
  const out = pathToFileURL(join(folder, 'out.jsonl')).href;
  for (const asked of [
    () => client.ask(LabelProblem, place),
    () => client.ask(MoreRollouts, { ...place, node: 0, count: 1 }),
    () => client.ask(DebugSend, { session: 'a', message: { type: 'request', seq: 1, command: 'launch', arguments: {} } }),
    () => client.ask(ExportTraining, { uris: [place.uri], format: 'trl', threshold: 0, seed: 1, out }),
  ])
    await expect(asked()).rejects.toThrow('This workspace is not trusted');
  expect([paths, await readdir(folder)]).toEqual([[], []]);
});
