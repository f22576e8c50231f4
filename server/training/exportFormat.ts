import type { Problem } from '../reasoning/problem.js';
import { type RankingRule, ranks } from './choices/choice.js';
import { mmPrm } from './mmPrm.js';
import { prm800k } from './prm800k.js';
import { groupsOf } from './problemGroup.js';
import { qwen } from './qwen.js';
import { SeenTexts } from './seenTexts.js';
import { countExclusions, type Exclusion, type SelectionRules, selectGroup, type TrainingSample } from './selection.js';
import { trl } from './trl.js';
import { visualPrm } from './visualPrm.js';
import { visualProcessBench } from './visualProcessBench.js';

/** One format of training data: one file of this folder and one line below. */
export interface ExportFormat {
  /** Name on the command line. */
  readonly id: string;
  readonly title: string;
  /** Its default rules; the threshold can be set. */
  readonly rules: SelectionRules;
  /** Returns one line of the file. `index` counts the lines from 0. */
  write(problem: Problem, sample: TrainingSample, index: number, threshold: number): object;
}

export const EXPORT_FORMATS: readonly ExportFormat[] = [mmPrm, visualPrm, trl, qwen, visualProcessBench, prm800k];

export interface Exported {
  readonly records: readonly object[];
  readonly samplesWithError: number;
  /** Different paths considered, cut at their first error if the format does so: samples and excluded ones. */
  readonly paths: number;
  readonly excluded: Partial<Record<Exclusion, number>>;
}

export interface ExportOptions extends Pick<SelectionRules, 'difficulty' | 'heldOut' | 'choices'> {
  readonly seed: number;
  /** Default: the threshold of the format. */
  readonly threshold?: number;
  /** Also writes right and all rollouts behind each value (`correct`, `total`), if the file has them. */
  readonly counts?: boolean;
}

/**
 * Returns the training data of problems, one record per sample; the same input, rules and seed give the same records.
 */
export function exportProblems(problems: Iterable<Problem>, format: ExportFormat, options: ExportOptions): Exported {
  const groups = groupsOf(problems);
  const cuts = new Exporter(format, options).cutsOf(groups);
  const exporter = new Exporter(format, options, cuts);
  const records = groups.flatMap((group) => exporter.add(group));
  return { records, ...exporter.counts };
}

/** For each ranking rule, the lowest score that is taken, and how many samples with exactly this score are taken. */
export type Cuts = ReadonlyMap<RankingRule, { readonly score: number; readonly ties: number }>;

/** Makes the records of one problem after the other and counts what is left out. */
export class Exporter {
  readonly #format: ExportFormat;
  readonly #options: ExportOptions;
  readonly #rules: SelectionRules;
  readonly #cuts: Cuts;
  readonly #ties = new Map<RankingRule, number>();
  readonly #seen = new SeenTexts();
  readonly #excluded: Partial<Record<Exclusion, number>> = {};
  #samples = 0;
  #withError = 0;
  #paths = 0;

  /** @param cuts Cuts of the rules that rank samples over the whole export, from an earlier pass (`ScoreList`). */
  constructor(format: ExportFormat, options: ExportOptions, cuts: Cuts = new Map()) {
    this.#format = format;
    this.#options = options;
    this.#rules = rulesOf(format, options);
    this.#cuts = cuts;
  }

  get counts(): Omit<Exported, 'records'> & { readonly samples: number } {
    return { samples: this.#samples, samplesWithError: this.#withError, paths: this.#paths, excluded: this.#excluded };
  }

  /** Returns the records of a problem, which may consist of several records itself (problemGroup.ts). */
  add(group: readonly Problem[]): object[] {
    const { samples, parts } = selectGroup(group, this.#rules, this.#options.seed, this.#seen);
    for (const { outcomes } of parts) {
      this.#paths += outcomes.length;
      for (const [reason, count] of Object.entries(countExclusions(outcomes))) this.#exclude(reason as Exclusion, count);
    }
    const taken = samples.filter((sample) => this.#isTaken(sample));
    return taken.map((sample) => {
      if (sample.hasError) this.#withError++;
      const record = this.#format.write(sample.problem, sample, this.#samples++, this.#rules.threshold);
      return this.#options.counts === true ? { ...record, ...countsOf(sample) } : record;
    });
  }

  /** Computes the cuts of the ranking rules in one pass over all groups. */
  cutsOf(groups: Iterable<readonly Problem[]>): Cuts {
    const scores = new ScoreList(this.#rules);
    if (scores.isNeeded) for (const group of groups) scores.add(selectGroup(group, this.#rules, this.#options.seed, this.#seen).samples);
    return scores.cuts;
  }

  #isTaken(sample: TrainingSample): boolean {
    for (const [rule, { score: least, ties }] of this.#cuts) {
      const score = rule.choice.score(sample, rule.parameter);
      const used = this.#ties.get(rule) ?? 0;
      if (score < least || (score === least && used >= ties)) {
        this.#exclude('less-informative', 1);
        return false;
      }
      if (score === least) this.#ties.set(rule, used + 1);
    }
    return true;
  }

  #exclude(reason: Exclusion, count: number): void {
    this.#excluded[reason] = (this.#excluded[reason] ?? 0) + count;
  }
}

/** The scores of all samples under the ranking rules. */
export class ScoreList {
  readonly #scores: ReadonlyMap<RankingRule, number[]>;

  constructor({ choices = [] }: SelectionRules) {
    this.#scores = new Map(choices.filter(ranks).map((rule) => [rule, []]));
  }

  get isNeeded(): boolean {
    return this.#scores.size > 0;
  }

  add(samples: readonly TrainingSample[]): void {
    for (const [{ choice, parameter }, scores] of this.#scores) for (const sample of samples) scores.push(choice.score(sample, parameter));
  }

  get cuts(): Cuts {
    return new Map(
      [...this.#scores].map(([rule, scores]) => {
        const sorted = Float64Array.from(scores).sort().reverse();
        const taken = Math.round(rule.parameter * sorted.length);
        const score = sorted[taken - 1] ?? Infinity;
        return [rule, { score, ties: sorted.subarray(0, taken).filter((one) => one === score).length }];
      }),
    );
  }
}

/** For Beta-Binomial targets (arXiv 2605.15529): k and n of each value, null where the file has none. */
function countsOf({ pieces }: TrainingSample): object {
  return {
    correct: pieces.map(({ counts }) => counts?.correct ?? null),
    total: pieces.map(({ counts }) => counts?.total ?? null),
  };
}

export function rulesOf(format: ExportFormat, { threshold, difficulty, heldOut, choices }: ExportOptions): SelectionRules {
  return {
    ...format.rules,
    ...(threshold !== undefined && { threshold }),
    ...(difficulty && { difficulty }),
    ...(heldOut && { heldOut }),
    ...(choices && { choices }),
  };
}

/** Describes what the rules leave out and where they end a path, one sentence each. */
export function rulesInWords(rules: SelectionRules): string[] {
  const { peopleOnly, threshold, endAtError, mixedRootsOnly, shortWords, balance, difficulty, heldOut, choices = [] } = rules;
  return [
    ...(peopleOnly ? ['Only what people said of a step counts; a path with a step that nobody judged is left out.'] : []),
    `A value at or below ${threshold} is an error.`,
    ...(endAtError ? ['A path ends with its first error.'] : []),
    ...(mixedRootsOnly ? ['Trees whose root has the value 0 or 1 are left out.'] : []),
    ...(shortWords > 0 ? [`Paths of ${shortWords} words or fewer are left out.`] : []),
    'Paths with an unknown value, and paths whose text another path has, are left out.',
    ...(endAtError ? [] : ['A path whose steps have no values behind an error ends with its first error.']),
    ...(difficulty
      ? [
          `Problems of whose solutions less than ${percent(difficulty.least)} or more than ${percent(difficulty.most)} are right are left out.`,
        ]
      : []),
    ...(heldOut ? [`Problems whose question is one of the ${heldOut.size} of the evaluation are left out.`] : []),
    ...choices.map(
      ({ choice: { title, parameter: about }, parameter }) => `Taken: ${title}${about ? ` (${about.meaning}: ${parameter})` : ''}.`,
    ),
    ...(balance
      ? ['Of the paths without an error as many are drawn as there are with one; the solutions of a problem count together.']
      : []),
  ];
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
