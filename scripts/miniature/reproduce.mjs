/**
 * Makes the bundled models again, from the generator on:
 *   npm run model:train -- policy|prm|ablations --work DIR [--python python3] [--scale 0.01]
 * Training alone is 58 minutes for `policy` and 50 more for what the PRM is on, by their schedules. Each target makes what it rests on first;
 * what is already in DIR is not made again, so that a run that was stopped goes on. `--scale` shrinks counts and minutes, to try the way.
 */
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from '../dependencies.mjs';
import { root, run } from '../run.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { work: { type: 'string' }, python: { type: 'string', default: 'python3' }, scale: { type: 'string', default: '1' } },
});
const [target, scale] = [positionals[0] ?? '', Number(values.scale)];
if (!['policy', 'prm', 'ablations'].includes(target) || values.work === undefined || !(scale > 0)) {
  console.error('usage: npm run model:train -- policy|prm|ablations --work DIR [--python python3] [--scale 0.01]');
  process.exit(2);
}
const here = join(root, 'scripts', 'miniature');
const models = join(root, 'media', 'models', 'mini');
const at = (name) => join(values.work, name);
const count = (whole) => String(Math.max(20, Math.round(whole * scale)));
const minutes = (whole) => ['--minutes', String(whole * scale)];
const script = (name, ...args) => [process.execPath, 'node_modules/tsx/dist/cli.mjs', join(here, name), ...args];
const python = (name, ...args) => [values.python, join(here, name), ...args];
const steplens = (...args) => [process.execPath, join(root, 'dist', 'cli.js'), ...args];

const isThere = (path) =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Runs a command that makes `output`, and perhaps its figures beside it, unless it is there. @param {string} output @param {(to: string) => string[]} command */
async function make(output, command) {
  if (await isThere(at(output))) return;
  const partial = at(`${output}.partial`);
  console.log(`\n=== ${output}`);
  await rm(partial, { recursive: true, force: true });
  await run(command(partial));
  if (await isThere(`${partial}.figures`)) await rename(`${partial}.figures`, at(`${output}.figures`));
  await rename(partial, at(output));
}

async function policy() {
  const learn =
    (...more) =>
    (to) =>
      python('train_policy.py', '--data', at('train.jsonl'), '--validation', at('validation.jsonl'), '--out', to, '--compile', ...more);
  await data('train.jsonl', '--seed', '1', '--count', count(140_000));
  await data('validation.jsonl', '--seed', '2', '--count', count(1200));
  await make('text', learn(...minutes(40)));
  await make('reading', learn(...minutes(8), '--rate', '3e-3', '--reading', '--resume', at('text/policy-end.pt')));
  // Stopped while it still errs often enough to be worth searching.
  await make('policy', learn(...minutes(10), '--rate', '2e-3', '--resume', at('reading/policy-end.pt')));
  await make('policy.onnx', (to) => python('export.py', '--checkpoint', at('policy/policy-end.pt'), '--out', to));
}

async function data(name, ...args) {
  await make(name, (to) => script('write-data.ts', ...args, '--out', to));
}

async function labels(name, runs, seed, kind) {
  await make(name, (to) => script('write-labels.ts', '--runs', at(runs), '--seed', String(seed), '--kind', kind, '--out', to));
}

async function problems(folder, seed, number) {
  await make(folder, (to) => script('write-problems.ts', '--seed', String(seed), '--count', count(number), '--out', to));
}

/** Takes up what a stopped run left, as `steplens label` does by itself. */
async function label(folder, from, ...settings) {
  await run(
    steplens(
      'label',
      at(`${from}/problems.json`),
      '--policy',
      join(models, 'policy'),
      '--out',
      at(folder),
      '--seed',
      '1',
      '--jobs',
      '4',
      ...settings,
    ),
  );
}

async function prm() {
  await policy();
  await make('base', (to) =>
    python(
      'train_policy.py',
      '--data',
      at('train.jsonl'),
      '--validation',
      at('validation.jsonl'),
      '--out',
      to,
      '--compile',
      ...minutes(50),
      '--rate',
      '2e-3',
      '--resume',
      at('policy/policy-end.pt'),
    ),
  );
  await searched();
  await judge('prm', 'mcts.jsonl', 760);
}

/** Many problems with few rollouts each: what is to be learned is judging, not the answers. */
async function searched() {
  await build();
  await problems('problems-6', 6, 2921);
  await label('mcts', 'problems-6', '--rollouts', '8', '--searches', '3', '--budget', '24');
  await labels('mcts.jsonl', 'mcts', 6, 'mcts');
  await problems('problems-4', 4, 35);
  await label('unseen', 'problems-4');
  await labels('unseen.jsonl', 'unseen', 4, 'mcts');
}

async function judge(name, rows, steps, ...more) {
  await make(`${name}.pt`, (to) =>
    python(
      'train_prm.py',
      '--data',
      at(rows),
      '--validation',
      at('unseen.jsonl'),
      '--start',
      at('base/policy-end.pt'),
      '--out',
      to,
      '--steps',
      count(steps),
      ...more,
    ),
  );
  await make(`${name}.onnx`, (to) =>
    python('export.py', '--checkpoint', at(`${name}.pt`), '--out', to, ...(name === 'prm' ? [] : ['--over', at('prm.onnx')])),
  );
}

async function ablations() {
  await prm();
  // As many rollouts as the searches took.
  await problems('problems-5', 5, 180);
  await label('monte-carlo', 'problems-5', '--method', 'monte-carlo');
  await labels('monte-carlo.jsonl', 'monte-carlo', 5, 'monte-carlo');
  await labels('outcome.jsonl', 'mcts', 6, 'outcome');
  await judge('hard', 'mcts.jsonl', 760, '--hard');
  await judge('monte-carlo', 'monte-carlo.jsonl', 300);
  await judge('outcome', 'outcome.jsonl', 760);
}

await mkdir(values.work, { recursive: true });
await { policy, prm, ablations }[target]();
