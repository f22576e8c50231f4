import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { localVerifier } from '../../server/answers/localVerifier.js';
import { openEditorJudge } from '../../server/editor/editorPolicy.js';
import { createLabeler } from '../../server/editor/labeler.js';
import type { LabelJob } from '../../server/editor/labelerPort.js';
import { createLabelingService, type LabelingService } from '../../server/editor/labelingService.js';
import { imagePlace } from '../../server/files/images.js';
import { localMessage, setTexts } from '../../server/l10n.js';
import { takeClaim } from '../../server/labeling/claim.js';
import { openOpenAiPolicy } from '../../server/labeling/policies/openAiPolicy.js';
import { readInEditor } from '../../server/lsp/world.js';
import type { LabelingParams } from '../../server/protocol/labeling.js';
import type { ProblemView } from '../../server/protocol/problemView.js';
import { defaultSettings } from '../../server/protocol/settingsTable.js';
import { ManualClock } from './harness.js';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const none = new AbortController().signal;
const chinese = JSON.parse(await readFile('l10n/bundle.l10n.zh-cn.json', 'utf8')) as Record<string, string>;

/** How the server answers a request for completions. */
type Answer = (response: ServerResponse, count: number) => void;

const completions =
  (write: (at: number) => string): Answer =>
  (response, count) => {
    const choices = Array.from({ length: count }, (_, index) => ({
      index,
      finish_reason: 'stop',
      message: { role: 'assistant', content: write(index) },
    }));
    response.end(JSON.stringify({ choices, usage: { prompt_tokens: 9, completion_tokens: 30 } }));
  };
const good = completions((at) =>
  at % 2 === 0 ? '<step>3 + 4 = 7.</step><answer>7</answer>' : '<step>3 + 4 = 8.</step><step>So.</step><answer>8</answer>',
);
const status =
  (code: number, body: string): Answer =>
  (response) =>
    response.writeHead(code).end(body);

let server: Server;
let answer: Answer;
let folder: string;
let told: LabelingParams[];
let onWaiting: () => void;
let service: LabelingService;
let job: LabelJob;

beforeEach(async () => {
  answer = good;
  server = createServer((request, response) => {
    void textOf(request).then((body) => {
      if (request.url?.endsWith('/models')) response.end(JSON.stringify({ data: [{ id: 'm' }] }));
      else answer(response, (JSON.parse(body) as { n?: number }).n ?? 1);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  folder = await mkdtemp(join(tmpdir(), 'steplens-failures-'));
  told = [];
  onWaiting = () => undefined;
  const onChange = (params: LabelingParams): void => {
    told.push(params);
    if (params.waiting !== undefined) onWaiting();
  };
  const openPolicy = () =>
    Promise.resolve(
      openOpenAiPolicy({ baseUrls: [url], mode: 'chat', temperature: 1, maxTokens: 99, concurrency: 4, timeout: 2000, retries: 0, log }),
    );
  const labeler = createLabeler(
    openPolicy,
    (verifier, judge) => openEditorJudge(verifier, judge, { key: () => Promise.resolve(undefined), log, requireConsent: () => undefined }),
    localVerifier(),
    () => undefined,
  );
  service = createLabelingService({ labeler, read: readInEditor, clock: new ManualClock(), log, onChange });
  const uri = pathToFileURL(join(folder, 'problems.json')).href;
  job = {
    problem: { id: 'sum', question: 'What is 3 + 4?', answer: '7', images: [] },
    uri,
    images: [],
    place: imagePlace(uri, []),
    settings: { ...defaultSettings, labelingPolicy: url, labelingRollouts: 4, labelingBudget: 40 },
    again: false,
  };
});
afterEach(async () => {
  await service.dispose();
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const viewOf = async (file: string) => {
  const { view, ...rest } = await service.treeView(file, 0, undefined, 0.5, () => Promise.resolve([]));
  return { ...rest, view: view === null ? null : (JSON.parse(view) as ProblemView) };
};
const resultsOf = () => service.results([{ ...job, index: 0 }]);
const files = async () => (await readdir(join(folder, 'steplens-runs', 'problems')).catch(() => [])).sort();

describe.each([
  ['a server that answers 500', status(500, 'CUDA out of memory'), /500/, /CUDA out of memory/],
  ['a server that refuses the key', status(401, '{"error":{"message":"Invalid API key"}}'), /401/, /Invalid API key/],
  ['a server that answers something else', status(200, '<html>It works!</html>'), /./, /It works!/],
  ['a server that hangs up', (response: ServerResponse) => response.destroy(), /./, undefined],
  ['a server that never answers', () => undefined, /did not answer within 2 s|wrote nothing for 2 s/, undefined],
  [
    'a server that redirects',
    (response: ServerResponse) => response.writeHead(302, { location: 'http://127.0.0.1:9/v1' }).end(),
    /302.*redirects to http:\/\/127\.0\.0\.1:9/,
    /^$/,
  ],
  ['a server that answers with another kind of content', status(200, 'data'), /plain text instead of JSON/, /data/],
  ['a server that answers without choices', status(200, '{"object":"chat.completion"}'), /without choices/, /chat\.completion/],
  ['a server that answers with an empty list', status(200, '{"choices":[]}'), /an empty list of choices/, /choices/],
  ['a server whose JSON is cut off', status(200, '{"choices":[{"index":0,"mess'), /cannot be read; it may have been cut off/, /mess/],
  [
    'a server whose stream ends in the middle',
    (response: ServerResponse) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('data: {"choices":[{"index":0,"delta":{"content":"<step>3 + 4"}}]}\n\n');
    },
    /ended its stream in the middle/,
    /3 \+ 4/,
  ],
  [
    'a policy that never gives a final answer',
    completions((at) => `I like trains, number ${at}.`),
    /None of them has a final answer/,
    /I like trains/,
  ],
] as const)('labeling with %s', (_, dead, cause, reply) => {
  it('fails with the cause and the first reply, writes no tree, and works once the server is back', async () => {
    answer = dead;
    await expect(service.label(job, 0, none)).rejects.toThrow(cause);
    const { file, state } = told.at(-1)!;
    expect(state).toBe('failed');
    const failed = await viewOf(file);
    expect(failed.failure).toMatchObject({ message: expect.stringMatching(cause) as string, source: { uri: job.uri, problem: 0 } });
    if (reply === undefined) expect(failed.failure!.reply).toBeUndefined();
    else expect(failed.failure!.reply).toMatch(reply);
    expect(failed.labeling).toBeNull();
    expect(await files()).not.toContain('sum.json');
    expect(await resultsOf()).toMatchObject([
      { problem: 0, file, state: 'open', value: null, cause: expect.stringMatching(cause) as string },
    ]);
    answer = good;
    expect(await service.label(job, 0, none)).toMatchObject({ state: 'done', file });
    expect((await viewOf(file)).failure).toBeNull();
    expect(await resultsOf()).toMatchObject([{ problem: 0, file, state: 'finished', value: 0.5, failures: 0, cause: null }]);
  });
});

describe('a server that fails during labeling', () => {
  it('is waited for with a message, and the run continues once it is back', async () => {
    let asked = 0;
    // The first batch is answered, the second one is not.
    answer = (response, count) => (count < 4 || asked++ < 1 ? good : status(503, 'restarting'))(response, count);
    onWaiting = () => (answer = good);
    expect(await service.label(job, 0, none)).toMatchObject({ state: 'done', failures: 0 });
    expect(told.flatMap(({ waiting }) => waiting ?? [])[0]).toMatch(/503.*The run waits 1 s and tries again/);
  });
});

describe('the result of a labeling run in its problem file', () => {
  it('is absent before labeling, and is that of the newest run afterward', async () => {
    expect(await resultsOf()).toEqual([]);
    const first = await service.label(job, 0, none);
    const second = await service.label({ ...job, again: true }, 0, none);
    expect(first.file).not.toBe(second.file);
    expect(await resultsOf()).toMatchObject([{ file: second.file, state: 'finished' }]);
  });

  it('is that of the previous run while the log of the next one is empty', async () => {
    const { file } = await service.label(job, 0, none);
    await mkdir(join(folder, 'steplens-runs', 'problems-2'));
    await writeFile(join(folder, 'steplens-runs', 'problems-2', 'sum.events.jsonl'), '');
    for (let look = 0; look < 2; look++) expect(await resultsOf()).toMatchObject([{ file, state: 'finished' }]);
  });

  it('is "running" while another process writes the run, and "open" if the log is left incomplete', async () => {
    const { file } = await service.label(job, 0, none);
    const path = fileURLToPath(file);
    const logFile = path.replace('.json', '.events.jsonl');
    const lines = (await readFile(logFile, 'utf8')).split('\n');
    await rm(path);
    await writeFile(logFile, `${lines.slice(0, 3).join('\n')}\n`);
    const claim = await takeClaim(path.replace('.json', '.claim'), path);
    expect(await resultsOf()).toMatchObject([{ state: 'running' }]);
    const { labeling, failure, view } = await viewOf(pathToFileURL(logFile).href);
    expect(labeling).toMatchObject({ isElsewhere: true, rollouts: 4, state: 'running' });
    expect(failure).toBeNull();
    const before = view!.nodes.length;
    await appendFile(logFile, `${lines.slice(3, -1).join('\n')}\n`);
    const grown = await viewOf(pathToFileURL(logFile).href);
    expect(grown.view!.nodes.length).toBeGreaterThan(before);
    expect(grown.labeling, 'its last line ends it').toBeNull();
    await claim.release();
    await writeFile(logFile, `${lines.slice(0, 3).join('\n')}\n`);
    expect(await resultsOf()).toMatchObject([{ state: 'open', value: null }]);
  });
});

describe('a file that a labeling run wrote', () => {
  it.each(['sum.json', 'sum.events.jsonl'])('is labeled again in a folder beside that run, never below it: %s', async (name) => {
    const { file } = await service.label(job, 0, none);
    const own = pathToFileURL(join(fileURLToPath(file), '..', name)).href;
    const fromTree = { ...job, uri: own, problem: { ...job.problem, id: 'problem-1' } };
    expect(await service.label(fromTree, 0, none)).toMatchObject({ state: 'known', file });
    const again = await service.label({ ...fromTree, again: true }, 0, none);
    expect(fileURLToPath(again.file)).toBe(join(folder, 'steplens-runs', 'problems-2', 'sum.json'));
    const third = await service.label({ ...fromTree, uri: again.file, again: true }, 0, none);
    expect(fileURLToPath(third.file)).toBe(join(folder, 'steplens-runs', 'problems-3', 'sum.json'));
    expect(await readdir(join(folder, 'steplens-runs'))).toEqual(['problems', 'problems-2', 'problems-3']);
    expect(await resultsOf()).toMatchObject([{ file: third.file }]);
  });
});

describe('the event log of a run', () => {
  it('is drawn as a tree with the log line of each node and the details of each rollout', async () => {
    const { file } = await service.label(job, 0, none);
    const uri = file.replace('.json', '.events.jsonl');
    const events = (await readFile(fileURLToPath(uri), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; node?: number; steps?: string[] });
    const { view, replay } = await viewOf(uri);
    expect(replay).not.toBeNull();
    for (const node of view!.nodes.slice(1)) {
      const place = await service.nodePlace(uri, 0, { node: node.id }, undefined, 0.5);
      const { event, steps } = events[place!.range.start.line]!;
      expect(event).toBe('node');
      expect(steps).toEqual(node.steps.map(({ text }) => text));
    }
    const rollouts = await service.nodeRollouts(uri, 0, 0, undefined, 0.5);
    expect(rollouts.length).toBeGreaterThan(1);
    for (const { details, correct } of rollouts) {
      expect(details).toMatchObject({ verdict: correct ? 'right' : 'wrong', finish: 'stop', tokens: 30, shared: 4 });
      expect(details!.method).not.toBe('');
      expect(details!.seed).toBeGreaterThanOrEqual(0);
      expect(details!.ms).toBeGreaterThanOrEqual(0);
    }
  });

  it('has the raw text of each rollout if it keeps requests', async () => {
    const { file } = await service.label({ ...job, settings: { ...job.settings, labelingKeepRequests: 'always' } }, 0, none);
    const rollouts = await service.nodeRollouts(file.replace('.json', '.events.jsonl'), 0, 0, undefined, 0.5);
    expect(rollouts.map(({ details }) => details!.raw)).toContainEqual('<step>3 + 4 = 7.</step><answer>7</answer>');
  });

  it('has the failure of a verifier in English, while the trial of the policy reports it in the editor language', async () => {
    const failing = { ...job, settings: { ...job.settings, verifier: 'exit 3' } };
    const uri = pathToFileURL(join(folder, 'steplens-runs', 'problems', 'sum.events.jsonl')).href;
    const message = 'The verifier ended with code 3.';
    await expect(service.label(failing, 0, none)).rejects.toThrow(message);
    const written = await readFile(fileURLToPath(uri), 'utf8');
    expect(written).toContain(`"${message}"`);
    expect(await service.tryPolicy(failing, none)).toMatchObject({ method: 'error', reason: message });
    setTexts(chinese);
    try {
      expect(await service.tryPolicy(failing, none)).toMatchObject({ method: 'error', reason: '验证器以代码 3 结束。' });
      await rm(join(folder, 'steplens-runs'), { recursive: true });
      const again = await service.label(failing, 0, none).catch((error: unknown) => error as Error);
      expect(localMessage(again)).toContain('验证器以代码 3 结束。');
      const log = await readFile(fileURLToPath(uri), 'utf8');
      expect(log).toContain(`"${message}"`);
      expect(log).not.toContain('验证器');
    } finally {
      setTexts({});
    }
  });
});
