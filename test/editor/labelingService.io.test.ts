import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { localVerifier } from '../../server/answers/localVerifier.js';
import { openEditorJudge } from '../../server/editor/editorPolicy.js';
import { createLabeler } from '../../server/editor/labeler.js';
import type { LabelJob } from '../../server/editor/labelerPort.js';
import { createLabelingService, type LabelingService } from '../../server/editor/labelingService.js';
import { imagePlace } from '../../server/files/images.js';
import { readDocument } from '../../server/formats/registry.js';
import { readEventLog } from '../../server/labeling/eventLog.js';
import type { Policy, SampledRollout, SampleRequest } from '../../server/labeling/policy.js';
import { type ScoredDocument, scoredProblem } from '../../server/language/scoredDocument.js';
import { readInEditor } from '../../server/lsp/world.js';
import type { LabelingParams } from '../../server/protocol/labeling.js';
import type { ProblemView } from '../../server/protocol/problemView.js';
import { defaultSettings } from '../../server/protocol/settingsTable.js';
import { LineIndex } from '../../server/reasoning/span.js';
import { viewAt } from '../../webview/tree/model/replay.js';
import { counted, countingPolicy, startServer } from '../labeling/openAiSetup.js';
import { ManualClock } from './harness.js';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const none = new AbortController().signal;
const settings = { ...defaultSettings, labelingRollouts: 4, labelingBudget: 40 };

/** Two of four rollouts are right. Rollouts from a prefix with the word "slip" are all wrong. */
class ScriptedPolicy implements Policy {
  asked = 0;
  disposed = 0;
  /** Called before each answer. */
  before: (request: SampleRequest) => void = () => undefined;

  describe() {
    return Promise.resolve({ name: 'scripted', fingerprint: 'scripted', isDeterministic: true });
  }

  sample(request: SampleRequest): Promise<readonly SampledRollout[]> {
    this.before(request);
    request.signal?.throwIfAborted();
    this.asked++;
    const { prefix, count } = request;
    const isLost = prefix.some((step) => step.includes('slip'));
    return Promise.resolve(
      Array.from({ length: count }, (_, i): SampledRollout => {
        if (i === 3 && prefix.length === 0) return { failure: 'The server answered 500.' };
        const isRight = !isLost && i % 2 === 0;
        const steps = isRight ? ['3 + 4 = 7', `so ${i} more`, 'The answer is 7.'] : ['3 + 4 = 7', `a slip ${i}`, 'The answer is 8.'];
        return { steps: steps.slice(Math.min(prefix.length, 2)), finish: 'stop' };
      }),
    );
  }

  dispose() {
    this.disposed++;
    return Promise.resolve();
  }
}

/** The editor's secrets. */
const keys = new Map<string, string>();
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
let folder: string;
let policy: ScriptedPolicy;
let clock: ManualClock;
let told: LabelingParams[];
let reports: string[];
let service: LabelingService;
let job: LabelJob;
const labeler = createLabeler(
  () => Promise.resolve(policy),
  (verifier, judge) =>
    openEditorJudge(verifier, judge, { key: (url) => Promise.resolve(keys.get(url)), log, requireConsent: () => undefined }),
  localVerifier(),
  (message) => reports.push(message),
);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-labeling-'));
  policy = new ScriptedPolicy();
  clock = new ManualClock();
  told = [];
  reports = [];
  service = createLabelingService({ labeler, read: readInEditor, clock, log, onChange: (params) => told.push(params) });
  const uri = pathToFileURL(join(folder, 'problems.json')).href;
  job = {
    problem: { id: 'sum', question: 'What is 3 + 4?', answer: '7', images: [] },
    uri,
    images: [],
    place: imagePlace(uri, []),
    settings,
    again: false,
  };
});
afterEach(async () => {
  await service.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function labeled(
  more: Partial<LabelJob> = {},
): Promise<{ file: string; state: string; rollouts: number; resumed: number; failures: number }> {
  return service.label({ ...job, ...more }, 0, none);
}

async function documentOf(file: string, change: (text: string) => string = (text) => text): Promise<ScoredDocument> {
  const text = change(await readFile(fileURLToPath(file), 'utf8'));
  const reasoning = readDocument(text, file.endsWith('l') ? 'jsonl' : 'json')!;
  return {
    uri: file,
    version: 1,
    lines: new LineIndex(text),
    reasoning,
    problems: reasoning.problems.map((problem) => scoredProblem(problem, undefined, 0.5)),
    threshold: 0.5,
  };
}

const viewOf = async (file: string, document?: ScoredDocument, problem = 0) => {
  const { view, ...rest } = await service.treeView(file, problem, document, 0.5, () => Promise.resolve([]));
  return { ...rest, view: view === null ? null : (JSON.parse(view) as ProblemView) };
};

describe('labeling a problem', () => {
  it('writes the tree beside the file, closes the policy, and finds the tree the next time', async () => {
    const first = await labeled();
    expect(first).toMatchObject({ state: 'done', resumed: 0 });
    expect(fileURLToPath(first.file)).toBe(join(folder, 'steplens-runs', 'problems', 'sum.json'));
    expect(first.failures).toBeGreaterThan(0);
    const asked = policy.asked;
    expect(policy.disposed).toBe(1);
    expect(await labeled()).toMatchObject({ state: 'known', file: first.file, rollouts: first.rollouts, resumed: first.rollouts });
    expect(policy.asked).toBe(asked);
  });

  it('writes a second run, and one with other settings, to folders of their own', async () => {
    await labeled();
    const again = await labeled({ again: true });
    expect(again.file).toMatch(/problems-2\/sum\.json$/);
    expect(await labeled({ settings: { ...settings, labelingRollouts: 2 } })).toMatchObject({
      state: 'done',
      file: expect.stringMatching(/problems-3\/sum\.json$/) as string,
    });
    expect(await labeled()).toMatchObject({ state: 'known', file: again.file });
    expect(await readdir(join(folder, 'steplens-runs'))).toEqual(['problems', 'problems-2', 'problems-3']);
  });

  it('reports progress at most ten times a second, and reports its end', async () => {
    policy.before = () => clock.advance(40);
    const { rollouts } = await labeled();
    const running = told.filter(({ state }) => state === 'running');
    expect(running.length).toBeGreaterThan(1);
    // Every batch takes 40 ms: the first report, one for each 100 ms, and the last.
    expect(running.length).toBeLessThanOrEqual(2 + (policy.asked * 40) / 100);
    expect(told.at(-1)).toMatchObject({ state: 'ended', rollouts, budget: 40, problem: 0 });
  });

  it('keeps what a cancelled run has sampled, shows it, and resumes from there', async () => {
    const whole = await labeled({ problem: { ...job.problem, id: 'other' } });
    const stop = new AbortController();
    const before = policy.asked;
    policy.before = () => {
      if (policy.asked === before + 2) stop.abort();
    };
    const cancelled = await service.label(job, 0, stop.signal);
    expect(cancelled).toMatchObject({ state: 'cancelled', rollouts: 8 });
    const { file } = cancelled;
    const { view, replay, labeling } = await viewOf(file);
    expect(labeling).toBeNull();
    expect(view!.nodes[0]!.mc).toMatchObject({ correct: 2, total: 3 });
    expect(replay!.frames.at(-1)!.event.kind).not.toBe('end');
    policy.before = () => undefined;
    expect(await labeled()).toMatchObject({ state: 'done', file, resumed: 8, rollouts: whole.rollouts });
  });

  it('refuses a second run into the same file, and sets a damaged log aside', async () => {
    let second: Promise<unknown> | undefined;
    policy.before = () => {
      second ??= service.label(job, 0, none).catch((error: unknown) => error);
    };
    await labeled();
    expect(String(await second)).toContain('being labeled already');
    await writeFile(join(folder, 'steplens-runs', 'problems', 'sum.events.jsonl'), 'nonsense\n');
    expect(await service.label(job, 0, none)).toMatchObject({ state: 'done', resumed: 0 });
    expect(await readFile(join(folder, 'steplens-runs', 'problems', 'sum.damaged'), 'utf8')).toBe('nonsense\n');
    expect(reports).toEqual([expect.stringContaining('sum.events.jsonl:1: this line is not an event')]);
  });

  it('shows the tree so far while it runs', async () => {
    const sizes: Promise<number>[] = [];
    policy.before = () => {
      const file = told.at(-1)!.file;
      sizes.push(viewOf(file).then(({ view, labeling }) => (labeling === null ? -1 : (view?.nodes.length ?? 0))));
    };
    const { file } = await labeled();
    const grown = await Promise.all(sizes);
    expect(grown[1]).toBeGreaterThan(0);
    expect(grown).toEqual([...grown].sort((a, b) => a - b));
    expect((await viewOf(file, await documentOf(file))).view!.nodes.length).toBeGreaterThanOrEqual(grown.at(-1)!);
  });
});

describe('a judge that is set in the settings', () => {
  it('is asked with its key where the rules cannot decide, is listed among the servers, and gets its own run', async () => {
    const server = await startServer(
      { steps: 'plain', apiKey: 'secret' },
      { ...countingPolicy, sample: () => Promise.resolve([{ steps: ['Yes'], finish: 'stop' }]) },
      ['checker'],
    );
    // Without a marked answer the rules cannot decide.
    policy.sample = ({ prefix, count, seed }) =>
      Promise.resolve(
        Array.from({ length: count }, (_, i) => ({
          steps: [...counted(0, seed + i).slice(0, 2), 'That makes the seven we looked for'].slice(prefix.length),
          finish: 'stop' as const,
        })),
      );
    const judged = { ...settings, labelingJudge: server.url, labelingJudgeModel: 'checker' };
    await expect(service.label({ ...job, settings: judged }, 0, none), 'without the key').rejects.toThrow('refuses the key');
    keys.set(server.url, 'secret');
    const { file } = await labeled({ settings: judged });
    const { origin } = new URL(server.url);
    expect(told.at(-1)).toMatchObject({ state: 'ended', servers: [origin] });
    const { recorded } = await readEventLog(fileURLToPath(file).replace('.json', '.events.jsonl'));
    const methods = recorded.flatMap(({ event }) =>
      event.event === 'rollouts' ? event.rollouts.map((one) => ('failure' in one ? 'failure' : `${one.verdict} by ${one.method}`)) : [],
    );
    expect(new Set(methods)).toEqual(new Set(['right by llm']));
    expect(server.requests[0]!.messages![0]!.content).toContain('That makes the seven');
    const before = server.requests.length;
    // No judge is available to decide, so the problem stays open.
    await expect(service.label(job, 0, none)).rejects.toThrow(/stays open: no rollout from the question is right or wrong/);
    expect(told.at(-1)!.file).not.toBe(file);
    expect(server.requests).toHaveLength(before);
    expect(told.at(-1)!.servers).toEqual([]);
    const both = { ...judged, labelingPolicy: 'http://policy.example/v1' };
    await labeled({ settings: both, again: true });
    expect(told.at(-1)!.servers).toEqual(['http://policy.example', origin]);
  });

  it('is refused without a model, with the name of the missing setting', async () => {
    const judged = { ...settings, labelingJudge: 'http://localhost:1/v1' };
    await expect(service.label({ ...job, settings: judged }, 0, none)).rejects.toThrow('Labeling: Judge Model');
  });
});

describe('a verifier that is set in the settings', () => {
  it('decides instead of the rules, gets the key of its server, and has its reasons in the log', async () => {
    const asked: { readonly key: string | undefined; readonly body: object }[] = [];
    const endpoint = createServer((request, response) => {
      void textOf(request).then((body) => {
        const { answer } = JSON.parse(body) as { readonly answer: string | null };
        asked.push({ key: request.headers.authorization, body: JSON.parse(body) as object });
        response.end(JSON.stringify({ verdict: answer === '7' ? 'wrong' : 'right', reason: `not ${answer}` }));
      });
    });
    await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      endpoint.closeAllConnections();
      endpoint.close();
    });
    const { port } = endpoint.address() as AddressInfo;
    const verifier = `http://127.0.0.1:${port}/verify`;
    keys.set(verifier, 'secret');
    const { file } = await labeled({ settings: { ...settings, verifier } });
    expect(told.at(-1)!.servers).toEqual([`http://127.0.0.1:${port}`]);
    expect(asked[0]).toMatchObject({ key: 'Bearer secret', body: { question: 'What is 3 + 4?', reference: '7' } });
    const { recorded } = await readEventLog(fileURLToPath(file).replace('.json', '.events.jsonl'));
    expect(recorded[0]!.event).toMatchObject({ event: 'begin', judge: `endpoint 127.0.0.1:${port}/verify` });
    const rollouts = recorded.flatMap(({ event }) =>
      event.event === 'rollouts' ? event.rollouts.filter((one) => !('failure' in one)) : [],
    );
    expect(rollouts.length).toBeGreaterThan(0);
    for (const rollout of rollouts) {
      const { answer } = rollout as { readonly answer: string };
      expect(rollout).toMatchObject({ verdict: answer === '7' ? 'wrong' : 'right', method: 'own', reason: `not ${answer}` });
    }
  });
});

describe('the replay of a run', () => {
  it('finds the log line that made a node, and the node that a log line made', async () => {
    const { file } = await labeled();
    const log = file.replace(/\.json$/, '.events.jsonl');
    const lines = (await readFile(fileURLToPath(log), 'utf8')).split('\n');
    const place = (await service.nodePlace(log, 0, { node: 1 }, undefined, 0.5))!;
    const { start, end } = place.range;
    const event = JSON.parse(lines[start.line]!) as { event: string; steps: string[] };
    expect(event.event).toBe('node');
    expect(end).toEqual({ line: start.line, character: lines[start.line]!.length });
    expect(place.steps.map(({ text }) => text.trim())).toEqual(event.steps.map((text) => text.trim()));
    expect(await service.nodeOfLine(log, 0, start.line)).toBe(1);
    expect([await service.nodeOfLine(log, 0, 9999), await service.nodePlace(log, 0, { node: 999 }, undefined, 0.5)]).toEqual([null, null]);
  });

  it('ends with the tree of the file, and shows the log so far at every moment', async () => {
    const { file } = await labeled();
    const { view, replay } = await viewOf(file, await documentOf(file));
    const end = viewAt(view!, replay!, replay!.frames.length);
    expect(
      end.nodes.map(({ value, mc, visits, children, rollouts }) => ({ value, mc, visits, children, rollouts: rollouts.length })),
    ).toEqual(view!.nodes.map(({ value, mc, visits, children, rollouts }) => ({ value, mc, visits, children, rollouts: rollouts.length })));
    expect(viewAt(view!, replay!, 1).nodes[0]).toMatchObject({ children: [], value: null, rollouts: [] });
    const batch = replay!.frames.findIndex(({ event }) => event.kind === 'rollouts');
    expect(replay!.frames[batch]).toMatchObject({ node: 0, event: { right: 2, wrong: 1, failed: 1, undecided: 0 } });
    expect(viewAt(view!, replay!, batch + 2).nodes[0]).toMatchObject({ value: 2 / 3 });
    const moves = replay!.frames.flatMap(({ event }) => (event.kind === 'move' ? [`${event.outcome} ${event.step}`] : []));
    expect(moves.slice(0, 2)).toEqual(['before 2', 'after 1']);
  });

  it('exists for each record of a Monte-Carlo run, and shows its own solution step by step', async () => {
    const { file } = await labeled({ settings: { ...settings, labelingMethod: 'monte-carlo' } });
    const document = await documentOf(file);
    expect(document.problems).toHaveLength(3);
    for (const {
      problem: { index },
    } of document.problems) {
      const { view, replay } = await viewOf(file, document, index);
      expect(view!.isSearchTree).toBe(false);
      const kinds = replay!.frames.map(({ event, node }) => `${event.kind} ${node}`);
      const ofStep = (step: number) => [`node ${step}`, `rollouts ${step}`, `value ${step}`];
      expect(kinds).toEqual(['begin 0', 'rollouts 0', 'value 0', ...[1, 2, 3].flatMap(ofStep), 'end 0']);
      expect(viewAt(view!, replay!, replay!.frames.length)).toEqual(view);
      expect(viewAt(view!, replay!, 5).nodes.map(({ children, value }) => [children, value])).toEqual([
        [[1], null],
        [[], null],
        [[], null],
        [[], null],
      ]);
      expect(viewAt(view!, replay!, 6).nodes[1]!.mc).toEqual(view!.nodes[1]!.mc);
    }
    const edited = await documentOf(file, (text) => text.replace('"step":"3 + 4 = 7"', '"step":"4 + 3 = 7"'));
    expect((await viewOf(file, edited, 0)).replay).toBeNull();
    expect((await viewOf(file, edited, 1)).replay).not.toBeNull();
    const moved = await documentOf(file, (text) =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .reverse()
        .join('\n'),
    );
    expect((await viewOf(file, moved, 0)).replay).toEqual((await viewOf(file, document, 2)).replay);
    expect((await viewOf(file, await documentOf(file, (text) => text.replaceAll('"id":"sum-', '"id":"other-')), 0)).replay).toBeNull();
  });

  it('exists for every Monte-Carlo record of the sample workspace', async () => {
    for (const name of ['perimeter', 'rates', 'sharing']) {
      const file = pathToFileURL(`media/samples/monte-carlo/${name}.jsonl`).href;
      const document = await documentOf(file);
      expect(document.problems.length).toBeGreaterThan(0);
      for (const {
        problem: { index },
      } of document.problems) {
        const { view, replay } = await viewOf(file, document, index);
        expect(viewAt(view!, replay!, replay!.frames.length), `${name} ${index}`).toEqual(view);
      }
    }
  });

  it('is absent without a log, or if the file has another tree', async () => {
    const { file } = await labeled();
    expect((await viewOf(file, await documentOf(file, (text) => text.replaceAll('a slip', 'an error')))).replay).toBeNull();
    await rm(fileURLToPath(file).replace('.json', '.events.jsonl'));
    expect((await viewOf(file, await documentOf(file))).replay).toBeNull();
  });
});

describe('more rollouts from a node', () => {
  it('are added to the log and the file, and count as undone if the older file is restored', async () => {
    const { file } = await labeled();
    const before = await readFile(fileURLToPath(file), 'utf8');
    const document = await documentOf(file);
    const node = document.reasoning.problems[0]!.tree!.nodes.find(({ depth, mc }) => depth > 0 && mc?.total === 4)!;
    expect(await service.more(document, 0, node.id, 8, job, none)).toEqual({
      right: expect.any(Number) as number,
      wrong: expect.any(Number) as number,
      undecided: 0,
      failed: 0,
    });
    const after = await viewOf(file, await documentOf(file));
    const grown = after.view!.nodes.filter(({ mc }) => mc?.total === 12);
    expect(grown.map(({ steps }) => steps.map(({ text }) => text))).toEqual([
      node.steps.map((step) => document.reasoning.problems[0]!.steps[step]!.text),
    ]);
    expect(after.replay!.undone).toBe(0);
    await writeFile(fileURLToPath(file), before);
    expect((await viewOf(file, await documentOf(file))).replay!.undone).toBe(8);
  });

  it('need the event log', async () => {
    const { file } = await labeled();
    const document = await documentOf(file);
    await rm(fileURLToPath(file).replace('.json', '.events.jsonl'));
    await expect(service.more(document, 0, 0, 4, job, none)).rejects.toThrow('event log');
  });
});
