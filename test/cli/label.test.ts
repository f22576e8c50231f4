import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CliWorld } from '../../server/cli/command.js';
import type { PolicyChoice } from '../../server/labeling/policies/openPolicy.js';
import { type Policy, PolicyError } from '../../server/labeling/policy.js';
import { policyOf, walkPolicy } from '../labeling/scripted.js';
import { type Ran, run as runCli } from './runner.js';

let folder: string;
const at = (name: string): string => join(folder, name);
const problems = ['a', 'b'].map((id) => ({ id, question: `How many ${id}?`, correct_answer: '0', image_path: '' }));
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-label-'));
  await writeFile(at('problems.json'), JSON.stringify(problems));
});
afterAll(() => rm(folder, { recursive: true }));

const walk = walkPolicy({ mistakeRate: 0.2, failureRate: 0.1 });
const run = (args: readonly string[], world: Partial<CliWorld> = {}): Promise<Ran> => runCli(args, { openPolicy: () => walk, ...world });
const label = (out: string, ...more: string[]): string[] => [
  'label',
  at('problems.json'),
  '--policy',
  'mini',
  '--out',
  at(out),
  '--rollouts',
  '4',
  '--searches',
  '3',
  ...more,
];
const textsOf = async (out: string): Promise<Record<string, string>> =>
  Object.fromEntries<string>(
    await Promise.all((await readdir(at(out))).sort().map(async (name) => [name, await readFile(join(at(out), name), 'utf8')] as const)),
  );

async function validator(name: string): Promise<(value: unknown) => void> {
  const validate = new Ajv({ strict: false }).compile(JSON.parse(await readFile(`media/schemas/${name}.schema.json`, 'utf8')) as object);
  return (value) => expect(validate(value), JSON.stringify(validate.errors)).toBe(true);
}

/** The keys of a tree that MM-PRM's own reader (`data_pipeline/traverse.py`) uses. It requires all of them. */
interface Traversed {
  readonly partial_solution: readonly string[];
  readonly mc_value: number;
  readonly children: readonly Traversed[];
}
const traverse = (node: Traversed, labels: readonly number[] = []): number[][] => {
  for (const step of node.partial_solution) step.trim();
  const path = [...labels, node.mc_value];
  return node.mc_value <= 0 || node.children.length === 0 ? [path] : node.children.flatMap((child) => traverse(child, path));
};

describe('steplens label', () => {
  it('writes a tree and a log for each problem, identical in every run, and skips finished problems', async () => {
    const { code, out, err } = await run(label('one'));
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^2 problems -> .*one: \d+ rollouts \(\d+ failed\) in 0\.0 s, 0\.0 rollouts\/s\n$/);
    const texts = await textsOf('one');
    expect(Object.keys(texts)).toEqual(['a.events.jsonl', 'a.json', 'b.events.jsonl', 'b.json', 'run.json']);
    await run(label('two', '--jobs', '1'));
    expect(await textsOf('two')).toEqual(texts);
    expect((await run(label('one'))).out).toMatch(/^0 problems, 2 skipped -> .*: 0 rollouts in/);
    expect(await textsOf('one')).toEqual(texts);
  });

  it("writes files that match the schemas, and trees that MM-PRM's traverse.py can read", async () => {
    await run(label('schema'));
    await run([
      'label',
      at('problems.json'),
      '--policy',
      'mini',
      '--out',
      at('sampled'),
      '--method',
      'monte-carlo',
      '--solutions',
      '2',
      '--continuations',
      '2',
      '--max-steps',
      '3',
    ]);
    const [isTree, isEvent] = [await validator('tree'), await validator('events')];
    for (const [name, text] of [...Object.entries(await textsOf('schema')), ...Object.entries(await textsOf('sampled'))]) {
      if (name.endsWith('.events.jsonl')) for (const line of text.trimEnd().split('\n')) isEvent(JSON.parse(line));
      else if (name.endsWith('.json') && name !== 'run.json') {
        const tree = JSON.parse(text) as Record<string, unknown> & Pick<Traversed, 'children'>;
        isTree(tree);
        expect(tree).not.toHaveProperty('partial_solution');
        for (const labels of tree.children.flatMap((child) => traverse(child)))
          expect(labels.every((value) => value >= 0 && value <= 1)).toBe(true);
      } else if (name.endsWith('.jsonl')) expect(text.trimEnd().split('\n')).toHaveLength(2);
    }
  });

  it('refuses a folder with other settings, and replaces it with --restart', async () => {
    await run(label('other'));
    const { code, err } = await run(label('other', '--seed', '2'));
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/other has a run with other settings \(seed is 1 there and 2 here\)\. .*--restart/),
    ]);
    expect((await run(label('other', '--seed', '2', '--restart'))).code).toBe(0);
  });

  it('labels the readable problems, and reports the others with file and line', async () => {
    await writeFile(
      at('some.jsonl'),
      `${[problems[0], { id: 'b', question: 'No answer?', correct_answer: '' }, { id: 'a', question: 'Again?', correct_answer: '1' }].map((one) => JSON.stringify(one)).join('\n')}\n{"id": "c", "question"\n`,
    );
    const { code, out, err } = await run(['label', at('some.jsonl'), '--policy', 'mini', '--out', at('some')]);
    expect(code).toBe(2);
    expect(out).toContain('1 problem ->');
    expect(err).toMatch(/some\.jsonl:2: Problem b has no reference answer/);
    expect(err).toMatch(/some\.jsonl:3: The id a comes twice/);
    expect(err).toMatch(/some\.jsonl:4:\d+: error: /);
    for (const [name, text] of [
      ['no.json', undefined],
      ['quiz.json', '{"x": 1}'],
    ] as const) {
      if (text !== undefined) await writeFile(at(name), text);
      const ran = await run(['label', at(name), '--policy', 'mini', '--out', at('none')]);
      expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(name)]);
    }
  });

  it('exits with the message of a policy that cannot be used', async () => {
    const { code, err } = await run(label('refused'), {
      openPolicy: () =>
        policyOf(() => {
          throw new PolicyError('Nothing answers there. Start the server.');
        }),
    });
    expect([code, err]).toEqual([2, 'steplens: Nothing answers there. Start the server.\n']);
  });

  it('leaves a run that the same command continues after an interruption', async () => {
    const stop = new AbortController();
    let asked = 0;
    const policy = policyOf((request) => {
      if (++asked === 3) stop.abort();
      request.signal?.throwIfAborted();
      return walk.sample(request);
    });
    const { code, err } = await run(label('stopped', '--jobs', '1'), { openPolicy: () => policy, signal: stop.signal });
    expect([code, err]).toEqual([130, 'steplens: interrupted after 0 problems of 2; the same command resumes from here\n']);
    await run(label('stopped'));
    await run(label('unbroken'));
    expect(await textsOf('stopped')).toEqual(await textsOf('unbroken'));
  });

  it('passes the model and sampling options on to the policy', async () => {
    const choices: PolicyChoice[] = [];
    await run(
      [
        'label',
        at('problems.json'),
        '--out',
        at('asked'),
        '--searches',
        '1',
        '--policy',
        'http://localhost:8000/v1',
        '--model',
        'm',
        '--temperature',
        '0.7',
        '--timeout',
        '5',
        '--top-p',
        '0.9',
      ],
      {
        openPolicy(choice) {
          choices.push(choice);
          return walk;
        },
      },
    );
    expect(choices).toMatchObject([
      {
        policy: 'http://localhost:8000/v1',
        server: { model: 'm', mode: 'chat', temperature: 0.7, topP: 0.9, maxTokens: 2048, timeout: 5000, concurrency: 64, retries: 3 },
      },
    ]);
  });

  it('samples as in the paper with --preset paper, and accepts --extra-body and other sampling options', async () => {
    const choices: PolicyChoice[] = [];
    const openPolicy = (choice: PolicyChoice): Policy => (choices.push(choice), walk);
    const server = ['--policy', 'http://localhost:1/v1', '--policy', 'http://localhost:2/v1'];
    const start = ['label', at('problems.json'), ...server, '--rollouts', '2', '--searches', '1', '--preset', 'paper'];
    await run([...start, '--out', at('sampling')], { openPolicy });
    await run(
      [...start, '--out', at('own'), '--extra-body', '{"top_k": 5}', '--max-tokens', '9', '--stop', 'a\\nb', '--system-prompt', 'Hi'],
      {
        openPolicy,
      },
    );
    expect(choices).toMatchObject([
      {
        policy: 'http://localhost:1/v1',
        more: ['http://localhost:2/v1'],
        server: { temperature: 1, topP: 0.9, maxTokens: 4096, extraBody: { top_k: 50, repetition_penalty: 1.05 } },
      },
      { server: { maxTokens: 9, stop: ['a\nb'], systemPrompt: 'Hi', extraBody: { top_k: 5, repetition_penalty: 1.05 } } },
    ]);
    expect(choices[0]!.server.systemPrompt).toContain('InternVL');
  });

  it("uses the paper's search settings with --preset paper, unless options change them", async () => {
    await run([
      'label',
      at('problems.json'),
      '--policy',
      'mini',
      '--out',
      at('paper'),
      '--preset',
      'paper',
      '--searches',
      '1',
      '--rollouts',
      '2',
    ]);
    const made = JSON.parse((await textsOf('paper'))['run.json']!) as { settings: object };
    expect(made.settings).toEqual({
      method: 'mcts',
      seed: 1,
      rollouts: 2,
      searches: 1,
      budget: 1000,
      cPuct: 0.125,
      alpha: 0.5,
      beta: 0.9,
      lengthScale: 2000,
    });
  });

  it('divides the problems with --shard, and writes a Slurm script with quoted arguments and --shared', async () => {
    await run(label('whole'));
    const first = await run(label('shards', '--shard', '1/2'));
    expect([first.code, first.out]).toEqual([0, expect.stringMatching(/^1 problem ->/) as string]);
    expect(Object.keys(await textsOf('shards'))).toEqual(['a.events.jsonl', 'a.json', 'run.json']);
    await run(label('shards', '--shard', '2/2'));
    expect(await textsOf('shards')).toEqual(await textsOf('whole'));
    const { code, out } = await run(label('array', '--slurm', '4', '--seed', "7's"), {
      program: ['/usr/bin/node', '/opt/step lens/cli.js'],
    });
    expect(code).toBe(2);
    const written = await run(label('array', '--slurm', '4', '--model', "it's mine"), {
      program: ['/usr/bin/node', '/opt/step lens/cli.js'],
    });
    expect([written.code, out, written.out]).toEqual([0, '', `sbatch ${at('array')}/label.sbatch\n`]);
    const script = (await textsOf('array'))['label.sbatch']!;
    expect(script).toMatch(/^#!\/bin\/bash\n/);
    expect(script).toContain('#SBATCH --array=0-3\n');
    expect(script).toContain(
      `exec srun --ntasks=1 /usr/bin/node '/opt/step lens/cli.js' label ${at('problems.json')} --policy mini --out ${at('array')} --rollouts 4 --searches 3 --model 'it'\\''s mine' --shared\n`,
    );
  });

  it('reports in one sentence that the --out folder cannot be used', async () => {
    await writeFile(at('file'), 'no folder');
    for (const [out, why] of [
      ['/proc/steplens-run', /ENOENT|EACCES|EPERM/],
      [at('file'), /EEXIST|ENOTDIR/],
      [at('file/below'), /ENOTDIR/],
    ] as const) {
      const { code, err } = await run(['label', at('problems.json'), '--policy', 'mini', '--out', out]);
      expect([code, err.split('\n')]).toEqual([2, [expect.stringMatching(why), '']]);
      expect(err).toContain('--out');
    }
  });

  it('refuses missing, invalid and conflicting options', async () => {
    const good = ['--policy', 'mini', '--out', 'x'];
    const wrong: [message: RegExp, args: string[]][] = [
      [/one file of problems/, good],
      [/one file of problems/, ['a', 'b', ...good]],
      [/needs --policy/, ['a', '--out', 'x']],
      [/needs --out/, ['a', '--policy', 'mini']],
      [/--method is/, ['a', ...good, '--method', 'beam']],
      [/--solutions goes with --method monte-carlo/, ['a', ...good, '--solutions', '4']],
      [/--preset goes with --method mcts/, ['a', ...good, '--method', 'monte-carlo', '--preset', 'paper']],
      [/--preset is paper/, ['a', ...good, '--preset', 'fast']],
      [/--rollouts is a whole number from 1 to 10,000/, ['a', ...good, '--rollouts', '0']],
      [/--alpha is a number above 0, at most 1/, ['a', ...good, '--alpha', '2']],
      [/--judge URL goes with --judge-model/, ['a', ...good, '--judge', 'http://localhost']],
      [/--mode is chat or completions/, ['a', ...good, '--mode', 'talk']],
      [/--policy may be repeated for several servers/, ['a', ...good, '--policy', 'http://localhost:8000/v1']],
      [/--continuation is/, ['a', ...good, '--continuation', 'assistant']],
      [/--extra-body is a JSON object/, ['a', ...good, '--extra-body', '[1]']],
      [/--template needs/, ['a', ...good, '--template', 'x']],
      [/--shard is I\/N/, ['a', ...good, '--shard', '9/8']],
      [/--restart does not go with --shared/, ['a', ...good, '--shared', '--restart']],
      [/--shard does not go with --slurm/, ['a', ...good, '--slurm', '4', '--shard', '1/4']],
      [/--queue does not go with/, ['a', ...good, '--slurm', '4', '--queue', 'redis://localhost']],
      [/--jobs is/, ['a', ...good, '--jobs', '']],
    ];
    for (const [message, args] of wrong)
      expect(await run(['label', ...args])).toMatchObject({ code: 2, err: expect.stringMatching(message) as string });
  });
});
