import type { Problem } from '../reasoning/problem.js';
import { mmPrm } from './mmPrm.js';
import { qwen } from './qwen.js';
import { countExclusions, type Exclusion, type Sample, type SelectionRules, selectSamples } from './selection.js';
import { trl } from './trl.js';
import { visualPrm } from './visualPrm.js';

/** One format of training data: one file of this folder and one line below. */
export interface ExportFormat {
  /** For the command line. */
  readonly id: string;
  readonly title: string;
  /** Its usual rules; the threshold may be set. */
  readonly rules: SelectionRules;
  /** One line of the file. `index` counts the lines from 0. */
  write(problem: Problem, sample: Sample, index: number, threshold: number): object;
}

export const EXPORT_FORMATS: readonly ExportFormat[] = [mmPrm, visualPrm, trl, qwen];

export interface Exported {
  readonly records: readonly object[];
  readonly samplesWithError: number;
  /** Different paths that were looked at, ended at their first error where the format does so: samples and excluded ones. */
  readonly paths: number;
  readonly excluded: Partial<Record<Exclusion, number>>;
}

/** The training data of problems, one record a sample; the same problems, rules and seed give the same records. */
export function exportProblems(problems: Iterable<Problem>, format: ExportFormat, options: ExportOptions): Exported {
  const rules = rulesOf(format, options);
  const records: object[] = [];
  const outcomes = [];
  let samplesWithError = 0;
  for (const problem of problems) {
    const selected = selectSamples(problem, rules, options.seed);
    outcomes.push(...selected.outcomes);
    for (const sample of selected.samples) {
      if (sample.hasError) samplesWithError++;
      records.push(format.write(problem, sample, records.length, rules.threshold));
    }
  }
  return { records, samplesWithError, paths: outcomes.length, excluded: countExclusions(outcomes) };
}

export interface ExportOptions {
  readonly seed: number;
  /** Without it, the format's own. */
  readonly threshold?: number;
}

export function rulesOf(format: ExportFormat, { threshold }: ExportOptions): SelectionRules {
  return threshold === undefined ? format.rules : { ...format.rules, threshold };
}

/** What the rules leave out and where they end a path, one sentence each. */
export function rulesInWords({ threshold, endAtError, mixedRootsOnly, shortWords, balance }: SelectionRules): string[] {
  return [
    `A value at or below ${threshold} is an error.`,
    ...(endAtError ? ['A path ends with its first error.'] : []),
    ...(mixedRootsOnly ? ['Trees whose root has the value 0 or 1 are left out.'] : []),
    ...(shortWords > 0 ? [`Paths of ${shortWords} words or fewer are left out.`] : []),
    'Paths with an unknown value, and paths whose text another path has, are left out.',
    ...(balance ? ['Of the paths without an error as many are drawn as there are with one.'] : []),
  ];
}
