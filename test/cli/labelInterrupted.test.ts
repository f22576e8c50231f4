import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CliWorld } from '../../server/cli/command.js';
import { takeClaim } from '../../server/labeling/claim.js';
import { openPolicy } from '../../server/labeling/policies/openPolicy.js';
import { problemFiles } from '../../server/labeling/runFiles.js';
import { type Answer, streamServer } from '../labeling/streamServer.js';
import { run } from './runner.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'steplens-interrupted-'));
  await writeFile(join(root, 'problems.json'), JSON.stringify([{ id: 'a', question: 'How many?', correct_answer: '5' }]));
});
afterAll(() => rm(root, { recursive: true }));

const openReal: CliWorld['openPolicy'] = (choice, host) => openPolicy(choice, { ...host, bundledPolicy: '', inferenceEntry: '' });
const hangs: Answer = () => undefined;
const away: Answer = (response) => void response.writeHead(503).end();
const solves: Answer = (response) =>
  void response.end(JSON.stringify({ choices: [{ index: 0, message: { content: '<step>2 + 3</step><answer>5</answer>' } }] }));

interface Phase {
  /** The answer of /v1/models. */
  readonly models?: Answer;
  readonly answers: readonly Answer[];
  readonly args?: readonly string[];
  /** Number of requests received before the run is interrupted. */
  readonly after: number;
  /** Message of the run before it waits. */
  readonly says?: string;
  readonly isHeld?: boolean;
}

it.each<[string, Phase]>([
  ['asks for the models', { models: hangs, answers: [hangs], args: [], after: 0 }],
  ['finds out how the server continues', { answers: [hangs], args: ['--model', 'mini'], after: 1 }],
  ['samples', { answers: [hangs], args: ['--model', 'mini', '--continuation', 'prompt'], after: 1 }],
  ['waits between two attempts', { answers: [away], args: ['--model', 'mini', '--continuation', 'prompt', '--retries', '9'], after: 1 }],
  [
    'waits for a server that is away',
    { answers: [away], args: ['--model', 'mini', '--continuation', 'prompt', '--retries', '0'], after: 1, says: 'tries again' },
  ],
  ['plans', { answers: [hangs], args: ['--model', 'mini', '--continuation', 'prompt', '--plan'], after: 1 }],
  [
    'waits for another process',
    { answers: [solves], args: ['--model', 'mini', '--continuation', 'prompt', '--shared'], after: 0, isHeld: true },
  ],
])('a run that is interrupted while it %s ends at once, leaves no lock, and says how to continue', async (name, phase) => {
  const server = await streamServer(...phase.answers);
  if (phase.models) server.models = phase.models;
  const out = join(root, name.replaceAll(' ', '-'));
  await mkdir(out);
  const files = problemFiles(out, 'a', 'mcts');
  const claim = phase.isHeld === true ? await takeClaim(files.claim, files.result) : undefined;
  const stop = new AbortController();
  let said = '';
  const running = run(['label', join(root, 'problems.json'), '--policy', server.url, '--out', out, ...(phase.args ?? [])], {
    openPolicy: openReal,
    signal: stop.signal,
    err: { write: (text) => (said += text as string) },
  });
  await expect.poll(() => server.requests.length >= phase.after && said.includes(phase.says ?? ''), { timeout: 60_000 }).toBe(true);
  stop.abort();
  expect((await running).code).toBe(130);
  expect(said).toContain('interrupted after 0 problems of 1; the same command resumes from here\n');
  await claim?.release();
  expect((await readdir(out)).filter((file) => /\.(lock|claim)$/.test(file))).toEqual([]);
});
