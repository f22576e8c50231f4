/**
 * Makes the bundled PRM again, starting from the generator, and the files that `npm run model:results` reads:
 *   npm run model:train -- base|prm|study|second --work DIR [--python python3] [--minutes 4] [--scale 0.01]
 * `--minutes` is the training time of the PRM's base: 4 on a data-center GPU; without a GPU use some hours. Each target first makes the files that
 * it depends on. Files that are already in DIR are not made again, so that a stopped run continues. `--scale` shrinks counts and minutes for a
 * trial run. The bundled policy is older and has another size: the model card names the place of its scripts.
 */
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from '../dependencies.mjs';
import { root, run } from '../run.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    work: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    scale: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '4' },
  },
});
const [target, scale] = [positionals[0] ?? '', Number(values.scale)];
if (!['base', 'prm', 'study', 'second'].includes(target) || values.work === undefined || !(scale > 0)) {
  console.error('usage: npm run model:train -- base|prm|study|second --work DIR [--python python3] [--minutes 4] [--scale 0.01]');
  process.exit(2);
}
const here = join(root, 'scripts', 'miniature');
const at = (name) => join(values.work, name);
const count = (whole) => String(Math.max(20, Math.round(whole * scale)));
const script = (name, ...args) => [process.execPath, 'node_modules/tsx/dist/cli.mjs', join(here, name), ...args];
const python = (name, ...args) => [values.python, join(here, name), ...args];

const isThere = (path) =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Runs a command that makes `output`, and perhaps its figures beside it, unless `output` exists. @param {string} output @param {(to: string) => string[]} command */
async function make(output, command) {
  if (await isThere(at(output))) return;
  const partial = at(`${output}.partial`);
  console.log(`\n=== ${output}`);
  await rm(partial, { recursive: true, force: true });
  await run(command(partial));
  if (await isThere(`${partial}.figures`)) await rename(`${partial}.figures`, at(`${output}.figures`));
  await rename(partial, at(output));
}

/** Training problems, in files that the trainer reads as soon as they are finished. */
const shards = 320;

async function base() {
  await mkdir(at('data'), { recursive: true });
  const size = Math.max(20, Math.round(2500 * scale));
  for (let i = 0; i < Math.max(1, Math.round(shards * Math.min(1, scale * 10))); i++) {
    const name = `data/${String(i).padStart(4, '0')}`;
    await data(name, '--seed', '1', '--from', String(i * size), '--count', String(size));
    await writeFile(at(`${name}.written`), '');
  }
  await writeFile(at('data/end'), '');
  await run(python('data.py', at('data'), '0', '1'));
  await data('validation.jsonl', '--seed', '2', '--count', count(900), '--unread');
  await trained('trained', Number(values.minutes));
}

/** Trains for some minutes on problems that exist already. */
async function trained(to, minutes) {
  const files = ['--data', at('data'), '--validation', at('validation.jsonl')];
  await make(to, (out) => python('train_policy.py', ...files, '--out', out, '--minutes', String(minutes * scale)));
}

/** Labels of the bundled policy's rollouts by `steplens label`: many problems, few rollouts each, to learn judging, not answers. */
async function labels() {
  await base();
  await make('problems', (to) => script('write-problems.ts', '--seed', '6', '--count', count(400), '--out', to));
  const settings = ['--out', at('runs'), '--seed', '1', '--jobs', '4', '--rollouts', '8', '--searches', '3', '--budget', '24'];
  await build();
  await run([process.execPath, join(root, 'dist', 'cli.js'), 'label', at('problems/problems.json'), '--policy', 'mini', ...settings]);
  await make('labels.jsonl', (to) => script('write-labels.ts', '--runs', at('runs'), '--seed', '6', '--kind', 'mcts', '--out', to));
  await data('planted-unseen.jsonl', '--seed', '2', '--count', count(600), '--unread', '--planted', '0.22');
}

/** Data of the judging block: labels of rollouts, and planted mistakes on problems that the base was not trained on. */
async function prm() {
  await labels();
  await data('planted.jsonl', '--seed', '6', '--from', '20000', '--count', count(2600), '--unread', '--planted', '0.22');
  const files = [
    '--data',
    at('labels.jsonl'),
    at('planted.jsonl'),
    '--validation',
    at('planted-unseen.jsonl'),
    '--start',
    at('trained/base.pt'),
  ];
  await make('blocks', (to) => python('train_prm.py', ...files, '--out', to, '--steps', count(1100), '--seeds', String(seeds)));
  await make('model.onnx', (to) => python('export.py', '--checkpoint', at('blocks/prm-1.pt'), '--out', to, '--half-at', '0.6'));
}

/** Trainings of the judging block; the first is the PRM. */
const seeds = 3;

/** The log that `npm run model:results -- --part judges` reads: small judges on labels of many kinds and the judging block, several seeds each. */
async function study() {
  await prm();
  await make('own.jsonl', (to) => script('write-logged.ts', '--out', to));
  const files = ['labels', 'own'].flatMap((name) => [`--${name}`, at(`${name}.jsonl`)]);
  await make('study.jsonl.gz', (to) =>
    python(
      'study.py',
      '--base',
      at('trained/base.pt'),
      ...files,
      '--planted',
      at('planted-unseen.jsonl'),
      '--blocks',
      at('blocks'),
      '--out',
      to,
    ),
  );
}

/** Candidates of a second policy, which has half the training, for `npm run model:results -- --part transfer`. */
async function second() {
  await base();
  await trained('trained-half', Number(values.minutes) / 2);
  await data('held-out.jsonl', '--seed', '3', '--count', count(540), '--unread');
  const files = ['--policy', at('trained-half/base.pt'), '--problems', at('held-out.jsonl')];
  await make('second.jsonl', (to) => python('sample_candidates.py', ...files, '--temperature', '1.1', '--out', to));
  await run(script('write-candidates.ts', '--out', at('second.jsonl'), '--count', '0', '--many', '0'));
}

async function data(name, ...args) {
  await make(name, (to) => script('write-data.ts', ...args, '--out', to));
}

await mkdir(values.work, { recursive: true });
await { base, prm, study, second }[target]();
