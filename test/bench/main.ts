import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import * as labeling from './labeling.js';
import * as paint from './paint.js';
import * as parse from './parse.js';
import type { Row } from './row.js';
import * as scoring from './scoring.js';
import * as server from './server.js';

/** `npm run bench [PART...]`: a table, and the same as JSON in bench-results/. */
const parts = { parse, scoring, labeling, server, paint };
const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`There is no part "${unknown[0]}". Parts: ${Object.keys(parts).join(', ')}.`);
  process.exit(2);
}

const rows: Row[] = [];
for (const [name, part] of Object.entries(parts)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  for (const row of await part.measure()) {
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
  const digits = row.value < 10 ? 2 : row.value < 100 ? 1 : 0;
  const ratio = row.ratio === undefined ? '' : `${row.ratio.value.toFixed(2)} x ${row.ratio.to}`;
  return `${row.name.padEnd(68)} ${row.value.toFixed(digits).padStart(8)} ${row.unit.padEnd(8)} ${ratio.padEnd(28)} ${row.note ?? ''}`.trimEnd();
}
