/**
 * `npm test` runs all tests, also on a fresh clone. `node scripts/test.mjs PART...` runs some parts. The last line is
 * `N passed, N failed`. A part that cannot run counts as failed, and its cause is printed.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureChromium } from './chromium.mjs';
import { build, ensureDependencies } from './dependencies.mjs';
import { inLanes } from './lanes.mjs';
import { ensureRedis } from './redis.mjs';
import { capture, messageOf, root } from './run.mjs';
import { ensureHost } from './vscodeHost.mjs';

/** @typedef {{ passed: number, failed: number }} Counts */

/** Commands at a time: tests wait as much as they compute. With more, whole editors would wait for each other. */
const lanes = 2;

/** @type {Record<string, { needs: ('build' | 'chromium' | 'host' | 'redis')[], run: () => Promise<Counts> }>} */
const parts = {
  check: { needs: [], run: check },
  unit: { needs: [], run: () => vitest('unit') },
  io: { needs: [], run: () => vitest('io') },
  slow: { needs: [], run: () => vitest('slow') },
  inference: { needs: ['build', 'chromium'], run: () => vitest('inference') },
  queue: { needs: ['build', 'redis'], run: () => vitest('queue') },
  lsp: { needs: ['build'], run: () => vitest('lsp') },
  hostile: { needs: ['build', 'chromium'], run: () => vitest('hostile') },
  browser: { needs: ['build', 'chromium'], run: () => vitest('browser') },
  host: { needs: ['build', 'chromium', 'host'], run: inHost },
  pack: { needs: ['build', 'chromium', 'host'], run: () => mocha('test/pack/vsix.spec.mjs') },
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) {
  console.error(`Unknown part "${unknown[0]}". Parts: ${Object.keys(parts).join(', ')}.`);
  process.exit(2);
}

const total = { passed: 0, failed: 0 };
try {
  await runParts(wanted.length > 0 ? wanted : Object.keys(parts));
} catch (error) {
  console.error(`No test could run: ${messageOf(error)}`);
  total.failed++;
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);
// Resources that a failed part has left open must not keep this process running.
process.exit(total.failed > 0 ? 1 : 0);

/** @param {string[]} names */
async function runParts(names) {
  await ensureDependencies();
  /** Requirements, each prepared once. Every part that needs a failed one reports the failure. @type {Record<string, () => Promise<unknown>>} */
  const needs = {
    build: once(build),
    chromium: once(async () => (process.env.CHROMIUM_PATH = await ensureChromium())),
    host: once(ensureHost),
    redis: once(ensureRedis),
  };
  /** @type {string[]} */
  const lines = [];
  for (const name of names) {
    const part = parts[name];
    console.log(`\n=== ${name} ===`);
    const started = performance.now();
    let counts;
    try {
      for (const need of part.needs) await needs[need]();
      counts = await part.run();
    } catch (error) {
      console.error(`${name} could not run: ${messageOf(error)}`);
      counts = { passed: 0, failed: 1 };
    }
    total.passed += counts.passed;
    total.failed += counts.failed;
    lines.push(
      `${name.padEnd(10)} ${String(counts.passed).padStart(5)} passed ${String(counts.failed).padStart(4)} failed ${((performance.now() - started) / 1000).toFixed(1).padStart(7)} s`,
    );
    console.log(lines.at(-1));
  }
  if (names.length > 1) console.log(`\n${lines.join('\n')}`);
}

/** Formatter, TypeScript and ESLint; each is one test. @returns {Promise<Counts>} */
async function check() {
  const tsc = join('node_modules', 'typescript', 'bin', 'tsc');
  const commands = {
    lint: [join('node_modules', 'eslint', 'bin', 'eslint.js'), '.'],
    ...Object.fromEntries(
      ['server', 'extension', 'webview', 'browser'].map((name) => [`types: ${name}`, [tsc, '-p', `tsconfig.${name}.json`]]),
    ),
    format: [join('node_modules', '@biomejs', 'biome', 'bin', 'biome'), 'check', '.'],
  };
  const counts = Object.entries(commands).map(([name, command]) => async () => {
    const { code, output } = await capture([process.execPath, ...command]);
    console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name}\n${code === 0 ? '' : output}`);
    return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
  });
  return sum(await inLanes(counts, lanes));
}

/** @param {string} project @returns {Promise<Counts>} */
async function vitest(project) {
  const folder = await mkdtemp(join(tmpdir(), 'steplens-test-'));
  const file = join(folder, 'result.json');
  const bin = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  await capture([process.execPath, bin, 'run', '--project', project, ...reporters, ...coverageOptions(project)], { echo: true });
  const result = JSON.parse(
    await readFile(file, 'utf8').catch(() => Promise.reject(new Error('Vitest ended without a result. Its output is above.'))),
  );
  await rm(folder, { recursive: true });
  // A file that does not load has no tests and counts as one failure. So does a skipped test, which proves nothing.
  const broken = result.testResults.filter((one) => one.status === 'failed' && one.assertionResults.length === 0).length;
  const skipped = result.numPendingTests + result.numTodoTests;
  if (skipped > 0) console.error(`Skipped tests count as failed: ${skipped}.`);
  if (result.numTotalTests === 0 && broken === 0) throw new Error(`The project ${project} has no tests.`);
  return { passed: result.numPassedTests, failed: result.numFailedTests + broken + skipped };
}

/** Vitest's options under `npm run coverage` (scripts/coverage.mjs). @param {string} project */
function coverageOptions(project) {
  const folder = process.env.STEPLENS_COVERAGE;
  if (folder === undefined) return [];
  const include = ['server', 'extension', 'webview'].map((one) => `--coverage.include=${one}/**/*.ts`);
  return ['--coverage.enabled', '--coverage.reporter=json', `--coverage.reportsDirectory=${join(folder, project)}`, ...include];
}

/** The Mocha suite inside the extension host, then the specs that use VS Code with real clicks. @returns {Promise<Counts>} */
async function inHost() {
  const specs = (await readdir(join(root, 'test', 'host'))).filter((name) => name.endsWith('.spec.mjs')).sort();
  const all = [() => script('test/host/runServer.mjs'), ...specs.map((spec) => () => mocha(`test/host/${spec}`))];
  return sum(await inLanes(all, lanes));
}

/** @param {string} file */
function mocha(file) {
  return script('test/host/runSpec.mjs', file);
}

/** Runs a script whose last line is `N passed, N failed`. Prints its output at its end, because another script may run at the same time. @param {string[]} command @returns {Promise<Counts>} */
async function script(...command) {
  const { output } = await capture([process.execPath, ...command]);
  console.log(output);
  const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(output) ?? [];
  if (passed !== undefined) return { passed: Number(passed), failed: Number(failed) };
  console.error(`${command.join(' ')} ended without its last line, "N passed, N failed".`);
  return { passed: 0, failed: 1 };
}

/** @param {Counts[]} counts @returns {Counts} */
function sum(counts) {
  return { passed: counts.reduce((all, { passed }) => all + passed, 0), failed: counts.reduce((all, { failed }) => all + failed, 0) };
}

/** @template T @param {() => Promise<T>} act @returns {() => Promise<T>} */
function once(act) {
  /** @type {Promise<T> | undefined} */
  let result;
  return () => (result ??= act());
}
