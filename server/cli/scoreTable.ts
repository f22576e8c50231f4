import type { InputFile } from '../files/inputFiles.js';
import type { ScoredProblem, ScoredStep } from '../language/scoredDocument.js';
import { countedNoun, formatAggregates, solutionValues } from '../language/solutionValues.js';
import { formatStepValue, lowMark, oneLine } from '../language/valueText.js';
import { escapeControls, Styled } from './terminal.js';

export interface TableStyle {
  /** Characters in a line. */
  readonly width: number;
  readonly threshold: number;
  readonly isColorful: boolean;
}

const bold = ['\u001b[1m', '\u001b[22m'] as const;
const red = ['\u001b[1;31m', '\u001b[0m'] as const;
const yellow = ['\u001b[33m', '\u001b[0m'] as const;

/** A problem's steps, one a line, under its solutions; the steps of a tree once each, numbered along their paths. */
export function problemTable({ lines }: InputFile, scored: ScoredProblem, style: TableStyle): Styled {
  const { problem, steps } = scored;
  const plain = escapeControls;
  const paint = (text: string, [on, off]: readonly [string, string]) => (style.isColorful ? on + plain(text) + off : plain(text));
  const line = lines.position(problem.span.start).line + 1;
  const rows = [paint(oneLine(`Problem ${problem.index + 1}, line ${line}: ${problem.question}`, style.width), bold)];
  const reason = sharedReason(steps);
  if (reason !== undefined) rows.push(...wrapped(plain(`Not scored: ${reason}`), style.width, '  '));
  if (problem.tree) {
    rows.push(
      `  ${countedNoun(problem.tree.nodes.length, 'node')}, ${countedNoun(problem.solutions.length, 'path')}, ${countedNoun(steps.length, 'step')}`,
    );
    const numbers: number[] = [];
    for (const step of steps) {
      const number = 1 + (step.step.parent === undefined ? 0 : (numbers[step.step.parent] ?? 0));
      numbers.push(number);
      rows.push(row(step, number));
    }
    if (reason === undefined) rows.push(...unscored(steps, numbers, style.width));
  } else {
    for (const solution of problem.solutions) {
      const { aggregates, steps: path } = solutionValues(scored, solution);
      const found = aggregates ? `: ${formatAggregates(aggregates)}` : ': no value is known';
      rows.push(`  Solution ${solution.index + 1}, line ${lines.position(solution.span.start).line + 1}${found}`);
      path.forEach((step, position) => rows.push(row(step, position + 1)));
      const numbers = path.map((_, position) => position + 1);
      if (reason === undefined) rows.push(...unscored(path, numbers, style.width));
    }
  }
  return new Styled(`${rows.join('\n')}\n`);

  function row(step: ScoredStep, number: number): string {
    const value = step.value === undefined ? '–' : formatStepValue(step.value, style.threshold);
    const mark = step.firstLow ? `${lowMark} first low` : step.low ? '· low' : '';
    const { mc } = step.values;
    const rollouts =
      mc === undefined ? '' : mc.correct !== undefined && mc.total !== undefined ? `${mc.correct}/${mc.total}` : formatStepValue(mc.value);
    const start = `  ${String(number).padStart(4)}  ${value.padStart(6)} ${mark.padEnd(11)} ${rollouts.padStart(7)}  `;
    const text = start + oneLine(step.step.text, Math.max(20, style.width - start.length));
    return step.firstLow ? paint(text, red) : step.low ? paint(text, yellow) : plain(text);
  }
}

/** The line above the first table. */
export const tableHeader = `  ${'step'.padStart(4)}  ${'value'.padStart(6)} ${''.padEnd(11)} ${'mc'.padStart(7)}  text\n`;

/** Returns the reason that all steps of a problem share, so that it is shown once. */
function sharedReason([first, ...others]: readonly ScoredStep[]): string | undefined {
  return others.every(({ skipped }) => skipped === first?.skipped) ? first?.skipped : undefined;
}

/**
 * Lists why the model gave steps no score: each reason once, after the numbers of its steps. Several steps of a tree
 * have the same number.
 */
function unscored(steps: readonly ScoredStep[], numbers: readonly number[], width: number): string[] {
  const byReason = new Map<string, number[]>();
  steps.forEach(({ skipped }, index) => {
    if (skipped === undefined) return;
    const number = numbers[index] ?? index + 1;
    const those = byReason.get(skipped);
    if (those) those.push(number);
    else byReason.set(skipped, [number]);
  });
  return [...byReason].flatMap(([reason, those]) => {
    const which = `${those.length === 1 ? 'Step' : 'Steps'} ${runs(those)}`;
    return wrapped(escapeControls(`${which} not scored: ${reason}`), width, '        ');
  });
}

/** Numbers as ranges, each number once: `1, 3-5`. */
function runs(numbers: readonly number[]): string {
  const found: [number, number][] = [];
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else found.push([number, number]);
  }
  return found.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(', ');
}

/** A text in lines of at most `width` characters, broken between words. */
function wrapped(text: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = `  ${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, indent + line];
}
