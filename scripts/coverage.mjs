/**
 * `npm run coverage [-- PART...]`: runs parts of the tests and prints how many of our lines they run, by folder, with the figures of
 * all suites and processes merged. Vitest maps the coverage of its workers. Node writes the coverage of other processes (command line,
 * language server, inference, extension host), and test/browser/pageCoverage.ts that of the panels' pages. Both are mapped by the
 * source maps of a development build.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mergeProcessCovs } from '@bcoe/v8-coverage';
import { parse } from 'acorn';
import convert from 'ast-v8-to-istanbul';
import coverage from 'istanbul-lib-coverage';
import { roomOf } from './rooms.mjs';
import { capture, root } from './run.mjs';

const all = ['unit', 'io', 'slow', 'inference', 'queue', 'lsp', 'hostile', 'browser', 'host'];
const parts = process.argv.length > 2 ? process.argv.slice(2) : all;
const folder = join(root, 'coverage');
const processes = join(folder, 'processes');

await rm(folder, { recursive: true, force: true });
await mkdir(processes, { recursive: true });
const env = { ...process.env, STEPLENS_COVERAGE: folder, NODE_V8_COVERAGE: processes };
const { code } = await capture([process.execPath, join(root, 'scripts', 'test.mjs'), ...parts], { env, echo: true });
const merged = coverage.createCoverageMap(await ofProcesses());
for (const part of parts) {
  const text = await readFile(join(folder, part, 'coverage-final.json'), 'utf8').catch(() => undefined);
  if (text !== undefined) merged.merge(JSON.parse(text));
}
print(linesByRoom(merged));
if (code !== 0) console.error('Some tests failed or could not be run: see above.');
process.exit(code === 0 ? 0 : 1);

/** Coverage of the bundles in `dist/`, from all processes. */
async function ofProcesses() {
  const reports = [];
  const maps = {};
  for (const name of await readdir(processes)) {
    // A process that is killed writes half a report, or none.
    const { result = [], 'source-map-cache': own = {} } = await readFile(join(processes, name), 'utf8')
      .then(JSON.parse)
      .catch(() => ({}));
    const kept = result.filter(({ url }) => own[url]?.data && relative(root, fileURLToPath(url)).startsWith('dist'));
    for (const { url } of kept) maps[url] = own[url].data;
    reports.push({ result: kept });
  }
  const map = coverage.createCoverageMap({});
  for (const script of mergeProcessCovs(reports).result) {
    const path = fileURLToPath(script.url);
    const code = await readFile(path, 'utf8').catch(() => undefined);
    // The script is from a build that was replaced while the tests ran.
    if (code === undefined) continue;
    const ast = parse(code, { ecmaVersion: 'latest', sourceType: path.endsWith('.cjs') ? 'script' : 'module' });
    map.merge(await convert({ code, coverage: script, sourceMap: maps[script.url], ast }));
  }
  return map;
}

/** @returns {Map<string, { covered: number, total: number }>} */
function linesByRoom(map) {
  const rooms = new Map();
  for (const file of map.files()) {
    const room = roomOf(relative(root, file).replaceAll('\\', '/'))?.folder;
    if (room === undefined) continue;
    const lines = Object.values(map.fileCoverageFor(file).getLineCoverage());
    const sum = rooms.get(room) ?? { covered: 0, total: 0 };
    rooms.set(room, { covered: sum.covered + lines.filter((hits) => hits > 0).length, total: sum.total + lines.length });
  }
  return rooms;
}

/** @param {Map<string, { covered: number, total: number }>} rooms */
function print(rooms) {
  const line = (name, { covered, total }) =>
    console.log(`${name.padEnd(24)} ${String(total).padStart(7)} lines ${((100 * covered) / total).toFixed(1).padStart(6)} % ran`);
  console.log(`\nLines that the tests of ${parts.join(', ')} run:`);
  for (const room of [...rooms.keys()].sort()) line(room, rooms.get(room));
  const sums = [...rooms.values()];
  line('all', { covered: sums.reduce((sum, one) => sum + one.covered, 0), total: sums.reduce((sum, one) => sum + one.total, 0) });
}
