import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';
import { isUnfinished } from '../../server/disk/writeWhole.js';
import { readEventLog } from '../../server/labeling/eventLog.js';
import { LabelProblem } from '../../server/protocol/labeling.js';
import { defaultSettings } from '../../server/protocol/settingsTable.js';
import { TestClient } from '../lsp/client.js';
import { done } from './figures.js';

const question = 'There are 6 plums in a box. Maya buys 3 boxes, eats 4 plums and shares the rest among 2 friends. How many does each get?';
/** More problems than can be labeled before the signal arrives. */
const problems = JSON.stringify(
  Array.from({ length: 300 }, (_, i) => ({ id: i === 0 ? 'plums' : `plums_${i}`, question, correct_answer: '7' })),
);
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-signals-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function newFolder(name: string): Promise<string> {
  const made = await mkdtemp(join(folder, `${name}-`));
  await writeFile(join(made, 'problems.json'), problems);
  return made;
}

/** Checks that a stopped run leaves no lock, claim or unfinished file, and a log of complete events. */
async function expectTidy(run: string): Promise<void> {
  const names = await readdir(run);
  expect(names.filter((name) => name.endsWith('.lock') || name.endsWith('.claim') || isUnfinished(name))).toEqual([]);
  const { recorded, damage } = await readEventLog(join(run, 'plums.events.jsonl'));
  expect([recorded.length > 0, damage]).toEqual([true, undefined]);
}

async function hasEvents(run: string): Promise<boolean> {
  return (await readEventLog(join(run, 'plums.events.jsonl'))).recorded.length > 2;
}

async function ended(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

it.each(signals)('%s ends `steplens label` with exit code 130 and without a lock, claim or unfinished file', async (signal) => {
  const place = await newFolder('cli');
  const out = join(place, 'out');
  const args = [
    'dist/cli.js',
    'label',
    join(place, 'problems.json'),
    '--policy',
    'mini',
    '--out',
    out,
    '--rollouts',
    '16',
    '--searches',
    '400',
    '--budget',
    '9000',
  ];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  await expect.poll(() => hasEvents(out), { timeout: 60_000 }).toBe(true);
  const over = ended(child);
  child.kill(signal);
  expect(await over).toBe(130);
  await expectTidy(out);
  done('signals', 1);
});

it.each(signals)('%s ends a labeling language server without a lock, claim or unfinished file', async (signal) => {
  const place = await newFolder('lsp');
  const child = spawn(process.execPath, ['dist/server.js', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const client = new TestClient(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
  const settings = { ...defaultSettings, scoreOnOpen: false, labelingSearches: 400, labelingBudget: 9000 };
  await client.initialize({ settings });
  const uri = pathToFileURL(join(place, 'problems.json')).href;
  await client.open(uri, 'json', problems);
  client.ask(LabelProblem, { uri, problem: 0 }).catch(() => undefined);
  const run = join(place, 'steplens-runs', 'problems');
  await expect.poll(() => hasEvents(run), { timeout: 60_000 }).toBe(true);
  const over = ended(child);
  child.kill(signal);
  expect(await over).toBe(128 + constants.signals[signal]);
  client.connection.dispose();
  await expectTidy(run);
  done('signals', 1);
});
