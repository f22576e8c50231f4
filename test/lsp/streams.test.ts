// Over 400 lines: all cases talk to one server over streams that are opened in the same way.
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import {
  type CodeLens,
  createConnection,
  type DocumentSymbol,
  type FoldingRange,
  type Hover,
  type InlayHint,
  type MarkupContent,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { localVerifier } from '../../server/answers/localVerifier.js';
import { createLabeler } from '../../server/editor/labeler.js';
import type { Labeler, LabelJob } from '../../server/editor/labelerPort.js';
import type { ImagePlace } from '../../server/files/images.js';
import { readDocument } from '../../server/formats/registry.js';
import { createJudge } from '../../server/labeling/judge.js';
import { PolicyError } from '../../server/labeling/policy.js';
import { startServer } from '../../server/lsp/server.js';
import { createWorld, type ServerWorld } from '../../server/lsp/world.js';
import { ModelError } from '../../server/models/modelError.js';
import { CompareRuns } from '../../server/protocol/comparison.js';
import { LabelProblem, MoreRollouts, StopLabeling, TreeViewRequest } from '../../server/protocol/labeling.js';
import { type ProblemView, ProblemViewRequest } from '../../server/protocol/problemView.js';
import { CancelScoring, ClearCache, ScoreDocument } from '../../server/protocol/scoring.js';
import { SettingsChanged } from '../../server/protocol/settings.js';
import { defaultSettings } from '../../server/protocol/settingsTable.js';
import { LookedAt, LowSteps, StepAt } from '../../server/protocol/steps.js';
import { FakeScorer } from '../editor/fakeScorer.js';
import { gate } from '../editor/harness.js';
import { TestClient } from './client.js';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'steplens-streams-')));
const fileUri = (name: string) => pathToFileURL(join(folder, name)).href;
const uri = fileUri('raw.jsonl');
writeFileSync(join(folder, 'i.png'), '\x89PNG\r\n\x1a\n', 'latin1');
afterAll(() => rmSync(folder, { recursive: true }));
const step = (text: string, correct: number) => ({ step: text, score: correct / 16, num_mc_correct: correct, num_mc_total: 16 });
const record = {
  image: 'i.png',
  question: 'How many?',
  answer: '4',
  response: 'x',
  steps_with_score: [step('First add.', 14), step('This is wrong.', 3), step('So 5.', 0)],
};
const text = `${JSON.stringify(record)}\n`;
const everything = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };

const clients: TestClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) {
    await client.request('shutdown', undefined);
    client.connection.dispose();
  }
});

function connect(world: Partial<ServerWorld> = {}): { client: TestClient; scorers: FakeScorer[] } {
  const toServer = new PassThrough();
  const fromServer = new PassThrough();
  const scorers: FakeScorer[] = [];
  const connection = createConnection(toServer, fromServer);
  startServer(connection, {
    ...createWorld(),
    version: '1.2.3',
    read: (content, { languageId }) => readDocument(content, languageId),
    createScorer() {
      const scorer = new FakeScorer();
      scorers.push(scorer);
      return scorer;
    },
    createLabeler: () =>
      createLabeler(
        () => Promise.reject(new PolicyError('No policy answers here.')),
        (verifier) => Promise.resolve(createJudge({ verifier })),
        localVerifier(),
        () => undefined,
      ),
    readText: () => Promise.resolve('## `first-low-step`\n'),
    ...world,
  });
  const client = new TestClient(new StreamMessageReader(fromServer), new StreamMessageWriter(toServer));
  clients.push(client);
  return { client, scorers };
}

const settings = { ...defaultSettings, modelPath: '/models/chosen' };

async function opened(world: Partial<ServerWorld> = {}): Promise<{ client: TestClient; scorers: FakeScorer[] }> {
  const made = connect(world);
  // A chosen model, so that its scores decide, not the labels of the file.
  await made.client.initialize({ explanations: 'file:///docs/diagnostics.md', settings });
  await made.client.open(uri, 'jsonl', text);
  await made.client.until(() => made.client.statuses.at(-1)?.state === 'ready');
  return made;
}

/** Corrects the wrong step. Resolves with the text's version. */
function toRight(client: TestClient): Promise<number> {
  const start = { line: 0, character: text.indexOf('wrong') };
  return client.change(uri, { range: { start, end: { line: 0, character: start.character + 5 } }, text: 'right' });
}

describe('the server over streams', () => {
  it('reports its name, version and capabilities', async () => {
    const { client } = connect();
    expect(await client.initialize()).toMatchObject({
      serverInfo: { name: 'StepLens', version: '1.2.3' },
      capabilities: {
        hoverProvider: true,
        inlayHintProvider: true,
        documentSymbolProvider: true,
        foldingRangeProvider: { documentSelector: [{ language: 'markdown' }, { language: 'plaintext' }] },
        textDocumentSync: { change: 2 },
      },
    });
  });

  it('publishes diagnostics with exact ranges and linked codes', async () => {
    const { client } = await opened();
    const { diagnostics, version } = client.diagnostics.get(uri)!;
    expect(version).toBe(1);
    expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
      ['first-low-step', 'Step 2 of 3: “This is wrong.” PRM 0.10, before 0.90. Rollouts: 3/16 right [0.07, 0.43].'],
      ['no-rollout-succeeded', '0 of 16 rollouts from here reached the right answer.'],
    ]);
    const { start, end } = diagnostics[0]!.range;
    expect(text.slice(start.character, end.character)).toBe('This is wrong.');
    expect(diagnostics[0]!.codeDescription).toEqual({ href: 'file:///docs/diagnostics.md#L1' });
  });

  it('reports why it cannot label, and returns the view for a tree panel', async () => {
    const { client } = await opened();
    await expect(client.ask(LabelProblem, { uri, problem: 0 })).rejects.toThrow('No policy answers here.');
    await expect(client.ask(LabelProblem, { uri, problem: 7 })).rejects.toThrow('This problem is not in the file any more');
    await expect(client.ask(MoreRollouts, { uri, problem: 0, node: 0, count: 0 })).rejects.toThrow('whole number from 1 to 10,000');
    expect(await client.ask(StopLabeling, {})).toBeNull();
    const { view, replay, labeling } = await client.ask(TreeViewRequest, { uri, problem: 0 });
    expect([(JSON.parse(view!) as ProblemView).nodes.length, replay, labeling]).toEqual([4, null, null]);
  });

  it('answers requests for hovers, inlay hints, code lenses, symbols and folding', async () => {
    const { client } = await opened();
    const position = { line: 0, character: text.indexOf('This') };
    const hover = await client.request<Hover>('textDocument/hover', { textDocument: { uri }, position });
    const { kind, value } = hover.contents as MarkupContent;
    expect(kind).toBe('markdown');
    expect(value).toContain('| PRM (fake) | 0.10 | -0.80 |');
    expect(value).toContain(`(${fileUri('i.png')}|height=160)`);
    const hints = await client.request<InlayHint[]>('textDocument/inlayHint', { textDocument: { uri }, range: everything });
    expect(hints.map(({ label }) => label)).toEqual(['0.90', '0.10 ▼ first low', '0.90']);
    const lenses = await client.request<CodeLens[]>('textDocument/codeLens', { textDocument: { uri } });
    expect(lenses.map(({ command }) => command!.title)).toEqual([
      'Reasoning tree',
      'Image',
      'Label this problem',
      '▼ first low step: 2',
      '3 steps',
      '▼ step 2 · min 0.10 · mean 0.63 · last 0.90 · product 0.08',
    ]);
    const symbols = await client.request<DocumentSymbol[]>('textDocument/documentSymbol', { textDocument: { uri } });
    expect(symbols[0]!.children![0]!.children).toHaveLength(3);
    expect(await client.request<FoldingRange[]>('textDocument/foldingRange', { textDocument: { uri } })).toEqual([]);
  });

  it('answers the StepLens requests beyond the Language Server Protocol', async () => {
    const { client, scorers } = await opened();
    const low = await client.ask(LowSteps, { uri });
    expect(low).toMatchObject([{ value: 0.1, first: true }]);
    expect(await client.ask(StepAt, { uri, position: low[0]!.range.start })).toEqual({
      problem: 0,
      solution: 0,
      step: 1,
    });
    const view = await client.ask(ProblemViewRequest, { uri, problem: 0 });
    expect(view).toMatchObject({ isSearchTree: false, model: 'fake', images: [fileUri('i.png')], titles: ['How many?'] });
    expect(view!.nodes).toHaveLength(4);
    expect(await client.ask(ScoreDocument, { uri, again: true })).toEqual({ steps: 3, low: 1 });
    expect(scorers[0]!.options.at(-1)).toMatchObject({ ignoreCache: true });
    expect(await client.ask(ClearCache, {})).toBeNull();
    expect(scorers[0]!.cleared).toBe(1);
    expect(await client.ask(ProblemViewRequest, { uri: 'file:///unknown', problem: 0 })).toBeNull();
  });

  it('returns code lenses around the visible lines of a large file, and requests a refresh after scrolling', async () => {
    const { client } = await opened();
    const [large, other] = [fileUri('large.jsonl'), fileUri('other.jsonl')];
    const records = text.repeat(600);
    const linesOf = async (of: string) => {
      const lenses = await client.request<CodeLens[]>('textDocument/codeLens', { textDocument: { uri: of } });
      return new Set(lenses.map(({ range }) => range.start.line));
    };
    const look = (line: number) =>
      client.tell(LookedAt, { uri: large, range: { start: { line, character: 0 }, end: { line: line + 30, character: 0 } } });
    await look(0);
    await client.open(large, 'jsonl', records);
    const first = await linesOf(large);
    expect([first.has(0), first.has(31), first.size < 300]).toEqual([true, true, true]);
    await client.until(() => client.statuses.at(-1)?.state === 'ready');
    client.refreshed.length = 0;
    await look(450);
    await client.until(() => client.refreshed.includes('workspace/codeLens/refresh'));
    const second = await linesOf(large);
    expect([second.has(0), second.has(450), second.has(481), second.size < 300]).toEqual([false, true, true, true]);
    // A client that does not report the visible lines gets all lenses.
    await client.open(other, 'jsonl', records);
    expect((await linesOf(other)).size).toBe(600);
  });

  it('publishes diagnostics for the visible lines of a large file, and for others after scrolling', async () => {
    const { client } = await opened();
    const large = fileUri('candidates.jsonl');
    const record = { question: 'q', solutions_splits: [['a', 'b']], labels: [0], prm_scores: [[0.1, 0.2]] };
    await client.tell(SettingsChanged, { settings: { ...settings, scoreOnOpen: false }, isTrusted: true });
    await client.open(large, 'jsonl', `${JSON.stringify(record)}\n`.repeat(900));
    const lines = () => new Set((client.diagnostics.get(large)?.diagnostics ?? []).map(({ range }) => range.start.line));
    await client.until(() => lines().size > 0);
    expect([lines().has(0), lines().has(800)]).toEqual([true, false]);
    await client.tell(LookedAt, { uri: large, range: { start: { line: 790, character: 0 }, end: { line: 820, character: 0 } } });
    await client.until(() => lines().has(800));
    for (let line = 790; line <= 820; line++) expect(lines().has(line)).toBe(true);
    // The diagnostics already in the Problems panel stay.
    expect(lines().has(0)).toBe(true);
    expect(client.changed.findLast((one) => one.uri === large)?.marks).toMatchObject({ firstLow: 900, low: 1800, listed: 200, total: 900 });
  });

  it('compares a problem with the same one in another document, and reports if there is none', async () => {
    const { client } = await opened();
    const [first, second, third] = [fileUri('seed%201.jsonl'), fileUri('other.jsonl'), 'file:///%ZZ/third.jsonl'];
    const record = (scores: readonly number[], question = 'q') =>
      `${JSON.stringify({ question, solutions_splits: [['a', 'b']], labels: [0], prm_scores: [scores] })}\n`;
    await client.tell(SettingsChanged, { settings: { ...settings, scoreOnOpen: false }, isTrusted: true });
    await client.open(first, 'jsonl', record([0.9, 0.2]));
    await client.open(second, 'jsonl', `${record([0.1, 0.1], 'another')}${record([0.9, 0.6])}`);
    await client.open(third, 'jsonl', record([0.9, 0.6], 'a third'));
    const { page, problem } = await client.ask(CompareRuns, { uri: first, problem: 0, other: second });
    expect(problem).toBe(1);
    expect(page).toContain('1 have the same in both, 1 another, 0 are only in the first and 0 only in the second.');
    expect(page).toContain('node 1: 0.20 | node 1: 0.60 | +0.40');
    await expect(client.ask(CompareRuns, { uri: first, problem: 0, other: third })).rejects.toThrow(
      'third.jsonl has no problem with this question. Choose another run of the same problem.',
    );
    await expect(client.ask(CompareRuns, { uri: first, problem: 7, other: second })).rejects.toThrow('has no problem 8.');
  });

  it('reads an edit before it answers, and publishes diagnostics only if they or the text changed', async () => {
    const { client } = await opened();
    const sent = client.published.length;
    const told = client.changed.length;
    await client.tell(SettingsChanged, { settings: { ...settings, inlayHints: false }, isTrusted: true });
    await client.until(() => client.changed.length > told);
    expect(client.published).toHaveLength(sent);
    const start = { line: 0, character: text.indexOf('wrong') };
    await client.change(uri, { range: { start, end: { line: 0, character: start.character + 5 } }, text: 'a longer text' });
    const symbols = await client.request<DocumentSymbol[]>('textDocument/documentSymbol', { textDocument: { uri } });
    expect(JSON.stringify(symbols)).toContain('This is a longer text.');
    await client.until(() => client.published.length > sent);
  });

  it('updates diagnostics after an edit, and notifies panels', async () => {
    const { client } = await opened();
    const version = await toRight(client);
    await client.until(() => client.changed.at(-1)!.version === version && client.changed.at(-1)!.marks?.firstLow === 0);
    expect(client.codes(uri)).toEqual(['no-rollout-succeeded']);
    expect(client.diagnostics.get(uri)!.version).toBe(version);
    expect(client.changed.at(-1)).toEqual({
      uri,
      version,
      marks: { firstLow: 0, low: 0, listed: 0, total: 0, canLabel: true, hasTree: false, hasImages: true },
    });
  });

  it('answers with new scores after an edit, and requests a refresh if they come late', async () => {
    const { client, scorers } = await opened();
    const late = gate();
    const hints = async () => {
      const found = await client.request<InlayHint[]>('textDocument/inlayHint', { textDocument: { uri }, range: everything });
      return found.map(({ label }) => label);
    };
    const before = await hints();
    await toRight(client);
    const after = await hints();
    expect(after).not.toEqual(before);
    scorers[0]!.before = () => late.opened;
    client.refreshed.length = 0;
    await client.change(uri, {
      range: { start: { line: 0, character: text.indexOf('wrong') }, end: { line: 0, character: text.indexOf('wrong') } },
      text: 'al',
    });
    const without = await hints();
    expect(client.refreshed).toEqual([]);
    late.open();
    await client.until(() => client.refreshed.length === 2);
    expect(new Set(client.refreshed)).toEqual(new Set(['workspace/inlayHint/refresh', 'workspace/codeLens/refresh']));
    expect(await hints()).not.toEqual(without);
  });

  it('applies a threshold without scoring again, and removes features that are switched off', async () => {
    const { client, scorers } = await opened();
    await client.tell(SettingsChanged, { settings: { ...settings, threshold: 0.95 }, isTrusted: true });
    await client.until(() => client.codes(uri).filter((code) => code === 'later-low-step').length === 2);
    expect(client.codes(uri)).toContain('first-low-step');
    expect(scorers[0]!.jobs).toHaveLength(1);
    const off = { ...settings, diagnostics: false, inlayHints: false, codeLens: false };
    await client.tell(SettingsChanged, { settings: off, isTrusted: true });
    await client.until(() => client.codes(uri).length === 0);
    expect(await client.request('textDocument/inlayHint', { textDocument: { uri }, range: everything })).toEqual([]);
    expect(await client.request('textDocument/codeLens', { textDocument: { uri } })).toEqual([]);
  });

  it('reports nothing about a file without reasoning', async () => {
    const { client, scorers } = connect();
    await client.initialize();
    await client.open('file:///w/package.json', 'json', '{"name": "x"}');
    expect(await client.request('textDocument/documentSymbol', { textDocument: { uri: 'file:///w/package.json' } })).toEqual([]);
    expect(client.diagnostics.size).toBe(0);
    expect(scorers).toEqual([]);
  });

  it('removes its diagnostics, hints and code lenses when a document closes, even if it is still shown', async () => {
    const { client } = await opened();
    client.refreshed.length = 0;
    await client.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
    await client.until(() => client.codes(uri).length === 0 && client.refreshed.length >= 2);
    expect(new Set(client.refreshed)).toEqual(new Set(['workspace/inlayHint/refresh', 'workspace/codeLens/refresh']));
    expect(await client.ask(LowSteps, { uri })).toEqual([]);
  });

  it("reports a failing model in status and in the answer, and keeps the file's own values", async () => {
    const { client } = connect({ createScorer: () => new FakeScorer(new ModelError('/models/x/prm.json: no such file')) });
    await client.initialize();
    await client.open(uri, 'jsonl', text);
    await client.until(() => client.statuses.at(-1)?.state === 'failed');
    expect(client.statuses.at(-1)).toMatchObject({ message: '/models/x/prm.json: no such file' });
    await expect(client.ask(ScoreDocument, { uri })).rejects.toThrow('/models/x/prm.json: no such file');
    expect(client.codes(uri)).toEqual(['first-low-step', 'later-low-step']);
  });

  it('reports scoring that takes more than a second as progress, and stops on request', async () => {
    const scorer = Object.assign(new FakeScorer(), { before: () => new Promise<void>(() => undefined) });
    const { client } = connect({ createScorer: () => scorer });
    await client.initialize();
    await client.open(uri, 'jsonl', text);
    await client.until(() => client.progress.length > 0);
    expect(client.progress[0]!.value).toMatchObject({
      kind: 'begin',
      title: 'StepLens',
      cancellable: true,
      message: '0 of 3 steps scored',
    });
    const asked = client.ask(ScoreDocument, { uri });
    await client.ask(CancelScoring, { uri });
    await expect(asked).rejects.toThrow('cancelled');
    await client.until(() => client.progress.at(-1)!.value.kind === 'end');
    expect(scorer.aborted).toBeGreaterThan(0);
  });

  it('answers each request whose document closes meanwhile, with a result or an error message', async () => {
    const gates: (() => void)[] = [];
    let areOpen = false;
    let allWait = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (allWait = resolve));
    const { client } = await opened({
      findImages: (_, names) =>
        new Promise((resolve) => {
          const open = (): void => resolve({ uris: names.map(fileUri), refusals: [] });
          if (areOpen) open();
          else if (gates.push(open) >= 5) allWait();
        }),
    });
    const place = { uri, problem: 0 };
    const position = { line: 0, character: text.indexOf('This') };
    const settled = Promise.allSettled([
      client.ask(LabelProblem, place),
      client.ask(MoreRollouts, { ...place, node: 1, count: 4 }),
      client.ask(ProblemViewRequest, place),
      client.ask(TreeViewRequest, place),
      client.request('textDocument/hover', { textDocument: { uri }, position }),
    ]);
    await client.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
    expect(await client.ask(LowSteps, { uri })).toEqual([]);
    // Scoring may look for images, too.
    await waiting;
    areOpen = true;
    for (const open of gates) open();
    expect((await settled).map((one) => (one.status === 'fulfilled' ? 'answered' : String(one.reason)))).toEqual([
      'RequestError: No policy answers here.',
      expect.stringContaining('More rollouts need the event log'),
      'answered',
      'answered',
      'answered',
    ]);
    await expect(client.ask(MoreRollouts, { ...place, node: 1, count: 4 })).rejects.toThrow('the file was closed');
  });

  it('labels with the settings of the folder of the file, but never with a policy from there', async () => {
    const jobs: LabelJob[] = [];
    const labeler: Labeler = {
      label: (job) => {
        jobs.push(job);
        return Promise.reject(new Error('Labeled enough.'));
      },
      more: () => Promise.reject(new Error('Not asked for.')),
      fileOf: () => Promise.reject(new Error('No labeling here.')),
      hasRuns: () => Promise.resolve(false),
      newest: () => Promise.resolve(undefined),
      isBeingWritten: () => Promise.resolve(false),
      tryOnce: () => Promise.reject(new Error('Not asked for.')),
      events: () => Promise.resolve(undefined),
    };
    const { client } = await opened({ createLabeler: () => labeler });
    const ask = () => expect(client.ask(LabelProblem, { uri, problem: 0 })).rejects.toThrow('Labeled enough.');
    await ask();
    client.configuration = (scope) =>
      scope === uri ? { labeling: { rollouts: 3, method: 'monte-carlo', policy: 'http://elsewhere' } } : null;
    await ask();
    const { labelingRollouts, labelingPolicy } = defaultSettings;
    expect(jobs.map(({ settings }) => settings)).toMatchObject([
      { labelingMethod: 'mcts', labelingRollouts, labelingPolicy },
      { labelingMethod: 'monte-carlo', labelingRollouts: 3, labelingPolicy },
    ]);
  });

  it('looks for images in the folders of the workspace, also in those added later', async () => {
    const looked: ImagePlace[] = [];
    const { client } = await opened({
      findImages: (place) => {
        looked.push(place);
        return Promise.resolve({ uris: [], refusals: [] });
      },
    });
    const look = () => client.ask(ProblemViewRequest, { uri, problem: 0 });
    const workspaceFolder = (name: string) => ({ uri: fileUri(name), name });
    await look();
    await client.connection.sendNotification('workspace/didChangeWorkspaceFolders', {
      event: { added: [workspaceFolder('a'), workspaceFolder('b')], removed: [] },
    });
    await look();
    await client.connection.sendNotification('workspace/didChangeWorkspaceFolders', {
      event: { added: [], removed: [workspaceFolder('a')] },
    });
    await look();
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    expect(looked.map(({ roots }) => roots)).toEqual([[folder], [folder, a, b], [folder, b]]);
  });

  it('looks for images in the folders of a setting, but not in those an untrusted workspace names', async () => {
    const looked: ImagePlace[] = [];
    const { client } = await opened({
      findImages: (place) => {
        looked.push(place);
        return Promise.resolve({ uris: [], refusals: [] });
      },
    });
    const figures = join(folder, 'figures');
    const chosen = { ...settings, imageFolders: [figures, 'relative'] };
    for (const isTrusted of [true, false]) {
      await client.tell(SettingsChanged, { settings: chosen, isTrusted });
      await client.ask(ProblemViewRequest, { uri, problem: 0 });
    }
    expect(looked.map(({ roots }) => roots)).toEqual([[folder, figures], [folder]]);
  });

  it('keeps running after requests and settings with invalid parameters', async () => {
    const { client } = await opened();
    await expect(client.request('textDocument/hover', {})).rejects.toThrow();
    for (const params of [null, undefined, [], 'x', { uri }, { uri, problem: -1 }, { uri, problem: '0' }, { uri: 7, problem: 0 }]) {
      const reply = await client.request<{ err: { code: string; message: string } }>(ProblemViewRequest.method, params);
      expect(reply.err.code, JSON.stringify(params)).toBe('invalid');
    }
    await client.connection.sendNotification(SettingsChanged.method, { settings: 'nonsense', isTrusted: true });
    await client.until(() => client.logged.some((message) => message.includes('settings is not an object')));
    expect(await client.ask(LowSteps, { uri })).toHaveLength(1);
  });
});
