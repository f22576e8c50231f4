import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';
import { startServer } from '../../server/lsp/server.js';
import { createWorld } from '../../server/lsp/world.js';
import { Evaluate } from '../../server/protocol/evaluation.js';
import { ScoreDocument } from '../../server/protocol/scoring.js';
import { ScoringServer, ServerKey } from '../../server/protocol/servers.js';
import { SettingsChanged } from '../../server/protocol/settings.js';
import { defaultSettings } from '../../server/protocol/settingsTable.js';
import { TestClient } from '../lsp/client.js';
import { chatHandler } from '../scoring/backends/handlers.js';
import { LoopbackServer } from '../scoring/backends/loopbackServer.js';
import { tinyProfiles } from '../scoring/backends/tinyModel.js';

const text = JSON.stringify({
  question: 'How many?',
  answer: '4',
  image_path: '',
  solutions_splits: [
    ['First add.', 'So 4.'],
    ['First add.', 'So 5.'],
  ],
  labels: [1, 0],
});

let folder: string;
let server: LoopbackServer;
/** Paths of all requests, including those for the list of models. */
let paths: string[];
/** An address that reaches the loopback server but is not a loopback name. */
let origin: string;
let uri: string;
let client: TestClient;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-consent-'));
  paths = [];
  server = await new LoopbackServer((request, fault) => {
    paths.push(request.path);
    return chatHandler(['Yes', 'No'])(request, fault);
  }).start();
  origin = server.url.replace('127.0.0.1', '0.0.0.0');
  await writeFile(
    join(folder, 'prm.json'),
    JSON.stringify({ ...tinyProfiles.judge, backend: { kind: 'judge', url: `${origin}/v1`, model: 'tiny' } }),
  );
  uri = pathToFileURL(join(folder, 'set.jsonl')).href;
  const [toServer, fromServer] = [new PassThrough(), new PassThrough()];
  startServer(createConnection(toServer, fromServer), createWorld());
  client = new TestClient(new StreamMessageReader(fromServer), new StreamMessageWriter(toServer));
  client.door.handle(ServerKey, ({ url }) => (new URL(url).origin === origin ? 'a key' : null));
});
afterEach(async () => {
  await client.request('shutdown', undefined);
  client.connection.dispose();
  await server.stop();
  await rm(folder, { recursive: true });
});

const remote = () => ({ ...defaultSettings, modelPath: folder });
const status = () => client.statuses.at(-1);

describe('a model on a remote server', () => {
  it('gets no request before consent, all steps after it, and none once consent is revoked', async () => {
    await client.initialize({ settings: remote() });
    await client.open(uri, 'jsonl', text);
    await client.until(() => status()?.state === 'failed');
    expect(status()).toMatchObject({ asksFor: origin, message: expect.stringContaining('StepLens: Allow Scoring Server') as string });
    expect(await client.ask(ScoringServer, {})).toBe(`${origin}/v1`);
    await expect(client.ask(ScoreDocument, { uri })).rejects.toThrow('only after you consent');
    await expect(client.ask(Evaluate, { id: '1', uris: [uri], rescore: true })).rejects.toThrow('only after you consent');
    expect(paths).toEqual([]);

    await client.tell(SettingsChanged, { settings: remote(), isTrusted: true, allowedServers: [origin] });
    await client.until(() => status()?.state === 'ready');
    expect(status()).toMatchObject({ server: origin });
    expect(server.requests).toHaveLength(3);
    for (const { headers, body } of server.requests) {
      expect(headers.authorization).toBe('Bearer a key');
      expect(body.toString()).toContain('[Correct Answer]');
    }

    const before = paths.length;
    await client.tell(SettingsChanged, { settings: remote(), isTrusted: true, allowedServers: [] });
    await client.until(() => status()?.asksFor === origin);
    await expect(client.ask(ScoreDocument, { uri, again: true })).rejects.toThrow('only after you consent');
    expect(paths).toHaveLength(before);
  });

  it('causes no question if the editor allows its server from the start', async () => {
    await client.initialize({ settings: remote(), allowedServers: [origin] });
    await client.open(uri, 'jsonl', text);
    await client.until(() => status()?.state === 'ready');
    expect(server.requests).toHaveLength(3);
    expect(client.statuses.some(({ asksFor }) => asksFor !== undefined)).toBe(false);
  });

  it('is not used in an untrusted workspace, even if its server is allowed', async () => {
    await client.initialize({ settings: { ...remote(), scoreOnOpen: false }, isTrusted: false, allowedServers: [origin] });
    expect(await client.ask(ScoringServer, {})).toBeNull();
    await client.open(uri, 'jsonl', text);
    await client.request('textDocument/documentSymbol', { textDocument: { uri } });
    expect(paths).toEqual([]);
  });
});
