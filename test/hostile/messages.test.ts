import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';
import { createRandom } from '../../server/reasoning/random.js';
import { TestClient } from '../lsp/client.js';
import { done, seed } from './figures.js';
import { damagedParams } from './randomMessages.js';

const text = `${JSON.stringify({ question: 'q', answer: '5', solutions_splits: [['First.', 'Then 5.']], labels: [1] })}\n`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-messages-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe(`random messages, seed ${seed}`, () => {
  let child: ChildProcess;
  let client: TestClient;
  afterAll(() => {
    client.connection.dispose();
    child.kill('SIGKILL');
  });

  it('sent to the language server, 7,000 in all, get a reply to each request and do not stop the server', async () => {
    const piped = spawn(process.execPath, ['dist/server.js', '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] });
    child = piped;
    client = new TestClient(new StreamMessageReader(piped.stdout), new StreamMessageWriter(piped.stdin));
    await client.initialize();
    await client.connection.sendNotification('steplens/settingsChanged', { settings: { scoreOnOpen: false }, isTrusted: true });
    const uri = pathToFileURL(join(folder, 'set.jsonl')).href;
    await writeFile(join(folder, 'set.jsonl'), text);
    await client.open(uri, 'jsonl', text);

    const textDocument = { uri };
    const position = { line: 0, character: 20 };
    const range = { start: position, end: { line: 5, character: 0 } };
    const place = { uri, problem: 0 };
    const requests: readonly (readonly [method: string, params: unknown])[] = [
      ['textDocument/hover', { textDocument, position }],
      ['textDocument/inlayHint', { textDocument, range }],
      ['textDocument/codeLens', { textDocument }],
      ['textDocument/documentSymbol', { textDocument }],
      ['textDocument/foldingRange', { textDocument }],
      ['steplens/problemView', place],
      ['steplens/treeView', place],
      ['steplens/nodeRollouts', { ...place, node: 0 }],
      ['steplens/stepAt', { uri, position }],
      ['steplens/lowSteps', { uri }],
      ['steplens/explainTraining', { ...place, step: 0, seed: 1, thresholds: {} }],
      ['steplens/evaluate', { id: '1', uris: [uri], rescore: false }],
      ['steplens/reviewQueue', { uris: [uri], order: 'uncertain', by: 'me' }],
      ['steplens/reviewStep', { uri, problem: 0, step: 0, by: 'me' }],
      ['steplens/agreement', { uris: [uri] }],
      ['steplens/moreRollouts', { ...place, node: 0, count: 1 }],
      ['steplens/labelingServers', {}],
      ['steplens/trainingFormats', {}],
      ['steplens/debugSend', { session: 's', message: { type: 'request', seq: 1, command: 'threads', arguments: { threadId: 1 } } }],
      ['steplens/debugEnd', { session: 's' }],
      ['steplens/noSuchRequest', {}],
      ['workspace/executeCommand', { command: 'x' }],
    ];
    const notifications: readonly (readonly [method: string, params: unknown])[] = [
      ['textDocument/didOpen', { textDocument: { uri: 'untitled:a', languageId: 'json', version: 1, text: '[]' } }],
      ['textDocument/didClose', { textDocument: { uri: 'untitled:a' } }],
      ['steplens/settingsChanged', { settings: { scoreOnOpen: false, threshold: 0.5 }, isTrusted: false, allowedServers: [] }],
      ['workspace/didChangeWorkspaceFolders', { event: { added: [{ uri, name: 'a' }], removed: [] } }],
      ['$/cancelRequest', { id: 3 }],
      ['steplens/noSuchNotification', {}],
    ];
    const random = createRandom(seed, 'lsp');
    const known = [uri, 'untitled:a', ...requests.map(([method]) => method)];
    const either = (list: typeof requests) => list[Math.floor(random() * list.length)]!;
    let answered = 0;
    const sent: Promise<unknown>[] = [];
    for (let i = 0; i < 7000; i++) {
      const isRequest = random() < 0.8;
      const [method, valid] = either(isRequest ? requests : notifications);
      // JSON-RPC itself refuses parameters that are neither an object nor a list.
      const damaged = damagedParams(random, valid, known);
      const params = typeof damaged === 'object' && damaged !== null ? damaged : { value: damaged };
      if (isRequest)
        sent.push(
          client.request(method, params).then(
            () => answered++,
            () => answered++,
          ),
        );
      else await client.connection.sendNotification(method, params);
      if (sent.length === 100) await Promise.all(sent.splice(0));
    }
    await Promise.all(sent);
    expect(child.exitCode).toBeNull();
    // Restores the settings that random messages may have changed.
    await client.connection.sendNotification('steplens/settingsChanged', { settings: { scoreOnOpen: false }, isTrusted: true });
    await client.open('untitled:last', 'jsonl', text);
    const symbols = await client.request<unknown[]>('textDocument/documentSymbol', { textDocument: { uri: 'untitled:last' } });
    expect(symbols).toHaveLength(1);
    expect(answered).toBeGreaterThan(5000);
    done('messages', 7000, seed);
  });
});
