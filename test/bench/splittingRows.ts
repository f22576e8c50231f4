import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readDocument } from '../../server/formats/registry.js';
import type { Problem, Solution } from '../../server/reasoning/problem.js';
import type { Row } from './row.js';

/** The text between two steps in the model outputs from which a format's rows were made. Other formats do not say. */
const SEPARATORS: Readonly<Record<string, string>> = {
  gsm8kSolutions: '\n',
  mathShepherd: '\n',
  openRFlat: '\n\n',
  openRTree: '\n\n',
  prm800k: '\n',
  prmBench: '\n',
  processBench: '\n\n',
  visualProcessBench: '\n\n',
};

/** Removes step markers, which some sources keep in the steps, and joins a final answer with the step before it. */
function plain(steps: readonly string[]): string {
  return steps
    .map((step) => step.replace(/^\s*(?:\*\*)?(?:step\s*\d+\s*[:.)]?|\d+[.)])(?:\*\*)?\s*/i, ''))
    .join('\0')
    .replace(/\0\s*(?=# Answer|A:)/g, ' ')
    .replace(/[^\S\0]+/g, ' ');
}

/** The text of a solution as its source has it, under its question. */
function textOf(problem: Problem, { steps }: Solution, separator: string): string {
  return `Question: ${problem.question.trim()}\n\nSolution:\n\n${steps.map((step) => problem.steps[step]!.text).join(separator)}\n`;
}

/**
 * Joins the steps of real models' solutions in `folder` as their source does, reads the text, and splits it again.
 * Returns the share of solutions with the same steps and question, by format. Prints up to `examples` of the others.
 */
export function measureRows(folder: string, examples = 0): Row[] {
  const counts = new Map<string, { right: number; all: number; seen: Set<string> }>();
  for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!file.isFile() || !/\.jsonl?$/.test(file.name) || file.parentPath.includes('cases')) continue;
    const document = readDocument(readFileSync(join(file.parentPath, file.name), 'utf8'), 'json');
    const separator = document && SEPARATORS[document.format];
    if (separator === undefined) continue;
    const count = counts.get(document!.format) ?? { right: 0, all: 0, seen: new Set() };
    counts.set(document!.format, count);
    for (const problem of document!.problems)
      for (const solution of problem.solutions) {
        const text = textOf(problem, solution, separator);
        if (solution.steps.length < 2 || problem.question.trim() === '' || count.seen.has(text)) continue;
        count.seen.add(text);
        count.all++;
        const found = readDocument(text, 'markdown')?.problems[0];
        const own = plain(solution.steps.map((step) => problem.steps[step]!.text));
        const isRight = found?.question === problem.question.trim() && plain(found.steps.map((step) => step.text)) === own;
        if (isRight) count.right++;
        else if (examples-- > 0)
          process.stdout.write(
            `${text}\n=> ${JSON.stringify(
              found?.steps.map((step) => step.text),
              null,
              1,
            )}\n`,
          );
      }
  }
  return [...counts].map(([format, { right, all }]) => ({
    name: `solutions of real models split as their source (${format})`,
    value: (100 * right) / all,
    unit: '%',
    note: `${right} of ${all}`,
  }));
}
