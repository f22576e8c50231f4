import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { lutimes, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { localVerifier } from '../../server/answers/localVerifier.js';
import { forkSearch } from '../../server/debug/fork.js';
import { createDebugWorld } from '../../server/debug/openTargets.js';
import { createLabeler } from '../../server/editor/labeler.js';
import type { LabelJob } from '../../server/editor/labelerPort.js';
import { exportTraining } from '../../server/editor/trainingService.js';
import { imagePlace } from '../../server/files/images.js';
import { machine } from '../../server/labeling/claim.js';
import { readEventLog } from '../../server/labeling/eventLog.js';
import type { LabelWorld } from '../../server/labeling/labelProblem.js';
import { labelRun, type RunOptions } from '../../server/labeling/labelRun.js';
import { defaultLabelSettings } from '../../server/labeling/runSettings.js';
import { defaultSettings } from '../../server/protocol/settingsTable.js';
import { appendLabels, labelFileOf } from '../../server/review/labelFile.js';
import type { LabelRecord } from '../../server/review/labelRecord.js';
import { cardPath } from '../../server/training/datasetCard.js';
import { problem, walkPolicy } from '../labeling/scripted.js';
import { answerJudge } from '../labeling/solverPolicy.js';
import { done } from './figures.js';

const policy = walkPolicy({ mistakeRate: 0.2 });
const problems = JSON.stringify([{ id: 'p', question: 'How many?', correct_answer: '0' }]);
const precious = 'ssh-ed25519 AAAA somebody\n';

let top: string;
/** A workspace whose content is not trusted. */
let workspace: string;
/** A file and a folder outside the workspace. */
let victim: string;
let outside: string;
const at = (...names: string[]): string => join(workspace, ...names);

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'links-'));
  [workspace, outside] = [join(top, 'workspace'), join(top, 'outside')];
  victim = join(outside, 'authorized_keys');
  await mkdir(at('runs'), { recursive: true });
  await mkdir(outside);
  await writeFile(victim, precious);
  await writeFile(at('problems.json'), problems);
});
afterEach(() => rm(top, { recursive: true }));

const world = (): LabelWorld => ({ policy, judge: answerJudge, folder: at('runs'), images: () => [], report: () => undefined });
const options: RunOptions = {
  problems: [problem],
  problemsFile: 'problems.json',
  settings: { ...defaultLabelSettings.mcts, rollouts: 4, searches: 2, seed: 3 },
  jobs: 1,
  restart: false,
  signal: new AbortController().signal,
};
const run = (more: Partial<RunOptions> = {}): Promise<unknown> => labelRun({ ...options, ...more }, world());

function labelInEditor(): Promise<unknown> {
  const uri = pathToFileURL(at('problems.json')).href;
  const job: LabelJob = {
    problem,
    uri,
    images: [],
    place: imagePlace(uri, []),
    settings: { ...defaultSettings, labelingRollouts: 4, labelingSearches: 2 },
    again: false,
  };
  const labeler = createLabeler(
    () => Promise.resolve(policy),
    () => Promise.resolve(answerJudge),
    localVerifier(),
    () => undefined,
  );
  return labeler.label(job, (_, label) => label({ signal: options.signal, onEvent: () => undefined }));
}

async function debug(): Promise<unknown> {
  const host = { openPolicy: () => Promise.resolve(policy), openJudge: () => Promise.resolve(answerJudge), keepsRequests: () => false };
  const target = await createDebugWorld(host).launch({ program: at('problems.json'), rollouts: 4, searches: 2 });
  await target.feed.next(options.signal);
  await target.dispose();
  return target;
}

const exported = () =>
  exportTraining(
    { uris: [pathToFileURL(at('problems.json')).href], format: 'trl', threshold: 0.5, seed: 1, out: pathToFileURL(at('out.jsonl')).href },
    () => undefined,
  );
const label = { kind: 'label' } as unknown as LabelRecord;

/** Planted links, each with the work that would write through it. */
const plans: readonly (readonly [name: string, plant: () => Promise<void>, work: () => Promise<unknown>])[] = [
  ['the event log', () => symlink(victim, at('runs', 'p.events.jsonl')), run],
  ['the event log, to a file that does not exist', () => symlink(join(outside, 'new'), at('runs', 'p.events.jsonl')), run],
  ['the tree file', () => symlink(victim, at('runs', 'p.json')), run],
  ['run.json', () => symlink(victim, at('runs', 'run.json')), run],
  ['run.lock', () => symlink(victim, at('runs', 'run.lock')), run],
  ['run.lock, to a file that does not exist', () => symlink(join(outside, 'new'), at('runs', 'run.lock')), run],
  ['a claim', () => symlink(victim, at('runs', 'p.claim')), () => run({ isShared: true })],
  ['the file by which a stale claim is taken over', () => plantTakeover(), run],
  ['the part of a log that is set aside', () => plantAside(), run],
  ['the folder of runs', () => symlink(outside, at('steplens-runs')), labelInEditor],
  ['the folder of a debugged search', () => symlink(outside, at('steplens-runs')), debug],
  [
    'the log of labels',
    () => symlink(victim, labelFileOf(at('problems.json'))),
    () => appendLabels(labelFileOf(at('problems.json')), [label]),
  ],
  ['an export', () => symlink(victim, at('out.jsonl')), exported],
  ['the card of an export', () => symlink(victim, cardPath(at('out.jsonl'))), exported],
  ['the folder of a fork', () => symlink(outside, at('runs', 'p.fork-1')), fork],
];

/** Labels the problem, then forks the recorded search with another setting, which reuses the recorded rollouts. */
async function fork(): Promise<unknown> {
  await run();
  const log = at('runs', 'p.events.jsonl');
  const events = (await readEventLog(log)).recorded.map(({ event }) => event);
  const change = { at: events.length, settings: { cPuct: 1 }, verdicts: new Map<string, 'right'>(), judgesAgain: false };
  const world = { policy, judge: answerJudge, images: [], keepsRequests: false, signal: options.signal };
  return forkSearch(events, log, change, world);
}

/** Writes a claim of a process that no longer exists. */
async function plantTakeover(): Promise<void> {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const took = { owner: 'somebody', host: machine(), pid, token: 'x' };
  await writeFile(at('runs', 'run.lock'), JSON.stringify(took));
  await symlink(join(outside, 'new'), at('runs', 'run.lock.takeover'));
  await lutimes(at('runs', 'run.lock.takeover'), 0, 0);
}

async function plantAside(): Promise<void> {
  await writeFile(at('runs', 'p.events.jsonl'), '{"event":"begin"}\nnonsense\n');
  await symlink(victim, at('runs', 'p.damaged'));
}

/** Returns the files below a folder that this process has open. Empty on systems other than Linux. */
function openBelow(folder: string): string[] {
  if (!existsSync('/proc/self/fd')) return [];
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${name}`);
      return path.startsWith(folder) ? path : [];
    } catch {
      return [];
    }
  });
}

it.each(plans)('a link planted in place of %s changes nothing outside the workspace', async (_, plant, work) => {
  await plant();
  // The work is refused with a message, or changes only the workspace.
  const refused = await work().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (refused !== undefined) expect((refused as Error).message).toMatch(/link|regular file|in use|labels in/);
  expect(await readFile(victim, 'utf8')).toBe(precious);
  expect(await readdir(outside)).toEqual(['authorized_keys']);
  expect(openBelow(top), 'files left open').toEqual([]);
  done('links', 1);
});
