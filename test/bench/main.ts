import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import * as evaluation from './evaluation.js';
import * as exporting from './exporting.js';
import * as labeling from './labeling.js';
import * as large from './large.js';
import * as layouts from './layouts.js';
import * as paint from './paint.js';
import * as parse from './parse.js';
import * as real from './real.js';
import * as plan from './realPlan.js';
import type { Row } from './row.js';
import * as scaling from './scaling.js';
import * as scoring from './scoring.js';
import * as server from './server.js';
import * as splitting from './splitting.js';
import { measureRows } from './splittingRows.js';
import * as targets from './targets.js';
import * as throughput from './throughput.js';
import * as tree from './tree.js';
import * as typing from './typing.js';

/** `npm run bench [PART...] [--rows FOLDER]`: prints a table and writes it as JSON to bench-results/. */
const parts = { parse, scoring, layouts, throughput, scaling, labeling, evaluation, server, splitting, paint, tree };
/** The parts added here take minutes and need gigabytes, Python packages or VS Code. They run only when named. */
const all = { ...parts, export: exporting, targets, large, real, plan, typing };
const given = process.argv.slice(2);
const rowsAt = given.indexOf('--rows');
/** `--rows FOLDER`: files with steps of real models, for `splitting`. */
const rowsFolder = rowsAt < 0 ? undefined : given.splice(rowsAt, 2)[1];
const chosen = given;
const unknown = chosen.filter((name) => !(name in all));
if (unknown.length > 0) {
  console.error(`There is no part "${unknown[0]}". Parts: ${Object.keys(all).join(', ')}.`);
  process.exit(2);
}

const rows: Row[] = [];
for (const [name, part] of Object.entries(chosen.length > 0 ? all : parts)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  for (const row of await part.measure()) {
    rows.push(row);
    console.log(line(row));
  }
  if (name === 'splitting' && rowsFolder !== undefined)
    for (const row of measureRows(rowsFolder)) {
      rows.push(row);
      console.log(line(row));
    }
}
const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} threads, Node ${process.versions.node}`;
console.log(`\n${machine}. Figures that are compared were taken in the same run.`);
await mkdir('bench-results', { recursive: true });
await writeFile('bench-results/bench.json', `${JSON.stringify({ machine, rows }, null, 2)}\n`);
process.exit(0);

function line(row: Row): string {
  const value = row.value === null ? '-' : row.value.toFixed(row.value < 10 ? 2 : row.value < 100 ? 1 : 0);
  const ratio = row.ratio === undefined ? '' : `${row.ratio.value.toFixed(2)} x ${row.ratio.to}`;
  return `${row.name.padEnd(68)} ${value.padStart(8)} ${row.unit.padEnd(8)} ${ratio.padEnd(28)} ${[verdict(row), row.note ?? ''].join(' ')}`.trimEnd();
}

/** Whether a figure meets its target. */
function verdict({ value, ratio, target }: Row): string {
  const found = ratio?.value ?? value;
  if (target === undefined || found === null) return '';
  const isMet = 'most' in target ? found <= target.most : found >= target.least;
  return `target ${'most' in target ? `at most ${target.most}` : `at least ${target.least}`}: ${isMet ? 'met' : 'missed'}.`;
}
