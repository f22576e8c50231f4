import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabelWorld } from '../../server/labeling/labelProblem.js';
import { labelRun, type RunOptions } from '../../server/labeling/labelRun.js';
import { defaultLabelSettings } from '../../server/labeling/runSettings.js';
import { problem, walkPolicy } from '../labeling/scripted.js';
import { answerJudge } from '../labeling/solverPolicy.js';
import { done } from './figures.js';

const walk = walkPolicy({ mistakeRate: 0.2, failureRate: 0.1 });
let root: string;
let made = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'steplens-damage-'));
});
afterAll(() => rm(root, { recursive: true }));

const options: RunOptions = {
  problems: [problem, { ...problem, id: 'q' }],
  problemsFile: 'problems.json',
  settings: { ...defaultLabelSettings.mcts, rollouts: 4, searches: 2, seed: 3 },
  jobs: 1,
  restart: false,
  signal: new AbortController().signal,
};

interface Run {
  readonly world: LabelWorld;
  readonly reports: string[];
  readonly files: () => Promise<Record<string, string>>;
}

async function newRun(): Promise<Run> {
  const folder = join(root, String(made++));
  await mkdir(folder);
  const reports: string[] = [];
  return {
    world: { policy: walk, judge: answerJudge, folder, images: () => [], report: (message) => reports.push(message) },
    reports,
    async files() {
      const names = (await readdir(folder)).sort();
      return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)));
    },
  };
}

describe('run.json', () => {
  it.each([
    ['empty', () => ''],
    ['torn', (text: string) => text.slice(0, 40)],
    ['not JSON', () => '\0\0\0\0'],
    ['changed', (text: string) => text.replace('"seed": 3', '"seed": 4')],
    ['another value', () => '[]'],
  ] as const)('that is %s is rebuilt from the logs, and the run continues', async (_, damage) => {
    const { world, reports, files } = await newRun();
    await labelRun(options, world);
    const whole = await files();
    await writeFile(join(world.folder, 'run.json'), damage(whole['run.json']!));
    await expect(labelRun({ ...options, settings: { ...options.settings, seed: 9 } }, world)).rejects.toThrow(/seed is 3 there and 9 here/);
    expect(await labelRun(options, world)).toMatchObject({ done: 0, skipped: 2, rollouts: 0 });
    expect(await files()).toEqual(whole);
    done('torn', 1);
    expect(reports).toEqual([expect.stringMatching(/run\.json was empty or damaged and has been written again/)]);
  });
});

describe('a damaged event log', () => {
  it('keeps the lines before the damage, sets the rest aside, and ends in the same files, wherever it is', async () => {
    const { world, files } = await newRun();
    await labelRun(options, world);
    const whole = await files();
    const lines = whole['p.events.jsonl']!.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(8);
    done('torn', lines.length);
    const damages: ((line: string) => string)[] = [
      () => '',
      () => '{"event":"rollouts"',
      () => '\0\0\0',
      (line) => line.replace(/[a-z]/, 'X'),
      () => '{"event":"move","node":0}',
    ];
    for (const [at] of lines.entries()) {
      const { world, reports, files } = await newRun();
      const damaged = lines.map((line, i) => (i === at ? damages[at % damages.length]!(line) : line));
      await writeFile(join(world.folder, 'p.events.jsonl'), `${damaged.join('\n')}\n`);
      await labelRun({ ...options, problems: [problem] }, world);
      const { 'p.damaged': aside, ...rest } = await files();
      expect([at, rest['p.events.jsonl'], rest['p.json']]).toEqual([at, whole['p.events.jsonl'], whole['p.json']]);
      expect(aside).toBe(`${damaged.slice(at).join('\n')}\n`);
      expect(reports).toEqual([expect.stringContaining(`p.events.jsonl:${at + 1}: `)]);
      expect(reports[0]).toContain(`The ${at} lines before it are kept, the ${lines.length - at} from it on are now in `);
    }
  });

  it('is treated the same if a value does not follow from its rollouts', async () => {
    const { world, reports, files } = await newRun();
    await labelRun(options, world);
    const whole = await files();
    const changed = whole['q.events.jsonl']!.replace(/"event":"value".*/, '"event":"value","node":0,"correct":1,"total":9,"value":0.5}');
    await writeFile(join(world.folder, 'q.events.jsonl'), changed);
    await labelRun(options, world);
    const { 'q.damaged': aside, ...rest } = await files();
    expect(rest).toEqual(whole);
    expect(aside).toMatch(/^\{"event":"value","node":0,"correct":1,"total":9/);
    expect(reports[0]).toMatch(/q\.events\.jsonl:3: the log does not continue as this run does/);
    await labelRun({ ...options, restart: true }, world);
    expect(Object.keys(await files())).toEqual(Object.keys(whole));
  });
});
