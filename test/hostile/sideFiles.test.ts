import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDebugWorld } from '../../server/debug/openTargets.js';
import { readInputBlocks } from '../../server/files/inputBlocks.js';
import { readInput } from '../../server/files/inputFiles.js';
import { readMappedDocument } from '../../server/files/mappings.js';
import { runReport } from '../../server/labeling/economy/runReport.js';
import { readEventLog } from '../../server/labeling/eventLog.js';
import { labelRun } from '../../server/labeling/labelRun.js';
import { defaultLabelSettings } from '../../server/labeling/runSettings.js';
import { readModel } from '../../server/onnx/readModel.js';
import { openData } from '../../server/onnx/weights.js';
import { readLabelFile } from '../../server/review/labelFile.js';
import { loadProfile } from '../../server/scoring/loadProfile.js';
import { Workspace } from '../../server/tools/workspace.js';
import { problem, walkPolicy } from '../labeling/scripted.js';
import { answerJudge } from '../labeling/solverPolicy.js';
import { done } from './figures.js';

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'side-files-'));
  await mkdir(at('runs'));
  await writeFile(at('data.json'), record);
});
afterEach(() => rm(folder, { recursive: true }));

const record = JSON.stringify({ id: 'a', problem: 'What is 1 + 1?', steps: ['Add.', '2.'], label: -1 });
const deep = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;

/** Things that can be in place of a file in a workspace that was cloned or unpacked. */
const plants: readonly (readonly [name: string, plant: (path: string) => Promise<unknown>])[] = [
  ['a link to /dev/zero', (path) => symlink('/dev/zero', path)],
  ['a pipe', (path) => Promise.resolve(execFileSync('mkfifo', [path]))],
  ['a folder', (path) => mkdir(path)],
  ['a link to itself', (path) => symlink(path, path)],
  ['JSON of 100,000 levels', (path) => writeFile(path, `${deep}\n`)],
];

const policy = walkPolicy({ mistakeRate: 0.2 });
const label = (): Promise<unknown> =>
  labelRun(
    {
      problems: [problem],
      problemsFile: 'problems.json',
      settings: { ...defaultLabelSettings.mcts, rollouts: 4, searches: 2, seed: 3 },
      jobs: 1,
      restart: false,
      signal: new AbortController().signal,
    },
    { policy, judge: answerJudge, folder: at('runs'), images: () => [], report: () => undefined },
  );

async function attach(): Promise<unknown> {
  const host = { openPolicy: () => Promise.resolve(policy), openJudge: () => Promise.resolve(answerJudge), keepsRequests: () => false };
  const target = await createDebugWorld(host).attach({ run: at('runs', 'p.events.jsonl') });
  try {
    return await target.feed.next(AbortSignal.timeout(60_000));
  } finally {
    await target.dispose();
  }
}

async function blocks(): Promise<void> {
  for await (const { reasoning } of readInputBlocks(at('rows.jsonl'))) expect(reasoning.problems.length).toBeGreaterThanOrEqual(0);
}

async function weights(): Promise<void> {
  const data = await openData({ path: at('model.onnx_data'), offset: 0, length: 4 });
  await data.read(0, 4).finally(() => data.close());
}

async function asAgent(): Promise<void> {
  const workspace = await Workspace.open([folder]);
  for await (const { problems } of workspace.documents(at('rows.jsonl'))) expect(problems.length).toBeGreaterThanOrEqual(0);
}

/** Files that are read although the user did not name them, or because a data file or an agent names them. */
const files: readonly (readonly [name: string, path: readonly string[], read: () => unknown])[] = [
  ['steplens.json beside a document', ['steplens.json'], () => readMappedDocument(record, pathToFileURL(at('data.json')).href, 'json')],
  ['the log of labels', ['data.json.steplens-labels.jsonl'], () => readLabelFile(at('data.json.steplens-labels.jsonl'))],
  ['the log of labels beside an input', ['data.json.steplens-labels.jsonl'], () => readInput(at('data.json'))],
  ['a data file', ['rows.jsonl'], () => readInput(at('rows.jsonl'))],
  ['a data file that is read in parts', ['rows.jsonl'], blocks],
  ['a file that an agent names', ['rows.jsonl'], asAgent],
  ['the event log of a run', ['runs', 'p.events.jsonl'], () => readEventLog(at('runs', 'p.events.jsonl'))],
  ['the event log that a debugger follows', ['runs', 'p.events.jsonl'], attach],
  ['the log of a problem that is labeled', ['runs', 'p.events.jsonl'], label],
  ['run.json', ['runs', 'run.json'], label],
  ['run.json that the view of a run reads', ['runs', 'run.json'], () => runReport(at('runs'), 0)],
  ['a log that the view of a run reads', ['runs', 'p.events.jsonl'], () => runReport(at('runs'), 0)],
  ['an archive', ['rows.zip'], () => readInput(at('rows.zip'))],
  ['a table', ['rows.parquet'], () => readInput(at('rows.parquet'))],
  ['the graph of a model', ['model.onnx'], () => readModel(at('model.onnx'))],
  ['the weights of a model', ['model.onnx_data'], weights],
  ['the profile of a model', ['prm.json'], () => loadProfile(folder)],
];

describe.each(plants)('%s in place of', (_, plant) => {
  it.each(files)('%s is refused with a message or read as damaged, without delay', async (_name, path, read) => {
    await plant(at(...path));
    const outcome = await Promise.resolve()
      .then(read)
      .then(
        () => undefined,
        (error: unknown) => error as Error,
      );
    if (outcome !== undefined) {
      expect(outcome.message.length).toBeLessThan(600);
      expect(outcome.message).not.toMatch(/call stack|abort|timeout/i);
    }
    expect(await readFile(at('data.json'), 'utf8')).toBe(record);
    done('sideFiles', 1);
  });
});
