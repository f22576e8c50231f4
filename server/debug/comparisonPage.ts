import type { ComparedNode, RecordedSelection, RunComparison } from './compareRuns.js';
import { rewordedSteps } from './reworded.js';
import { type DiffPiece, wordDiff } from './wordDiff.js';

/** The facts in the text above the tables. */
export interface ComparisonHead {
  readonly original: string;
  readonly fork: string;
  /** Number of the event from which the fork differs. */
  readonly at: number;
  /** The requested change, in words. */
  readonly change: string;
  readonly recorded: number;
  readonly sampled: number;
}

/** Most rows of one table; the others are only counted. */
const mostRows = 100;

/** A fork beside its original as a Markdown page: selections, values, answers. */
export function comparisonPage(head: ComparisonHead, comparison: RunComparison): string {
  const { counts } = comparison;
  return `${[
    '# A fork and its original',
    `\`${head.fork}\` is \`${head.original}\` from event ${head.at} on with: ${head.change}.`,
    `${head.recorded} recorded rollouts were used and ${head.sampled} sampled. Of the nodes, ${counts.same} are the same, ${counts.changed} have another value, ${counts.onlyFirst} are only in the original and ${counts.onlySecond} only in the fork.`,
    '## Selections',
    selectionTable(comparison),
    ...tables(comparison, ['Original', 'Fork'], ['in the original', 'in the fork']),
  ].join('\n\n')}\n`;
}

/** Two runs of one problem as a Markdown page, named by their files: values, answers. */
export function runsPage({ first, second }: { readonly first: string; readonly second: string }, comparison: RunComparison): string {
  const { same, changed, onlyFirst, onlySecond } = comparison.counts;
  const names = [words(first), words(second)] as const;
  return `${[
    '# Two runs of one problem',
    `**${names[0]}** and **${names[1]}**. Of the steps with a value, ${same} have the same in both, ${changed} another, ${onlyFirst} are only in the first and ${onlySecond} only in the second.`,
    ...tables(comparison, names, ['in the first', 'in the second']),
  ].join('\n\n')}\n`;
}

type Names = readonly [first: string, second: string];

function tables(comparison: RunComparison, names: Names, places: Names): string[] {
  return [
    '## Values',
    valueTable(comparison, names),
    ...wordingSection(comparison, names, places),
    '## Answers',
    ...changedAnswer(comparison),
    answerTable(comparison, names, places),
  ];
}

/** Steps that the two runs write in different words, compared word by word. */
function wordingSection({ nodes }: RunComparison, names: Names, [here, there]: Names): string[] {
  // Rows that the table leaves out are only counted, not compared.
  const rows = rewordedSteps(nodes).map(({ first, second }, i) =>
    i < mostRows
      ? [
          String(first.prefix.length),
          difference(first.prefix.at(-1) ?? '', second.prefix.at(-1) ?? ''),
          valueCell(first.first),
          valueCell(second.second),
        ]
      : [],
  );
  if (rows.length === 0) return [];
  const key = `Steps that follow the same steps. Words only ${here} are <del>struck through</del>, words only ${there} are <ins>underlined</ins>.`;
  return ['## Wording', key, table(['Steps', 'Wording', ...names], rows)];
}

/** The most frequent answer of each run, if the two differ. */
function changedAnswer({ answers }: RunComparison): string[] {
  const most = (run: 'first' | 'second'): string | undefined =>
    answers.reduce<RunComparison['answers'][number] | undefined>(
      (best, one) => (one.answer !== '' && one[run] > (best?.[run] ?? 0) ? one : best),
      undefined,
    )?.answer;
  const [before, after] = [most('first'), most('second')];
  if (before === undefined || after === undefined || before === after) return [];
  return [`The most frequent answer is another one: ${difference(before, after)}.`];
}

function selectionTable({ selections, firstOther }: RunComparison): string {
  if (selections.length === 0) return 'Neither run selects rollouts.';
  const said = firstOther === undefined ? 'All selections are the same.' : `Search ${firstOther + 1} is the first one that differs.`;
  const rows = selections.map(({ first, second }, i) => [
    String(i + 1),
    first ? selectionCell(first) : '–',
    second ? selectionCell(second) : '–',
    JSON.stringify([first?.prefix, first?.rollout]) === JSON.stringify([second?.prefix, second?.rollout]) ? '' : 'differs',
  ]);
  return `${said}\n\n${table(['Search', 'Original', 'Fork', ''], rows)}`;
}

function selectionCell({ prefix, rollout, q, u, pool }: RecordedSelection): string {
  return `after ${prefix.length} steps: ${words(rollout[0] ?? '')} (Q ${q.toFixed(3)} + U ${u.toFixed(3)}, of ${pool})`;
}

/** Changed values, the largest change first, then nodes that only one run has. */
function valueTable({ nodes }: RunComparison, names: Names): string {
  const change = ({ first, second }: RunComparison['nodes'][number]): number | undefined =>
    first?.value === undefined || second?.value === undefined ? undefined : second.value - first.value;
  const rows = nodes
    .filter(({ first, second }) => !first || !second || first.value !== second.value)
    .sort((one, other) => Math.abs(change(other) ?? 0) - Math.abs(change(one) ?? 0))
    .map(({ prefix, first, second }) => [
      String(prefix.length),
      words(prefix.at(-1) ?? 'the question'),
      valueCell(first),
      valueCell(second),
      first?.value !== undefined && second?.value !== undefined ? signed(second.value - first.value) : '',
    ]);
  if (nodes.length === 0) return 'Neither run has a value.';
  if (rows.length === 0) return 'All values are the same.';
  return table(['Steps', 'Ends with', ...names, 'Change'], rows);
}

function valueCell(node: ComparedNode | undefined): string {
  if (!node) return '–';
  const value =
    node.value === undefined
      ? 'no value'
      : node.assumed
        ? '1 assumed'
        : `${node.value.toFixed(2)}${node.total > 0 ? ` (${node.correct}/${node.total})` : ''}`;
  return `node ${node.id}: ${value}`;
}

function answerTable({ answers }: RunComparison, names: Names, [here, there]: Names): string {
  if (answers.length === 0) return 'No rollout has an answer.';
  const verdict = (isRight: boolean | undefined): string => (isRight === undefined ? '–' : isRight ? 'right' : 'not right');
  return table(
    ['Answer', ...names, `Verdict ${here}`, `Verdict ${there}`],
    answers.map(({ answer, first, second, right }) => [
      answer === '' ? 'none found' : words(answer),
      String(first),
      String(second),
      verdict(right.first),
      verdict(right.second),
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const left = rows.length - mostRows;
  return [
    line(head),
    line(head.map(() => '---')),
    ...rows.slice(0, mostRows).map(line),
    ...(left > 0 ? ['', `…and ${left} more.`] : []),
  ].join('\n');
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${value.toFixed(2)}`;
}

/** The first words of a step, as text in a cell. */
function words(text: string): string {
  const line = text.trim().split(/\s*\n\s*/, 1)[0] ?? '';
  return plain(line.length > 60 ? `${line.slice(0, 59)}…` : line);
}

/** Escapes a text for a cell: no Markdown, no HTML and no end of the cell remains in it. */
function plain(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+!|<>$~&]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** Characters of unchanged text that are shown on each side of a change. */
const CONTEXT = 60;
/** Characters of a removed or added text; longer ones are cut. */
const LONGEST = 400;

/** Shows two texts as one in a cell: elements mark the removed and the added words. */
function difference(first: string, second: string): string {
  const pieces = wordDiff(first, second);
  return pieces
    .map((piece, i) => written(piece, { before: pieces[i - 1], isLast: i === pieces.length - 1 }))
    .join('')
    .trim();
}

interface Neighbors {
  readonly before: DiffPiece | undefined;
  readonly isLast: boolean;
}

function written({ kind, text }: DiffPiece, { before, isLast }: Neighbors): string {
  const blank = text.startsWith(' ') || (kind === 'added' && before?.kind === 'removed') ? ' ' : '';
  const own = text.trim();
  if (kind !== 'same') {
    const name = kind === 'removed' ? 'del' : 'ins';
    return `${blank}<${name}>${plain(own.length > LONGEST ? `${own.slice(0, LONGEST)}…` : own)}</${name}>`;
  }
  const [head, tail] = [before ? CONTEXT : 0, isLast ? 0 : CONTEXT];
  if (own.length <= head + tail + CONTEXT) return blank + plain(own);
  return `${blank}${plain(own.slice(0, head))}…${plain(own.slice(own.length - tail))}`;
}
