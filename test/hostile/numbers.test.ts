import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { createDebugWorld } from '../../server/debug/openTargets.js';
import { forkSettings, readWhatIf } from '../../server/debug/whatIf.js';
import { settingRanges } from '../../server/labeling/settingRanges.js';
import { Fields } from '../../server/models/fields.js';
import { MoreRollouts } from '../../server/protocol/labeling.js';
import { ReviewQueue } from '../../server/protocol/review.js';
import { settingsTable } from '../../server/protocol/settingsTable.js';
import type { NumberRange } from '../../server/reasoning/numberRange.js';
import { tools } from '../../server/tools/registry.js';
import type { ToolWorld } from '../../server/tools/tool.js';
import { run } from '../cli/runner.js';
import { walkPolicy } from '../labeling/scripted.js';
import { answerJudge } from '../labeling/solverPolicy.js';
import { done } from './figures.js';

/** Values that no numeric option, parameter or setting accepts: texts for command lines, JSON for the rest. */
const texts = ['', ' ', 'x', '-1', '-1e308', '1e999', 'Infinity', 'NaN', '1e21', '9007199254740993000'];
const values = [-1, -1e308, 1e308, 1e21, Number.NaN, Number.POSITIVE_INFINITY, '5', null, [1], {}, true];

const folder = mkdtempSync(join(tmpdir(), 'steplens-numbers-'));
const problems = join(folder, 'problems.json');
writeFileSync(problems, JSON.stringify([{ id: 'p', question: 'How many?', correct_answer: '0' }]));
afterAll(() => rm(folder, { recursive: true }));

const labelArgs = ['label', problems, '--policy', 'mini', '--out', join(folder, 'out')];
const carlo = [...labelArgs, '--method', 'monte-carlo'];
/** Every numeric option of every command. */
const options: readonly (readonly [args: readonly string[], names: readonly string[]])[] = [
  [
    labelArgs,
    [
      ...['seed', 'rollouts', 'searches', 'budget', 'c-puct', 'alpha', 'beta', 'length-scale', 'max-tokens', 'concurrency', 'timeout'],
      ...['retries', 'temperature', 'top-p', 'threads', 'jobs', 'slurm', 'progress', 'patience', 'max-failed', 'max-undecided'],
      ...['price-in', 'price-out', 'shard'],
    ],
  ],
  [carlo, ['solutions', 'continuations', 'max-steps', 'threshold', 'precision']],
  [[...labelArgs, '--queue', 'redis://localhost'], ['stalled-after']],
  [
    ['score', problems],
    ['threads', 'threshold'],
  ],
  [
    ['evaluate', problems],
    ['threshold', 'seed'],
  ],
  [
    ['suspects', problems],
    ['count', 'threshold'],
  ],
  [
    ['export', problems, '--to', 'trl', '--out', join(folder, 'x')],
    ['seed', 'threshold', 'difficulty'],
  ],
  [
    ['mcp', '--stdio'],
    ['threads', 'threshold'],
  ],
  [['serve'], ['port', 'threads']],
  [
    ['cost', folder],
    ['price-in', 'price-out'],
  ],
];

describe('a number outside its range is refused with its name and its range', () => {
  it('in every numeric option of the command line', async () => {
    let refused = 0;
    for (const [args, names] of options)
      for (const name of names)
        for (const text of texts) {
          const { code, err } = await run([...args, `--${name}=${text}`]);
          expect(code, `--${name}=${text}`).toBe(2);
          expect(err, `--${name}=${text}`).toMatch(new RegExp(`--${name} (?:is|needs) .*not "${text.replace('.', '\\.')}"`));
          refused++;
        }
    done('numbers', refused);
  });

  it('in launch.json', async () => {
    const world = createDebugWorld({
      openPolicy: () => Promise.resolve(walkPolicy({ mistakeRate: 0.2 })),
      openJudge: () => Promise.resolve(answerJudge),
      keepsRequests: () => false,
    });
    let refused = 0;
    for (const name of ['seed', ...Object.keys(settingRanges.mcts)])
      for (const value of values) {
        await expect(world.launch({ program: problems, [name]: value }), `${name}: ${inspect(value)}`).rejects.toThrow(
          `"${name}" of the launch configuration is not a`,
        );
        refused++;
      }
    done('numbers', refused);
  });

  it('in the debug console', () => {
    let refused = 0;
    for (const method of ['mcts', 'monte-carlo'] as const)
      for (const name of Object.keys(forkSettings[method]))
        for (const text of texts.slice(2)) {
          expect(() => readWhatIf(`what if ${name} = ${text}`, method), `${name} = ${text}`).toThrow(`${name} is a`);
          refused++;
        }
    done('numbers', refused);
  });

  it('in the parameters of requests and of the tools for agents', async () => {
    let refused = 0;
    for (const value of values) {
      expect(MoreRollouts.params.check({ uri: '', problem: 0, node: 0, count: value })?.path, inspect(value)).toBe('.count');
      expect(MoreRollouts.params.check({ uri: '', problem: value, node: 0, count: 1 })?.path, inspect(value)).toBe('.problem');
      expect(ReviewQueue.params.check({ uris: [], kind: 'all', seed: value })?.path, inspect(value)).toBe('.seed');
      refused += 3;
      for (const { name, inputSchema, run: ask } of tools)
        for (const [argument, schema] of Object.entries(inputSchema.properties)) {
          if ((schema as { type?: string }).type !== 'integer') continue;
          const args = { path: problems, ...Object.fromEntries(inputSchema.required.map((one) => [one, one === 'path' ? problems : 0])) };
          const asked = ask({ ...args, [argument]: value }, {} as ToolWorld, new AbortController().signal);
          await expect(asked, `${name} ${argument} ${inspect(value)}`).rejects.toThrow(`The argument ${argument} is not a whole number`);
          refused++;
        }
    }
    done('numbers', refused);
  });

  it('in the profile of a model', () => {
    let refused = 0;
    for (const value of values) {
      const fields = (): Fields => new Fields({ side: value }, '', 'prm.json');
      expect(() => fields().whole('side', [1, 16_384], 'pixels'), inspect(value)).toThrow("prm.json: 'side' is");
      refused++;
    }
    done('numbers', refused);
  });
});

it('the ranges of the editor, the settings and the manifest are those of the command line', () => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
    contributes: { debuggers: { configurationAttributes: { launch: { properties: Record<string, Record<string, unknown>> } } }[] };
  };
  const launch = manifest.contributes.debuggers[0]!.configurationAttributes.launch.properties;
  for (const [name, { has, words }] of Object.entries<NumberRange>(settingRanges.mcts)) {
    const { minimum, exclusiveMinimum, maximum, default: usual } = launch[name]! as Record<string, number>;
    expect([has(usual!), has(maximum!), has(maximum! * 1.01 + 1)], `${name}: ${words}`).toEqual([true, true, false]);
    if (minimum !== undefined) expect([has(minimum), has(minimum - 1)], name).toEqual([true, false]);
    else expect(has(exclusiveMinimum!), name).toBe(false);
  }
  for (const [setting, range] of [
    [settingsTable.labelingRollouts, settingRanges.mcts.rollouts],
    [settingsTable.labelingSearches, settingRanges.mcts.searches],
    [settingsTable.labelingBudget, settingRanges.mcts.budget],
  ] as const)
    for (const value of [setting.read(-1e9), setting.read(1e9)]) expect(range.has(value), setting.id).toBe(true);
});
