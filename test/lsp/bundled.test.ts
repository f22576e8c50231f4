import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type DocumentSymbol,
  type InlayHint,
  IPCMessageReader,
  IPCMessageWriter,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { ScoreDocument } from '../../server/protocol/scoring.js';
import { defaultSettings } from '../../server/protocol/settingsTable.js';
import { ensureBuilt } from './built.js';
import { TestClient } from './client.js';

const running: { client: TestClient; child: ChildProcess }[] = [];

beforeAll(ensureBuilt);
afterEach(() => {
  for (const { client, child } of running.splice(0)) {
    client.connection.dispose();
    child.kill('SIGKILL');
  }
});

type Transport = 'stdio' | 'ipc' | 'steplens lsp --stdio';

function started(transport: Transport = 'stdio'): { client: TestClient; child: ChildProcess } {
  let client: TestClient;
  let child: ChildProcess;
  if (transport === 'ipc') {
    child = fork('dist/server.js', ['--node-ipc'], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    client = new TestClient(new IPCMessageReader(child), new IPCMessageWriter(child));
  } else {
    const program = transport === 'stdio' ? ['dist/server.js', '--stdio'] : ['dist/cli.js', 'lsp', '--stdio'];
    const piped = spawn(process.execPath, program, { stdio: ['pipe', 'pipe', 'inherit'] });
    child = piped;
    client = new TestClient(new StreamMessageReader(piped.stdout), new StreamMessageWriter(piped.stdin));
  }
  running.push({ client, child });
  return { client, child };
}

const raw = (question: string, steps: readonly string[]) => ({
  question,
  answer: '5',
  solutions_splits: [steps],
  labels: [1],
});
/** A problem with the wording of the generated problems, because the bundled model scores no others. */
const plums = (boxes: number) =>
  raw(
    `There are 6 plums in a box. Maya buys ${boxes} boxes, eats 4 plums and shares the rest among 5 friends. How many plums does each get?`,
    [
      `Each box holds 6 plums, so ${boxes} boxes hold ${boxes} * 6 = ${boxes * 6} plums.`,
      `After 4 are eaten, ${boxes * 6} - 4 = ${boxes * 6 - 4} plums are left.`,
      'The answer is 5.',
    ],
  );
const lines = (records: readonly object[]) => `${records.map((record) => JSON.stringify(record)).join('\n')}\n`;
const everything = { start: { line: 0, character: 0 }, end: { line: 99_999, character: 0 } };

describe('the bundled server', () => {
  it.each<Transport>(['stdio', 'ipc', 'steplens lsp --stdio'])(
    'scores a file with the bundled model over %s, and exits when asked to',
    async (transport) => {
      const { client, child } = started(transport);
      await client.initialize({ settings: { ...defaultSettings, device: 'cpu' } });
      const uri = 'file:///w/raw.jsonl';
      await client.open(uri, 'jsonl', lines([plums(3)]));
      await client.until(() => ['ready', 'failed'].includes(client.statuses.at(-1)?.state ?? ''));
      expect(client.statuses.at(-1)).toMatchObject({ state: 'ready', device: 'cpu' });
      const hints = await client.request<InlayHint[]>('textDocument/inlayHint', { textDocument: { uri }, range: everything });
      expect(hints).toHaveLength(3);
      for (const { label, tooltip } of hints) {
        expect(label).toMatch(/^[01]\.\d\d/);
        expect(tooltip).toMatch(/^PRM · /);
      }
      const exited = once(child, 'exit');
      await client.request('shutdown', undefined);
      await client.connection.sendNotification('exit');
      expect((await exited)[0]).toBe(0);
    },
  );

  it('loses no score when its inference process is killed while it scores', async () => {
    const { client } = started();
    await client.initialize({ settings: { ...defaultSettings, device: 'cpu' } });
    const uri = 'file:///w/many.jsonl';
    await client.open(uri, 'jsonl', lines(Array.from({ length: 400 }, (_, index) => plums(index + 2))));
    await client.until(() => client.statuses.some(({ state, progress }) => state === 'failed' || (progress?.done ?? 0) > 0));
    expect(client.statuses.at(-1)).toMatchObject({ state: 'scoring' });
    const pids = () => client.logged.flatMap((message) => /^Inference process (\d+) started/.exec(message)?.[1] ?? []);
    expect(pids()).toHaveLength(1);
    process.kill(Number(pids()[0]), 'SIGKILL');
    await client.until(() => ['ready', 'failed'].includes(client.statuses.at(-1)?.state ?? ''));
    expect(client.statuses.at(-1)).toMatchObject({ state: 'ready' });
    expect(pids()).toHaveLength(2);
    expect(await client.ask(ScoreDocument, { uri })).toMatchObject({ steps: 1200 });
    const hints = await client.request<InlayHint[]>('textDocument/inlayHint', { textDocument: { uri }, range: everything });
    expect(hints).toHaveLength(1200);
    expect(hints.filter(({ tooltip }) => typeof tooltip !== 'string' || !tooltip.startsWith('PRM · '))).toEqual([]);
  });

  it('keeps answering requests about random and damaged texts', async () => {
    const { client, child } = started();
    await client.initialize({ settings: { ...defaultSettings, scoreOnOpen: false } });
    const whole = lines([
      plums(3),
      {
        question: 'q',
        answer: '',
        image_path: '',
        mc_value: 1,
        visit_count: 0,
        correct_rollouts: [],
        incorrect_rollouts: [],
        children: [],
      },
    ]);
    const garbage = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.json(),
      fc
        .tuple(fc.nat(whole.length), fc.string({ unit: 'binary', maxLength: 5 }), fc.nat(20))
        .map(([at, put, drop]) => whole.slice(0, at) + put + whole.slice(at + drop)),
      fc.constantFrom(
        '{"children":'.repeat(3000),
        '['.repeat(100_000),
        '{"question":"q","children":[{"partial_solution":["\ud800"]}]',
        '\uFEFF{}',
        'NaN',
        '<step>',
        '```\nopen',
      ),
    );
    let opened = 0;
    const survives = async ([text, languageId, typed]: readonly [string, string, string]) => {
      const uri = `file:///w/${opened++}`;
      await client.open(uri, languageId, text);
      await client.change(uri, { range: { start: { line: 0, character: 2 }, end: { line: 5, character: 1 } }, text: typed });
      const textDocument = { uri };
      const symbols = await client.request<DocumentSymbol[]>('textDocument/documentSymbol', { textDocument });
      expect(Array.isArray(symbols)).toBe(true);
      for (const method of ['textDocument/codeLens', 'textDocument/foldingRange'])
        expect(Array.isArray(await client.request(method, { textDocument }))).toBe(true);
      await client.request('textDocument/hover', { textDocument, position: { line: 0, character: 3 } });
      await client.connection.sendNotification('textDocument/didClose', { textDocument });
    };
    const opening = fc.tuple(garbage, fc.constantFrom('json', 'jsonl', 'markdown', 'plaintext'), fc.string({ maxLength: 20 }));
    // Several at once, because the server waits for a pause before it reads an edit.
    const openings = fc.array(opening, { minLength: 10, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(openings, async (all) => void (await Promise.all(all.map(survives)))),
      { numRuns: 20 },
    );
    expect(child.exitCode).toBeNull();
    expect(client.logged.filter((message) => /error/i.test(message))).toEqual([]);
  });
});
