import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Row } from './row.js';

const ROWS = Number(process.env['STEPLENS_EXPORT_ROWS'] ?? 700_000);
/** Rows of the small file, whose memory is the baseline. */
const FEW = Math.min(ROWS, 20_000);
const MOST_MB = 300;

/** Measures peak memory and time of `steplens export` for a large file of VisualPRM records. */
export async function measure(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'steplens-export-'));
  try {
    const few = await exported(folder, FEW);
    const all = await exported(folder, ROWS);
    return [
      {
        name: `export of ${ROWS.toLocaleString('en-US')} rows (${all.read.toFixed(0)} MB), memory at its highest`,
        value: all.memory,
        unit: 'MB',
        ratio: { to: `${FEW.toLocaleString('en-US')} rows`, value: all.memory / few.memory },
        note: all.memory < MOST_MB ? `below the goal of ${MOST_MB} MB` : `ABOVE the goal of ${MOST_MB} MB`,
      },
      { name: 'its time', value: all.seconds, unit: 's', note: `${Math.round(ROWS / all.seconds)} rows a second` },
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function exported(folder: string, rows: number): Promise<{ read: number; memory: number; seconds: number }> {
  const [input, output, peak, tell] = ['rows.jsonl', 'export.jsonl', 'peak', 'tell.cjs'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  const file = createWriteStream(input);
  for (let i = 0; i < rows; i++) if (!file.write(record(i))) await once(file, 'drain');
  await new Promise<void>((resolve) => file.end(() => resolve()));
  // The process writes its own peak memory, in KiB on every system.
  await writeFile(
    tell,
    `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(peak)}, String(process.resourceUsage().maxRSS)));\n`,
  );
  const begin = performance.now();
  await promisify(execFile)(process.execPath, ['--require', tell, 'dist/cli.js', 'export', input, '--to', 'visualprm', '--out', output]);
  const seconds = (performance.now() - begin) / 1000;
  return { read: (await stat(input)).size / 1e6, memory: (Number(await readFile(peak, 'utf8')) * 1024) / 1e6, seconds };
}

/** A solution as VisualPRM's pipeline writes it, four per problem, with the length of those in VisualPRM400K. */
function record(i: number): string {
  const steps = Array.from({ length: 6 }, (_, j) => ({
    step: `Step ${j} of solution ${i}: ${'we add the two numbers and get a sum '.repeat(3)}`,
    score: (i + j) % 7 === 0 ? 0 : 0.5,
    num_mc_correct: (i + j) % 7 === 0 ? 0 : 8,
    num_mc_total: 16,
  }));
  return `${JSON.stringify({ image: '', question: `What is sum number ${Math.floor(i / 4)}?`, answer: '4', steps_with_score: steps })}\n`;
}
