import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelError } from '../../server/models/modelError.js';
import { LineIndex } from '../../server/reasoning/span.js';
import { FakeScorer } from '../editor/fakeScorer.js';
import { run, scoreLines } from './runner.js';

const node = (steps: string[], children: object[] = [], mc = 0.5): object => ({
  partial_solution: steps,
  mc_value: mc,
  visit_count: 1,
  correct_rollouts: [],
  incorrect_rollouts: [],
  children,
});
const tree = {
  question: 'How many?',
  answer: '4',
  image_path: '',
  mc_value: 0.5,
  visit_count: 2,
  correct_rollouts: [],
  incorrect_rollouts: [['5']],
  children: [node(['First "add".', 'Then 🎲 wrong.'], [node(['So 4.'], [], 1), node(['So 5.'], [], 0)]), node(['Other way.'])],
};
const raw = (question: string, steps: string[]) => ({
  image: [],
  question,
  answer: '4',
  response: steps.join('\n'),
  steps_with_score: steps.map((step, at) => ({ step, score: at === 0 ? 0.875 : 0, num_mc_correct: at === 0 ? 14 : 0, num_mc_total: 16 })),
});

let folder: string;
const at = (name: string) => join(folder, name);
const write = (name: string, records: object[]) => writeFile(at(name), records.map((record) => `${JSON.stringify(record)}\n`).join(''));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-cli-'));
  await mkdir(at('sub/.hidden'), { recursive: true });
  await writeFile(at('tree.json'), JSON.stringify(tree, null, 2));
  await writeFile(
    at('sub/raw.jsonl'),
    `${JSON.stringify(raw('q1', ['One.', 'wrong two.']))}\n${JSON.stringify(raw('q2', ['endless', 'Four.']))}\n`,
  );
  await writeFile(at('sub/package.json'), '{"name": "x"}');
  await writeFile(at('sub/.hidden/tree.json'), JSON.stringify(tree));
  await writeFile(at('broken.json'), JSON.stringify(tree).slice(0, -40));
});
afterAll(() => rm(folder, { recursive: true }));

describe('steplens score --json', () => {
  it('prints one line for each root-to-leaf path, and together they have every node', async () => {
    const { code, out } = await run(['score', at('tree.json'), '--json']);
    expect(code).toBe(0);
    const lines = await scoreLines(out);
    expect(lines.map(({ problem, solution, steps }) => [problem, solution, steps.map((step) => step.text)])).toEqual([
      [0, 0, ['First "add".', 'Then 🎲 wrong.', 'So 4.']],
      [0, 1, ['First "add".', 'Then 🎲 wrong.', 'So 5.']],
      [0, 2, ['Other way.']],
    ]);
    expect(lines[0]).toMatchObject({ file: at('tree.json'), firstLow: 1, threshold: 0.5, model: 'fake', device: { provider: 'cpu' } });
    expect(lines[0]!.steps[1]!.values).toEqual({ prm: 0.1, mc: { value: 0.5 } });
    expect(lines[0]!.aggregate).toEqual({ min: 0.1, mean: (0.9 + 0.1 + 0.9) / 3, last: 0.9, product: 0.9 * 0.1 * 0.9 });
  });

  it('gives ranges that contain exactly the text of the step', async () => {
    const { out } = await run(['score', at('tree.json'), '--json']);
    const text = await readFile(at('tree.json'), 'utf8');
    const index = new LineIndex(text);
    for (const { steps } of await scoreLines(out)) {
      for (const { text: step, range } of steps) {
        expect(JSON.parse(`"${text.slice(index.offset(range.start), index.offset(range.end))}"`)).toBe(step);
      }
    }
  });

  it('gives the reason for a step without a score, and leaves it out of the aggregate', async () => {
    const { out } = await run(['score', at('sub/raw.jsonl'), '--json']);
    const [, second] = await scoreLines(out);
    expect(second).toMatchObject({
      line: 1,
      problem: 1,
      solution: 0,
      steps: [
        { skipped: 'longer than the model reads', values: { mc: { value: 0.875, correct: 14, total: 16 } } },
        { values: { prm: 0.9 } },
      ],
    });
    expect(second!.steps[0]!.values).not.toHaveProperty('prm');
    expect(second!.aggregate).toEqual({ min: 0.9, mean: 0.9, last: 0.9, product: 0.9 });
  });

  it('searches folders for files with a known format, and skips hidden folders', async () => {
    const { code, out, err } = await run(['score', at('sub'), '--json']);
    expect([code, err]).toEqual([0, '']);
    expect(new Set((await scoreLines(out)).map(({ file }) => file))).toEqual(new Set([at('sub/raw.jsonl')]));
  });

  it('uses the threshold of --threshold', async () => {
    const lines = await scoreLines((await run(['score', at('tree.json'), '--json', '--threshold', '0.95'])).out);
    expect(lines.map(({ firstLow, threshold }) => [firstLow, threshold])).toEqual([
      [0, 0.95],
      [0, 0.95],
      [0, 0.95],
    ]);
  });
});

describe('steplens score', () => {
  it('prints a table that marks the low steps', async () => {
    const { code, out } = await run(['score', at('sub/raw.jsonl')]);
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      '  step   value                  mc  text',
      '',
      at('sub/raw.jsonl'),
      'Problem 1, line 1: q1',
      '  Solution 1, line 1: min 0.10 · mean 0.50 · last 0.10 · product 0.09',
      '     1    0.90               14/16  One.',
      '     2    0.10 ▼ first low    0/16  wrong two.',
      'Problem 2, line 2: q2',
      '  Solution 1, line 2: min 0.90 · mean 0.90 · last 0.90 · product 0.90',
      '     1    0.88               14/16  endless',
      '     2    0.90                0/16  Four.',
      '        Step 1 not scored: longer than the model reads',
      '',
      'fake on cpu: 1 file, 2 problems, 4 steps in 0.0 s · 1 first low step (threshold 0.50) · 1 step not scored',
      '',
    ]);
  });

  it('prints each reason for missing scores once, per problem or range of steps, and how to choose a model', async () => {
    await write('unscored.jsonl', [
      { question: 'q', answer: '', solutions_splits: [['foreign a', 'foreign b'], ['foreign c']], labels: [1, 0] },
      {
        question: 'p',
        answer: '',
        solutions_splits: [
          ['endless', 'endless', 'x', 'endless'],
          ['y', 'foreign d'],
        ],
        labels: [1, 0],
      },
    ]);
    const { out } = await run(['score', at('unscored.jsonl')]);
    const lines = out.split('\n').map((line) => line.trim());
    expect(lines.filter((line) => /not scored:/i.test(line))).toEqual([
      'Not scored: fake knows only plain words.',
      'Steps 1-2, 4 not scored: longer than the model reads',
      'Step 2 not scored: fake knows only plain words.',
    ]);
    expect(lines.slice(-3)).toEqual([
      'fake on cpu: 1 file, 2 problems, 9 steps in 0.0 s · 0 first low steps (threshold 0.50) · 7 steps not scored',
      'fake scores only plain words. Choose a model for other text with --model DIR.',
      '',
    ]);
    const [first] = await scoreLines((await run(['score', at('unscored.jsonl'), '--json'])).out);
    expect(first).toMatchObject({ aggregate: null, firstLow: null, steps: [{ values: {}, skipped: 'fake knows only plain words.' }, {}] });
  });

  it('prints every step of a tree once, numbered along its path', async () => {
    const { out } = await run(['score', at('tree.json')]);
    expect(
      out
        .split('\n')
        .filter((line) => /^ +\d/.test(line))
        .map((line) => line.trim().split(/\s{2,}/)[0]),
    ).toEqual(['5 nodes, 3 paths, 5 steps', '1', '2', '3', '3', '1']);
  });

  it('colors the first low step only when colors are enabled', async () => {
    let out = '';
    await run(['score', at('sub/raw.jsonl')], {
      out: { write: (text) => (out += text as string), columns: 60, isTTY: true },
      isColorful: true,
    });
    const lines = out.split('\n').filter((line) => line.includes('wrong two.'));
    expect(lines).toEqual(['\u001b[1;31m     2    0.10 ▼ first low    0/16  wrong two.\u001b[0m']);
    expect((await run(['score', at('sub/raw.jsonl')])).out).not.toContain('\u001b');
  });

  it('passes its options to the scorer', async () => {
    const options = ['--model', '/m', '--device', 'webgpu', '--threads', '3', '--allow-server', 'https://host:8000/v1'];
    expect((await run(['score', at('sub'), ...options])).created).toMatchObject([
      [{ modelPath: '/m', device: 'webgpu', threads: 3 }, '/cache', ['https://host:8000']],
    ]);
    expect((await run(['score', at('sub'), '--no-cache'])).created).toMatchObject([
      [{ modelPath: '', device: 'auto', threads: 0 }, undefined, []],
    ]);
    expect((await run(['score', at('sub'), '--verbose'])).err).toBe('steplens: cuda passed over: not installed\n');
  });
});

describe('steplens on errors and interruptions', () => {
  it('reports an error in a file with its place, and scores the other files', async () => {
    const { code, out, err } = await run([
      'score',
      at('broken.json'),
      at('missing.json'),
      at('sub/package.json'),
      at('sub/raw.jsonl'),
      '--json',
    ]);
    expect(code).toBe(2);
    const complaints = err.trim().split('\n');
    expect(complaints[0]).toMatch(new RegExp(`^steplens: ${at('broken.json')}:1:\\d+: error: .+ \\[truncated-json\\]$`));
    expect(complaints[1]).toBe(`steplens: ${at('missing.json')}: there is no such file`);
    expect(complaints[2]).toContain(
      `${at('sub/package.json')}: no format is recognized in it: its first record has the keys "name"; StepLens looks for`,
    );
    expect(complaints).toHaveLength(3);
    expect((await scoreLines(out)).map(({ file }) => file)).toEqual([
      ...Array.from({ length: 3 }, () => at('broken.json')),
      at('sub/raw.jsonl'),
      at('sub/raw.jsonl'),
    ]);
  });

  it('reports a folder without files to read', async () => {
    expect(await run(['score', at('sub/.hidden/..')])).toMatchObject({ code: 0 });
    await mkdir(at('empty'));
    expect(await run(['score', at('empty')])).toMatchObject({ code: 2, err: `steplens: no file to read in ${at('empty')}\n` });
  });

  it('reports an error of the model with exit code 2', async () => {
    const scorer = new FakeScorer(new ModelError('/m/prm.json: there is no such file'));
    expect(await run(['score', at('tree.json')], {}, scorer)).toMatchObject({
      code: 2,
      err: 'steplens: /m/prm.json: there is no such file\n',
    });
    expect(scorer.isDisposed).toBe(true);
  });

  it.each([
    [['score'], 'score needs a file or folder'],
    [['score', 'x', '--device', 'tpu'], '--device is one of auto, cuda, webgpu, dml, coreml, cpu, not "tpu"'],
    [['score', 'x', '--threads', '1.5'], '--threads is a whole number from 0 to 256, not "1.5"'],
    [['score', 'x', '--threshold', '2'], '--threshold is a number from 0 to 1, not "2"'],
    [['score', 'x', '--nope'], "Unknown option '--nope'"],
    [['labl'], '"labl" is not a command of steplens'],
    [['lsp'], 'lsp needs --stdio'],
  ])('refuses the arguments %j', async (args, message) => {
    const { code, out, err } = await run(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(`steplens: ${message}`);
  });

  it('exits with 130 after Ctrl-C', async () => {
    const interrupt = new AbortController();
    const scorer = new FakeScorer();
    scorer.before = () => {
      interrupt.abort();
      return new Promise<void>(() => undefined);
    };
    expect(await run(['score', at('sub')], { signal: interrupt.signal }, scorer)).toMatchObject({ code: 130 });
    expect(scorer).toMatchObject({ aborted: 1, isDisposed: true });
  });
});

describe('steplens', () => {
  it('reports its version and its commands', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, out: '1.2.3\n' });
    expect((await run(['--help'])).out).toMatch(/^ {2}score +score the steps of files/m);
    expect((await run(['score', '--help'])).out).toContain('Usage: steplens score FILE...');
    expect((await run(['help', 'lsp'])).out).toContain('steplens lsp --stdio');
    expect(await run([])).toMatchObject({ code: 2, out: '' });
  });

  it('starts the language server with lsp --stdio', async () => {
    let served = 0;
    expect(await run(['lsp', '--stdio'], { serve: () => served++ })).toMatchObject({ code: undefined });
    expect(served).toBe(1);
  });

  it('shows progress on a terminal after a second, and removes it', async () => {
    let now = 0;
    let err = '';
    await run(['score', at('sub/raw.jsonl')], {
      now: () => (now += 600),
      err: { write: (text) => (err += text as string), isTTY: true, columns: 200 },
    });
    expect(err).toContain(`${at('sub/raw.jsonl')}: 2 of 4 steps`);
    expect(err.endsWith('\r\u001b[K')).toBe(true);
  });
});
