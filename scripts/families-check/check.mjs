/**
 * `npm run families:check [-- OPTIONS]`: follows "Exporting to ONNX" of docs/families.md to the letter, on tiny models with random weights of the
 * same classes, and compares the scores with those of the authors' way of scoring.
 *
 *   --python FILE           the Python that runs as `python3` (default: python3)
 *   --install               run the page's `pip install` lines, too
 *   --mm-prm FOLDER         a checkout of ModalMinds/MM-PRM
 *   --visualprm FOLDER      a checkout of OpenGVLab/InternVL
 *   --ursa-rm-images FOLDER a checkout of URSA-MATH/URSA-MATH
 *
 * With checkouts, runs the commands for their families. Without any, runs those for the families whose classes come in packages.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from '../dependencies.mjs';
import { root } from '../run.mjs';

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    install: { type: 'boolean', default: false },
    'mm-prm': { type: 'string' },
    visualprm: { type: 'string' },
    'ursa-rm-images': { type: 'string' },
  },
});
/** Families whose classes are in no package: option, and folder on the page. */
const checkouts = { 'mm-prm': 'MM-PRM-code', visualprm: 'InternVL-code', 'ursa-rm-images': 'URSA-MATH-code' };
/** Largest accepted difference of a score. */
const tolerance = 1e-5;

await build();
const folder = mkdtempSync(join(tmpdir(), 'steplens-families-'));
try {
  const env = commandsAt(join(folder, 'bin'));
  const lines = linesOfPage();
  // Packages are installed first, because the tiny models need them, too.
  if (values.install) for (const line of lines.filter(isInstallation)) shell(line, env);
  const given = Object.entries(checkouts).filter(([family]) => values[/** @type {keyof typeof checkouts} */ (family)] !== undefined);
  const made = given.length > 0 ? given.map(([family]) => [`--${family}`, checkoutOf(family)]) : [[]];
  for (const args of made)
    execFileSync('python3', [join(root, 'scripts/families-check/tiny.py'), folder, ...args], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  for (const [family, name] of given) if (!existsSync(join(folder, name))) symlinkSync(checkoutOf(family), join(folder, name));
  const wanted = given.length > 0 ? given.map(([family]) => family) : familiesInPackages();
  const failed = exportAll(wanted, lines, env);
  console.log(`${wanted.length - failed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true });
}

/** @param {string} family */
function checkoutOf(family) {
  return resolve(String(values[/** @type {keyof typeof checkouts} */ (family)]));
}

/** The families of the registry, read from the help of the command. */
function familiesInPackages() {
  const help = execFileSync(process.execPath, [join(root, 'dist/cli.js'), 'export-model', '--help'], { encoding: 'utf8' });
  const [, list] = /--family F\s+([^(]+)\(/.exec(help) ?? [];
  if (list === undefined) throw new Error('The help of export-model lists no families.');
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => !(name in checkouts));
}

/** A folder in front of PATH with `steplens` and `python3`, as the page calls them. @param {string} bin @returns {NodeJS.ProcessEnv} */
function commandsAt(bin) {
  mkdirSync(bin);
  const python = execFileSync(values.python, ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();
  for (const [name, line] of Object.entries({
    steplens: `exec "${process.execPath}" "${join(root, 'dist/cli.js')}" "$@"`,
    python3: `exec "${python}" "$@"`,
  })) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${line}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, PYTHONDONTWRITEBYTECODE: '1' };
}

/** The commands of the section on exporting. @returns {string[]} */
function linesOfPage() {
  const page = readFileSync(join(root, 'docs/families.md'), 'utf8');
  const section = page.slice(page.indexOf('## Exporting to ONNX'), page.indexOf('## Memory'));
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block]) => String(block).trim().split('\n'));
}

/** @param {string} line */
function isInstallation(line) {
  return line.startsWith('python3 -m pip install ');
}

/** Runs the lines for these families. @param {string[]} wanted @param {string[]} lines @param {NodeJS.ProcessEnv} env @returns {number} families that failed */
function exportAll(wanted, lines, env) {
  const left = new Set(wanted);
  for (const line of lines) {
    if (line.startsWith('git clone ') || isInstallation(line)) continue;
    const [, family, out] = /^steplens export-model .* --family (\S+) .*--out (\S+)$/.exec(line) ?? [];
    if (family === undefined || out === undefined) throw new Error(`docs/families.md has a line that is not understood: ${line}`);
    if (!wanted.includes(family)) continue;
    shell(line, env);
    const difference = compare(family, out, env);
    console.log(`${difference <= tolerance ? 'ok  ' : 'FAIL'} ${family.padEnd(22)} largest difference ${difference.toExponential(1)}`);
    if (difference <= tolerance) left.delete(family);
  }
  for (const family of left) console.log(`FAIL ${family}: no command of the page gives its authors' scores`);
  return left.size;
}

/** @param {string} line @param {NodeJS.ProcessEnv} env */
function shell(line, env) {
  console.log(`$ ${line}`);
  const { status } = spawnSync('sh', ['-c', line], { cwd: folder, env, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`The command ended with ${status}: ${line}`);
}

/** Scores the family's cases with its graph. @param {string} family @param {string} out @param {NodeJS.ProcessEnv} env @returns {number} the largest difference */
function compare(family, out, env) {
  const args = ['score', `${family}.json`, '--model', out, '--device', 'cpu', '--json'];
  const { stdout, status } = spawnSync('steplens', args, { cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) return Infinity;
  const found = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const expected = JSON.parse(readFileSync(join(folder, `${family}.expected.json`), 'utf8'));
  let largest = found.length === expected.length ? 0 : Infinity;
  expected.forEach((/** @type {number[]} */ scores, /** @type {number} */ i) => {
    scores.forEach((score, step) => {
      const own = found[i]?.steps[step]?.values?.prm?.value ?? found[i]?.steps[step]?.values?.prm;
      largest = Math.max(largest, typeof own === 'number' ? Math.abs(own - score) : Infinity);
    });
  });
  return largest;
}
