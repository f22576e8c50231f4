import { itemAt, mustGet } from '../../server/reasoning/present.js';
import type { Problem } from '../../server/reasoning/problem.js';
import { SAMPLE_CHOICES } from '../../server/training/choices/registry.js';
import { type SelectionRules, selectGroup, type TrainingSample } from '../../server/training/selection.js';
import type { ExactVerdict } from './problems/exactSteps.js';

/** Samples that a rule of an export keeps, and their noise against exact verdicts. */
export interface SelectionQuality {
  readonly name: string;
  readonly samples: number;
  readonly labels: number;
  /** Share of the labels that are wrong. */
  readonly wrong: number;
  /** Share of the samples with an error whose first error is the exact one. */
  readonly found: number;
}

/** The solutions of one problem as separate records, with their exact verdicts. The bundled PRM judges the steps. */
export interface JudgedRecords {
  readonly problems: readonly Problem[];
  readonly exact: ReadonlyMap<Problem, ExactVerdict>;
}

const plain: SelectionRules = { threshold: 0, endAtError: false, mixedRootsOnly: false, shortWords: 0, balance: false };

export function selectionQualities(groups: readonly JudgedRecords[], seed: number): SelectionQuality[] {
  const choices = SAMPLE_CHOICES.map((choice) => ({ choice, parameter: choice.parameter?.usual ?? 0 }));
  const rules: readonly [name: string, rules: SelectionRules][] = [
    ['all samples', plain],
    ['--difficulty 0.1-0.9', { ...plain, difficulty: { least: 0.1, most: 0.9 } }],
    ...choices.map((one): [string, SelectionRules] => [
      `--select ${one.choice.id}${one.choice.parameter ? `:${one.parameter}` : ''}`,
      { ...plain, choices: [one] },
    ]),
  ];
  return rules.map(([name, rule]) => {
    const kept = groups.flatMap(({ problems, exact }) =>
      selectGroup(problems, rule, seed).samples.map((sample) => ({ sample, exact: mustGet(exact, sample.problem) })),
    );
    const ranked = rule.choices
      ?.flatMap(({ choice, parameter }) => (choice.score ? [{ score: choice.score.bind(choice), parameter }] : []))
      .at(0);
    if (ranked === undefined) return qualityOf(name, kept);
    const { parameter } = ranked;
    const score = ({ sample }: { sample: TrainingSample }): number => ranked.score(sample, parameter);
    return qualityOf(name, kept.toSorted((a, b) => score(b) - score(a)).slice(0, Math.round(kept.length * parameter)));
  });
}

function qualityOf(name: string, kept: readonly { readonly sample: TrainingSample; readonly exact: ExactVerdict }[]): SelectionQuality {
  let [labels, wrong, errors, found] = [0, 0, 0, 0];
  for (const { sample, exact } of kept) {
    for (const [step, value] of sample.values.entries()) {
      labels++;
      if (value > 0 !== (exact.firstError < 0 || step < exact.firstError)) wrong++;
    }
    if (!sample.hasError) continue;
    errors++;
    if (sample.firstError === exact.firstError) found++;
  }
  return { name, samples: kept.length, labels, wrong: wrong / labels, found: found / errors };
}

export function selectionText(rows: readonly SelectionQuality[]): string {
  const percent = (share: number): string => (Number.isNaN(share) ? '-' : `${(100 * share).toFixed(1)} %`);
  const cells = [
    ['', 'samples', 'labels', 'labels wrong', 'first errors right'],
    ...rows.map(({ name, samples, labels, wrong, found }) => [
      name,
      samples.toLocaleString('en-US'),
      labels.toLocaleString('en-US'),
      percent(wrong),
      percent(found),
    ]),
  ];
  const widths = itemAt(cells, 0).map((_, column) => Math.max(...cells.map((row) => itemAt(row, column).length)));
  const lines = cells.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(itemAt(widths, i)) : cell.padStart(itemAt(widths, i)))).join('  '),
  );
  return `Rules for the samples of an export, against exact verdicts; the judge is the bundled PRM\n${lines.join('\n')}\n`;
}
