import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConnection, type Hover, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';
import { startServer } from '../../server/lsp/server.js';
import { createWorld } from '../../server/lsp/world.js';
import { LabelProblem, MoreRollouts, TreeViewRequest, TryPolicy } from '../../server/protocol/labeling.js';
import { NodePlace, NodeRollouts, type ProblemView } from '../../server/protocol/problemView.js';
import { ServerKey } from '../../server/protocol/servers.js';
import { defaultSettings } from '../../server/protocol/settingsTable.js';
import { StepAt } from '../../server/protocol/steps.js';
import { ExplainTraining } from '../../server/protocol/training.js';
import { LoopbackServer } from '../scoring/backends/loopbackServer.js';
import { TestClient } from './client.js';

let folder: string;
let policy: LoopbackServer;
let client: TestClient;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-after-edit-'));
  policy = await new LoopbackServer(() => ({ status: 401, body: '{"error": {"message": "no such key"}}' })).start();
  const [toServer, fromServer] = [new PassThrough(), new PassThrough()];
  startServer(createConnection(toServer, fromServer), createWorld());
  client = new TestClient(new StreamMessageReader(fromServer), new StreamMessageWriter(toServer));
  client.door.handle(ServerKey, () => null);
  const settings = { ...defaultSettings, scoreOnOpen: false, labelingPolicy: `${policy.url}/v1`, labelingJudge: '' };
  await client.initialize({ settings });
});
afterEach(async () => {
  await client.request('shutdown', undefined);
  client.connection.dispose();
  await policy.stop();
  await rm(folder, { recursive: true });
});

/** Opens a text and waits until the server has read it. */
async function opened(name: string, text: string): Promise<string> {
  const uri = pathToFileURL(join(folder, name)).href;
  await client.open(uri, 'json', text);
  await client.until(() => client.changed.some((one) => one.uri === uri));
  return uri;
}

describe('typing without a pause', () => {
  it('causes one update of diagnostics, and none of code lenses and hints, which move with the text', async () => {
    const uri = await opened('tree.json', await readFile('media/samples/trees/number-line.json', 'utf8'));
    await client.request('textDocument/codeLens', { textDocument: { uri } });
    await client.until(() => client.refreshed.length === 2);
    const seen = () => [client.published, client.changed, client.refreshed].map(({ length }) => length);
    const [published, changed, refreshed] = seen();
    const start = { line: 0, character: 0 };
    let version = 0;
    for (let key = 0; key < 40; key++) version = await client.change(uri, { range: { start, end: start }, text: ' ' });
    await client.request('textDocument/codeLens', { textDocument: { uri } });
    await client.until(() => client.changed.at(-1)?.version === version);
    expect(seen()).toEqual([published! + 1, changed! + 1, refreshed]);
  });
});

describe('a request right after an edit', () => {
  it('is answered for the text in the editor', async () => {
    const uri = await opened('tree.json', await readFile('media/samples/trees/number-line.json', 'utf8'));
    const place = { uri, problem: 0, node: 1 };
    const before = (await client.ask(NodePlace, place))!;
    const start = { line: 0, character: 1 };
    const shift = () => client.change(uri, { range: { start, end: start }, text: '\n\n\n' });
    await shift();
    const after = (await client.ask(NodePlace, place))!;
    expect(after.range.start).toEqual({ ...before.range.start, line: before.range.start.line + 3 });
    await shift();
    const position = { ...after.range.start, line: after.range.start.line + 3 };
    const hover = await client.request<Hover | null>('textDocument/hover', { textDocument: { uri }, position });
    expect(hover?.range?.start.line).toBe(position.line);
    await shift();
    expect(await client.ask(StepAt, { uri, position: { ...position, line: position.line + 3 } })).toMatchObject({ problem: 0, node: 1 });
  });

  it('is answered without the nodes that the edit removed, and with those that it restored', async () => {
    const text = JSON.stringify({
      question: 'What is 3 + 4?',
      answer: '7',
      image_path: '',
      mc_value: 0.5,
      visit_count: 1,
      correct_rollouts: [['3 + 4 = 7.', 'The answer is 7.']],
      incorrect_rollouts: [],
      children: [
        {
          partial_solution: ['3 + 4 = 7.'],
          mc_value: 1,
          visit_count: 0,
          correct_rollouts: [['So 7.']],
          incorrect_rollouts: [],
          children: [],
        },
      ],
    });
    const uri = await opened('tree.json', text);
    const empty = text.replace(/"children":\[\{.*\}\]/, '"children":[]');
    const nodes = async () => (JSON.parse((await client.ask(TreeViewRequest, { uri, problem: 0 })).view!) as ProblemView).nodes.length;
    expect([await nodes(), (await client.ask(NodeRollouts, { uri, problem: 0, node: 1 })).length]).toEqual([2, 1]);
    await client.change(uri, { text: empty });
    expect(await nodes()).toBe(1);
    await client.change(uri, { text });
    expect(await client.ask(NodeRollouts, { uri, problem: 0, node: 1 })).toHaveLength(1);
    await client.change(uri, { text: empty });
    expect(await client.ask(ExplainTraining, { uri, problem: 0, node: 1, seed: 0, thresholds: {} })).toEqual([]);
  });

  it('labels the problems in the editor, not those before the edit', async () => {
    const text = (...questions: string[]) => JSON.stringify(questions.map((question) => ({ id: question, question, correct_answer: '7' })));
    const [one, two] = [text('What is 3 + 4?'), text('What is 3 + 4?', 'What is 5 + 2?')];
    const uri = await opened('problems.json', one);
    await client.change(uri, { text: two });
    await expect(client.ask(LabelProblem, { uri, problem: 1 })).rejects.toThrow('refuses the key');
    await client.change(uri, { text: one });
    await expect(client.ask(LabelProblem, { uri, problem: 1 })).rejects.not.toThrow('refuses the key');
    await client.change(uri, { text: two });
    await expect(client.ask(TryPolicy, { uri, problem: 1 })).resolves.toBeDefined();
    await client.change(uri, { text: one });
    await expect(client.ask(MoreRollouts, { uri, problem: 1, node: 0, count: 1 })).rejects.not.toThrow('refuses the key');
  });
});
