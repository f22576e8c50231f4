import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DebugClient } from '@vscode/debugadapter-testsupport';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MomentBody, SearchDebugSession } from '../../server/debug/debugSession.js';
import { currentStep, momentTexts, nodeAt } from '../../server/debug/moment.js';
import { createDebugWorld } from '../../server/debug/openTargets.js';
import { readDocument } from '../../server/formats/registry.js';
import type { RunEvent } from '../../server/labeling/runEvents.js';
import { problemFiles } from '../../server/labeling/runFiles.js';
import { replayAll } from '../../server/labeling/searchTree.js';
import { treeText } from '../../server/labeling/treeFile.js';
import { walkPolicy } from '../labeling/scripted.js';
import { recordedSearch, settings, walkJudge } from './recorded.js';

let folder: string;
let server: Server;
let client: DebugClient;
let sampled: number;
let sessions: SearchDebugSession[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-debug-'));
  sampled = 0;
  sessions = [];
  const policy = walkPolicy({ mistakeRate: 0.25 });
  const counting = {
    ...policy,
    sample: (request: Parameters<typeof policy.sample>[0]) => {
      sampled += request.count;
      return policy.sample(request);
    },
  };
  const world = createDebugWorld({
    openPolicy: () => Promise.resolve(counting),
    openJudge: () => Promise.resolve(walkJudge),
    keepsRequests: () => true,
  });
  server = createServer((socket) => {
    const session = new SearchDebugSession(world);
    sessions.push(session);
    session.setRunAsServer(true);
    session.start(socket, socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new DebugClient('', '', 'steplens');
  await client.start((server.address() as AddressInfo).port);
  await client.initializeRequest();
});

afterEach(async () => {
  await client.stop();
  server.close();
  await rm(folder, { recursive: true });
});

function without({ at: _at, cost: _cost, ...event }: RunEvent): object {
  return event;
}

async function writeLog(events: readonly RunEvent[]): Promise<string> {
  const log = problemFiles(folder, 'p', 'mcts').log;
  await writeFile(log, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  return log;
}

const stopped = (): Promise<DebugProtocol.StoppedEvent> => client.waitForEvent('stopped', 20_000) as Promise<DebugProtocol.StoppedEvent>;

/** Sends a request that moves the search forward or back, and waits until it stops. */
async function until(ask: () => Promise<unknown>): Promise<{ readonly reason: string; readonly event: number }> {
  const [{ body }] = await Promise.all([stopped(), ask()]);
  const { body: stack } = await client.stackTraceRequest({ threadId: 1 });
  return { reason: body.reason, event: stack.stackFrames[0]!.line - 1 };
}

async function attach(run: string, more: object = {}): Promise<{ readonly reason: string; readonly event: number }> {
  const [{ reason, event }] = await Promise.all([
    until(() => client.waitForEvent('initialized').then(() => client.configurationDoneRequest())),
    client.attachRequest({ run, ...more } as DebugProtocol.AttachRequestArguments),
  ]);
  return { reason, event };
}

async function scope(name: string, frame = 0): Promise<DebugProtocol.Variable[]> {
  const { body: stack } = await client.stackTraceRequest({ threadId: 1 });
  const { body } = await client.scopesRequest({ frameId: stack.stackFrames[frame]!.id });
  const found = body.scopes.find((one) => one.name === name)!;
  return (await client.variablesRequest({ variablesReference: found.variablesReference })).body.variables;
}

describe('debugging a finished log', () => {
  it('reports its position after every stop, and knows each node of the file as of that moment', async () => {
    const events = await recordedSearch();
    const log = await writeLog(events);
    await writeFile(log.replace('.events.jsonl', '.json'), treeText(replayAll(events)!));
    const [problem] = readDocument(await readFile(log.replace('.events.jsonl', '.json'), 'utf8'), 'json')!.problems;
    const told: MomentBody[] = [];
    client.on('steplens/moment', ({ body }: { body: MomentBody }) => told.push(body));
    await attach(log);
    const value = events.findIndex(({ event }, i) => event === 'value' && i > 10);
    while (sessions[0]!.moment!.number < value) await until(() => client.stepInRequest({ threadId: 1 }));
    await expect.poll(() => told.at(-1)).toEqual({ log, file: log.replace('.events.jsonl', '.json'), event: value });
    expect(told.map(({ event }) => event)).toEqual(Array.from({ length: value + 1 }, (_, i) => i));
    const moment = sessions[0]!.moment!;
    const step = currentStep(moment, problem!)!;
    const { node, correct, total } = events[value] as { node: number; correct: number; total: number };
    expect(nodeAt(moment, problem!, step)).toMatchObject({ id: node, correct, total });
    expect(momentTexts([moment], problem!, step)[0]).toContain(`event ${value} (value)`);
    // Later nodes are not known yet, and another problem has no current step.
    const known = problem!.steps.filter(({ index }) => nodeAt(moment, problem!, index));
    expect(known.length).toBeLessThan(problem!.tree!.nodes.length - 1);
    expect(currentStep(moment, { ...problem!, question: 'Another?' })).toBeUndefined();
  });

  it('steps by event, by search and back, and runs to the end and back to the beginning', async () => {
    const events = await recordedSearch();
    expect(await attach(await writeLog(events))).toEqual({ reason: 'entry', event: 0 });
    expect(await until(() => client.stepInRequest({ threadId: 1 }))).toEqual({ reason: 'step', event: 1 });
    const selections = events.flatMap(({ event }, i) => (event === 'selected' ? [i] : []));
    expect((await until(() => client.nextRequest({ threadId: 1 }))).event).toBe(selections[0]);
    expect((await until(() => client.nextRequest({ threadId: 1 }))).event).toBe(selections[1]);
    expect((await until(() => client.stepBackRequest({ threadId: 1 }))).event).toBe(selections[1]! - 1);
    expect(await until(() => client.continueRequest({ threadId: 1 }))).toEqual({ reason: 'end', event: events.length - 1 });
    expect(await until(() => client.reverseContinueRequest({ threadId: 1 }))).toEqual({ reason: 'entry', event: 0 });
  });

  it('stops at events by kind, condition and log line, forward and back, and writes logpoints', async () => {
    const events = await recordedSearch();
    const log = await writeLog(events);
    await attach(log);
    const zero = events.flatMap((event, i) => (event.event === 'value' && event.value === 0 ? [i] : []));
    const { body } = await client.setFunctionBreakpointsRequest({
      breakpoints: [{ name: 'value', condition: 'mc == 0' }, { name: 'nothing' }, { name: 'move', condition: 'mc <' }],
    });
    expect(body.breakpoints.map(({ verified }) => verified)).toEqual([true, false, false]);
    expect(body.breakpoints[2]!.message).toContain('not complete');
    expect(await until(() => client.continueRequest({ threadId: 1 }))).toEqual({ reason: 'breakpoint', event: zero[0] });
    expect((await until(() => client.continueRequest({ threadId: 1 }))).event).toBe(zero[1]);
    expect((await until(() => client.reverseContinueRequest({ threadId: 1 }))).event).toBe(zero[0]);

    await client.setFunctionBreakpointsRequest({ breakpoints: [] });
    await client.setExceptionBreakpointsRequest({
      filters: [],
      filterOptions: [{ filterId: 'verdict', condition: "verdict == 'right' && depth > 0" }],
    });
    const hit = await until(() => client.continueRequest({ threadId: 1 }));
    expect(events[hit.event]!.event).toBe('rollouts');
    await client.setExceptionBreakpointsRequest({ filters: [] });

    const output = client.waitForEvent('output', 20_000);
    const line = events.findIndex(({ event }, i) => event === 'selected' && i > hit.event) + 1;
    await client.setBreakpointsRequest({
      source: { path: log },
      breakpoints: [{ line, logMessage: 'Q {q} of {pool}' }, { line: line + 1 }],
    });
    expect((await until(() => client.continueRequest({ threadId: 1 }))).event).toBe(line);
    const selected = events[line - 1] as Extract<RunEvent, { event: 'selected' }>;
    expect((await output).body).toMatchObject({ output: `Q ${selected.q} of ${selected.pool}\n` });
  });

  it('shows the path as the stack, and node, batch, pool and settings as variables', async () => {
    const events = await recordedSearch();
    await attach(await writeLog(events));
    await client.setFunctionBreakpointsRequest({ breakpoints: [{ name: 'rollouts', condition: 'depth >= 2' }] });
    const { event } = await until(() => client.continueRequest({ threadId: 1 }));
    const at = events[event] as Extract<RunEvent, { event: 'rollouts' }>;
    const { body: stack } = await client.stackTraceRequest({ threadId: 1 });
    expect(stack.totalFrames).toBeGreaterThanOrEqual(3);
    expect(stack.stackFrames.at(-1)!.name).toMatch(/^node 0, \d/);
    expect(events[stack.stackFrames[1]!.line - 1]).toMatchObject({ event: 'node', node: stack.stackFrames[1]!.id - 1 });
    expect(await scope('Batch')).toHaveLength(at.rollouts.length);
    expect((await scope('Node')).find(({ name }) => name === 'id')!.value).toBe(String(at.node));
    expect((await scope('Settings')).find(({ name }) => name === 'cPuct')!.value).toBe('0.125');
    expect((await scope('Pool')).length).toBeGreaterThan(0);
    expect((await client.evaluateRequest({ expression: 'mc == 1 || total >= 0', context: 'watch' })).body.result).toBe('true');
    await expect(client.evaluateRequest({ expression: 'mc <', context: 'watch' })).rejects.toThrow('cannot be read');
  });

  it('reports an invalid launch configuration and a damaged log', async () => {
    await expect(client.attachRequest({ run: 3 } as never)).rejects.toThrow('"run" of the launch configuration is not a text');
    await expect(client.attachRequest({ run: join(folder, 'none') } as never)).rejects.toThrow('does not exist');
    const log = await writeLog(await recordedSearch());
    await writeFile(log, (await readFile(log, 'utf8')).replace('"event":"value"', '"event":"valu'));
    await attach(log);
    const output = client.waitForEvent('output', 20_000);
    expect((await until(() => client.continueRequest({ threadId: 1 }))).reason).toBe('exception');
    expect((await output).body).toMatchObject({ category: 'stderr' });
  });
});

describe('"what if" in the debug console', () => {
  it('forks with other settings from recorded rollouts, and samples only when these do not suffice', async () => {
    const events = await recordedSearch();
    const log = await writeLog(events);
    const before = await readFile(log);
    await attach(log, { policy: 'walk' });
    await until(() => client.nextRequest({ threadId: 1 }));
    const forked = client.waitForEvent('steplens/forked', 20_000);
    const { body } = await client.evaluateRequest({ expression: 'what if cPuct = 0.125', context: 'repl' });
    const rollouts = events.flatMap((event) => (event.event === 'rollouts' ? event.rollouts : [])).length;
    expect(body.result).toContain(`${rollouts} recorded rollouts used, 0 sampled`);
    expect(body.result).toContain('0 have another value, 0 are only in the original, 0 only in the fork');
    expect(sampled).toBe(0);
    expect(JSON.parse(await readFile(((await forked).body as { file: string }).file, 'utf8'))).toMatchObject({ id: 'p' });
    const { body: other } = await client.evaluateRequest({ expression: 'what if rollouts = 12', context: 'repl' });
    expect(Number(/(\d+) recorded/.exec(other.result)![1])).toBeGreaterThan(0);
    expect(sampled).toBe(Number(/(\d+) sampled/.exec(other.result)![1]));
    expect(sampled).toBeGreaterThan(0);
    expect(await readFile(log)).toEqual(before);
  });

  it('forks with another verdict for a rollout, and refuses unknown changes', async () => {
    const events = await recordedSearch();
    await attach(await writeLog(events), { policy: 'walk' });
    await client.setFunctionBreakpointsRequest({ breakpoints: [{ name: 'rollouts' }] });
    const { event } = await until(() => client.continueRequest({ threadId: 1 }));
    const { rollouts } = events[event] as Extract<RunEvent, { event: 'rollouts' }>;
    const right = rollouts.findIndex((one) => !('failure' in one) && one.verdict === 'right');
    const { body } = await client.evaluateRequest({ expression: `what if rollout ${right} = wrong`, context: 'repl' });
    expect(Number(/(\d+) have another value/.exec(body.result)![1])).toBeGreaterThan(0);
    await expect(client.evaluateRequest({ expression: 'what if speed = 3', context: 'repl' })).rejects.toThrow(
      '"speed = 3" is not a change',
    );
    await expect(client.evaluateRequest({ expression: 'what if rollout 99 = wrong', context: 'repl' })).rejects.toThrow(
      'no judged rollout 99',
    );
  });
});

describe('debugging a live search', () => {
  it('samples nothing while it is stopped, and writes the same files as a run without a debugger', async () => {
    const problems = join(folder, 'problems.json');
    await writeFile(problems, JSON.stringify([{ id: 'p', question: 'How many?', correct_answer: '0' }]));
    const { rollouts, searches, budget, seed } = settings as typeof settings & { method: 'mcts' };
    const out = join(folder, 'run');
    const configuration = { program: problems, policy: 'walk', out, rollouts, searches, budget, seed };
    const [entry] = await Promise.all([
      until(() => client.waitForEvent('initialized').then(() => client.configurationDoneRequest())),
      client.launchRequest(configuration as DebugProtocol.LaunchRequestArguments),
    ]);
    expect(entry).toEqual({ reason: 'entry', event: 0 });
    expect(sampled).toBe(0);
    expect((await until(() => client.stepInRequest({ threadId: 1 }))).event).toBe(1);
    expect(sampled).toBe(rollouts);
    await client.setFunctionBreakpointsRequest({ breakpoints: [{ name: 'selection', hitCondition: '2' }] });
    expect((await until(() => client.continueRequest({ threadId: 1 }))).reason).toBe('breakpoint');
    const paused = sampled;
    await client.stepBackRequest({ threadId: 1 });
    expect(sampled).toBe(paused);
    await client.setFunctionBreakpointsRequest({ breakpoints: [] });
    expect((await until(() => client.continueRequest({ threadId: 1 }))).reason).toBe('end');
    const log = await readFile(problemFiles(out, 'p', 'mcts').log, 'utf8');
    const alone = (await recordedSearch()).slice(1);
    const written = log.split('\n').slice(1, -1);
    // A debugged search also writes the time of each event.
    expect(written.map((line) => without(JSON.parse(line) as RunEvent))).toEqual(alone);
  });

  it('follows a log that another process is still writing', async () => {
    const events = await recordedSearch();
    const log = await writeLog(events.slice(0, 5));
    await attach(log);
    const rest = until(() => client.continueRequest({ threadId: 1 }));
    await writeFile(
      log,
      events
        .slice(5)
        .map((event) => `${JSON.stringify(event)}\n`)
        .join(''),
      { flag: 'a' },
    );
    expect(await rest).toEqual({ reason: 'end', event: events.length - 1 });
    expect(await until(() => client.reverseContinueRequest({ threadId: 1 }))).toEqual({ reason: 'entry', event: 0 });
  });

  it('can be paused while it waits for a log to continue', async () => {
    await attach(await writeLog((await recordedSearch()).slice(0, 5)));
    const paused = until(() => client.continueRequest({ threadId: 1 }).then(() => client.pauseRequest({ threadId: 1 })));
    expect(await paused).toEqual({ reason: 'pause', event: 4 });
  });
});
