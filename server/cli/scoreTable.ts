import type { InputFile } from '../files/inputFiles.js';
import type { ScoredProblem, ScoredStep } from '../language/scoredDocument.js';
import { count, formatAggregates, solutionValues } from '../language/solutionValues.js';
import { firstWords, formatValue, lowMark } from '../language/valueText.js';

export interface TableStyle {
  /** Characters in a line. */
  readonly width: number;
  readonly threshold: number;
  readonly isColourful: boolean;
}

const bold = ['\u001b[1m', '\u001b[22m'] as const;
const red = ['\u001b[1;31m', '\u001b[0m'] as const;
const yellow = ['\u001b[33m', '\u001b[0m'] as const;

/** A problem's steps, one a line, under its solutions; the steps of a tree once each, numbered along their paths. */
export function problemTable({ lines }: InputFile, scored: ScoredProblem, style: TableStyle): string {
  const { problem, steps } = scored;
  const paint = (text: string, [on, off]: readonly [string, string]) => (style.isColourful ? on + text + off : text);
  const line = lines.position(problem.span.start).line + 1;
  const rows = [paint(firstWords(`Problem ${problem.index + 1}, line ${line}: ${problem.question}`, style.width), bold)];
  if (problem.tree) {
    rows.push(`  ${count(problem.tree.nodes.length, 'node')}, ${count(problem.solutions.length, 'path')}, ${count(steps.length, 'step')}`);
    const numbers: number[] = [];
    for (const step of steps) {
      const number = step.step.parent === undefined ? 1 : numbers[step.step.parent]! + 1;
      numbers.push(number);
      rows.push(row(step, number));
    }
  } else {
    for (const solution of problem.solutions) {
      const { aggregates, steps: path } = solutionValues(scored, solution);
      const found = aggregates ? `: ${formatAggregates(aggregates)}` : ': no value is known';
      rows.push(`  Solution ${solution.index + 1}, line ${lines.position(solution.span.start).line + 1}${found}`);
      path.forEach((step, position) => rows.push(row(step, position + 1)));
    }
  }
  return `${rows.join('\n')}\n`;

  function row(step: ScoredStep, number: number): string {
    const value = step.value === undefined ? '–' : formatValue(step.value, style.threshold);
    const mark = step.firstLow ? `${lowMark} first low` : step.low ? '· low' : '';
    const { mc } = step.values;
    const rollouts =
      mc === undefined ? '' : mc.correct !== undefined && mc.total !== undefined ? `${mc.correct}/${mc.total}` : formatValue(mc.value);
    const start = `  ${String(number).padStart(4)}  ${value.padStart(6)} ${mark.padEnd(11)} ${rollouts.padStart(7)}  `;
    const text = start + firstWords(step.step.text, Math.max(20, style.width - start.length));
    return step.firstLow ? paint(text, red) : step.low ? paint(text, yellow) : text;
  }
}

/** The line above the first table. */
export const tableHeader = `  ${'step'.padStart(4)}  ${'value'.padStart(6)} ${''.padEnd(11)} ${'mc'.padStart(7)}  text\n`;
