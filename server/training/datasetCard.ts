import type { ExportFormat } from './exportFormat.js';
import { rulesInWords } from './exportFormat.js';
import { EXCLUSIONS, type Exclusion, type SelectionRules } from './selection.js';

/** A file that training data was made of. */
export interface CardSource {
  /** Name as it was given. */
  readonly file: string;
  readonly problems: number;
  /** Number of questions that an earlier source has too. */
  readonly shared: number;
}

export interface CardFacts {
  /** Name of the exported file. */
  readonly file: string;
  readonly format: ExportFormat;
  readonly rules: SelectionRules;
  readonly seed: number;
  readonly samples: number;
  readonly samplesWithError: number;
  readonly paths: number;
  readonly excluded: Partial<Record<Exclusion, number>>;
  readonly sources: readonly CardSource[];
  /** Different questions in the sources. */
  readonly questions: number;
  /** Costs of the labels, one line per run, if the sources are runs with logs. */
  readonly costs: readonly string[];
}

/** Most rows of sources; the others are only counted. */
const MOST_SOURCES = 50;
/** A folder with more files than this, such as that of a run, is one row. */
const MOST_OF_FOLDER = 10;

/** Returns what a reader of training data needs to know about it, in Markdown. It is written beside the export. */
export function datasetCard(facts: CardFacts): string {
  const { file, format, rules, seed, samples, samplesWithError, paths, excluded, sources, questions, costs } = facts;
  const rows = byFolder(sources);
  const more = rows.length - MOST_SOURCES;
  const left = Object.entries(excluded) as [Exclusion, number][];
  return [
    `# ${file}`,
    '',
    `${format.title}: ${number(samples)} samples, ${number(samplesWithError)} of them with an error. Exported by StepLens with the seed ${seed}.`,
    '',
    '## Sources',
    '',
    '| file or folder | records | questions that an earlier file has too |',
    '|---|---|---|',
    ...rows.slice(0, MOST_SOURCES).map((one) => `| ${cell(one.file)} | ${number(one.problems)} | ${number(one.shared)} |`),
    ...(more > 0
      ? [`| ${more} more | ${number(sum(rows.slice(MOST_SOURCES), 'problems'))} | ${number(sum(rows.slice(MOST_SOURCES), 'shared'))} |`]
      : []),
    '',
    `${number(sum(sources, 'problems'))} records with ${number(questions)} different questions. Questions that several files have: ${number(sum(sources, 'shared'))}.`,
    '',
    '## Rules',
    '',
    ...rulesInWords(rules).map((rule) => `- ${rule}`),
    '',
    '## Left out',
    '',
    `${number(samples)} of ${number(paths)} paths are samples.`,
    '',
    ...(left.length === 0
      ? ['No path was left out.']
      : [
          '| reason | paths | meaning |',
          '|---|---|---|',
          ...left.map(([reason, count]) => `| ${reason} | ${number(count)} | ${EXCLUSIONS[reason]} |`),
        ]),
    '',
    `Duplicates left out: ${number(excluded.duplicate ?? 0)}.`,
    '',
    '## Costs of the labels',
    '',
    ...(costs.length === 0 ? ['Unknown: the sources are not in the folder of a run with event logs.'] : costs.map((line) => `- ${line}`)),
    '',
  ].join('\n');
}

/** Returns the sources in their order, with those of a large folder as one. */
function byFolder(sources: readonly CardSource[]): CardSource[] {
  const folderOf = ({ file }: CardSource): string => /^(.*[/\\])[^/\\]*$/.exec(file)?.[1] ?? '';
  const folders = new Map<string, CardSource[]>();
  for (const one of sources) folders.set(folderOf(one), [...(folders.get(folderOf(one)) ?? []), one]);
  return [...folders].flatMap(([folder, own]) =>
    own.length <= MOST_OF_FOLDER
      ? own
      : [
          {
            file: `${folder === '' ? '.' : folder} (${number(own.length)} files)`,
            problems: sum(own, 'problems'),
            shared: sum(own, 'shared'),
          },
        ],
  );
}

function sum(sources: readonly CardSource[], key: 'problems' | 'shared'): number {
  return sources.reduce((total, one) => total + one[key], 0);
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

/** Escapes a file name, which may contain the end of a cell or the beginning of markup. */
function cell(text: string): string {
  return text.replace(/[|\\`*_<>[\]\r\n]/g, (found) => (found === '\n' || found === '\r' ? ' ' : `\\${found}`));
}

/** `train.jsonl` has the card `train.card.md`. */
export function cardPath(out: string): string {
  return `${out.replace(/\.[^./\\]+$/, '')}.card.md`;
}
