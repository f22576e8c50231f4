/** What the suite does, in numbers. SECURITY.md states them, and test/structure/promises.test.ts compares the two. */
import { appendFileSync } from 'node:fs';

export const figures = {
  messages: { count: 10_000, what: 'random messages to the language server and to both ends of the panels' },
  edits: { count: 1000, what: 'random edits, after which the incremental reading equals a fresh one' },
  files: { count: 3000, what: 'damaged data files' },
  answers: { count: 222, what: 'hostile answers: 37 shapes in 6 sizes' },
  models: { count: 35, what: 'damaged and hostile models, tokenizers, templates and profiles in the shipped server' },
  tokenizers: { count: 160, what: 'damaged tokenizers' },
  regexes: { count: 12, what: 'regexes of a tokenizer that backtrack without end' },
  servers: { count: 151, what: 'hostile replies of servers' },
  images: { count: 66, what: 'hostile images: names that lead elsewhere, files that are not images, pictures that expand' },
  bombs: { count: 4, what: 'compressed files and tables that expand without end' },
  sideFiles: { count: 85, what: 'devices, pipes, folders, circular links and deep JSON in the place of a file that is read' },
  longTexts: { count: 52, what: 'texts of one repeated piece, long lines and deep JSON, read in linear time' },
  settings: { count: 552, what: 'values that a workspace may write for a setting' },
  links: { count: 15, what: 'planted links at places where files are written' },
  childKills: { count: 50, what: 'kills of the inference process' },
  runKills: { count: 20, what: 'kills of a labeling run' },
  torn: { count: 33, what: 'torn or damaged lines in event logs' },
  fullDisk: { count: 14, what: 'runs on a disk that is full' },
  numbers: { count: 736, what: 'numbers outside their range, in options, launch configurations, requests and profiles' },
  signals: { count: 6, what: 'SIGTERM, SIGINT and SIGHUP to the command and to the language server' },
  pages: { count: 425, what: 'hostile texts in the views of the panels, in Chromium under their content security policy' },
  sinks: { count: 8, what: 'places where the key of a server was looked for' },
} as const satisfies Readonly<Record<string, { readonly count: number; readonly what: string }>>;

export type Figure = keyof typeof figures;

/** Records that a test has done `count` units of a figure. The suite prints the sums at its end (report.ts). */
export function done(figure: Figure, count: number, seed?: number): void {
  const file = process.env['STEPLENS_FIGURES'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ figure, count, seed })}\n`);
}

/** Seed of all random values here. `HOSTILE_SEED=N` sets another one. */
export const seed = Number(process.env['HOSTILE_SEED'] ?? 1);
