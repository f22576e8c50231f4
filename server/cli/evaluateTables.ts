import { SELECTIONS, type SelectionRule } from '../evaluation/bestOfN.js';
import type { Evaluation } from '../evaluation/evaluation.js';
import { BENCHMARKS } from '../evaluation/evaluationInput.js';
import type { ProcessScores } from '../evaluation/processBenchmark.js';
import type { Best } from '../evaluation/thresholdSweep.js';
import { countedNoun } from '../language/solutionValues.js';
import type { Estimate } from '../reasoning/bootstrap.js';
import { textTable } from './textTable.js';

const NAMES: Readonly<Record<SelectionRule, string>> = {
  pass: 'pass@N',
  random: 'random',
  selfConsistency: 'self-consistency',
  min: 'PRM min',
  last: 'PRM last (outcome)',
  product: 'PRM product',
  mean: 'PRM mean',
  max: 'PRM max',
  sumLog: 'PRM sum of logs',
  sumLogit: 'PRM sum of logits',
  meanOdds: 'PRM mean odds',
};

/** Selection rules that need no score. */
const withoutScores: readonly SelectionRule[] = ['pass', 'random', 'selfConsistency'];

/** Accuracy in percent for N = 1, 2, 4, .. and all; the interval and the gain are those of the last column. */
export function bestOfNTable({ result, withoutVerdict }: Extract<Evaluation, { kind: 'bestOfN' }>): string {
  const { sizes, problems, candidates, curves, gains } = result;
  const shown = sizes.filter((size) => Number.isInteger(Math.log2(size)) || size === sizes.length);
  // Without a single score, the rules that choose by score are left out.
  const isScored = result.unscored < candidates;
  const selections = SELECTIONS.filter((selection) => isScored || withoutScores.includes(selection));
  const rows = selections.map((selection) => [
    NAMES[selection],
    ...shown.map((size) => percent(curves[selection][size - 1]?.value)),
    range(curves[selection].at(-1)),
    selection === 'random' ? '' : gain(gains[selection].at(-1)),
  ]);
  const lines = textTable([['', ...shown.map((size) => `N=${size}`), '95 % interval', 'gain over random'], ...rows]);
  const complete = result.complete.at(-1) ?? 0;
  const notes = [
    isScored && result.unscored > 0 && `${countedNoun(result.unscored, 'candidate')} without a score are chosen last.`,
    !isScored && 'No candidate has a score, so none was chosen by one.',
    result.unanswered > 0 && `${countedNoun(result.unanswered, 'candidate')} without a readable final answer do not vote.`,
    withoutVerdict > 0 && `${countedNoun(withoutVerdict, 'problem')} left out: not several candidates that all have a verdict.`,
    problems > complete &&
      `${countedNoun(problems - complete, 'problem')} with fewer than ${sizes.length} candidates count with all they have.`,
  ];
  return `Best-of-N: accuracy in % over ${countedNoun(problems, 'problem')}, ${countedNoun(candidates, 'candidate')}\n\n${lines}${paragraph(notes)}`;
}

/** Scores in percent, over all and by source and policy model. */
export function processTable(evaluation: Extract<Evaluation, { result: { headline: unknown } }>): string {
  const { kind, result, thresholdOrigin } = evaluation;
  const { headline, threshold, score, sweep } = result;
  const name = headline === 'macroF1' ? (kind === 'prmBench' ? 'PRMScore (macro F1)' : 'macro F1') : 'first-error F1';
  const best = headline === 'macroF1' ? sweep.bestMacroF1 : sweep.bestFirstErrorF1;
  const rows = [
    ['', 'solutions', 'steps', 'macro F1', 'micro F1', 'positive F1', 'negative F1', 'first error', 'no error', 'first-error F1'],
    row('all', result.all),
    ...[...result.bySource].map(([source, scores]) => row(`source ${source}`, scores)),
    ...[...result.byModel].map(([model, scores]) => row(`model ${model}`, scores)),
  ];
  const notes = [
    'Positive F1 is of right steps, negative F1 of wrong ones, macro F1 their mean, micro F1 over both pooled.',
    kind === 'prmBench' && result.bySource.has('multi_solutions') && 'multi_solutions has right steps only: its score is the positive F1.',
    result.bySource.size > 1 &&
      `Mean over sources ${percent(result.meanOverSources)}, weighted by steps ${percent(result.weightedMeanOverSources)}.`,
    result.neutralSteps > 0 && `${countedNoun(result.neutralSteps, 'neutral step')} left out.`,
    result.unscoredSteps > 0 && `${countedNoun(result.unscoredSteps, 'judged step')} without a score left out.`,
  ];
  const title = `${BENCHMARKS[kind].title}: ${name} ${percent(score.value)} (${range(score)}) at threshold ${threshold} (${thresholdOrigin})${bestText(best)}`;
  return `${title}\n\n${textTable(rows)}${paragraph(notes)}`;
}

function bestText(best: Best | undefined): string {
  return best === undefined ? '' : `; best ${percent(best.value)} at ${best.threshold.toFixed(3)} (swept on the same data)`;
}

function row(name: string, { solutions, steps, firstError }: ProcessScores): string[] {
  const { tp, fp, tn, fn } = steps.counts;
  const shares = [
    steps.macroF1,
    steps.microF1,
    steps.f1Correct,
    steps.f1Incorrect,
    firstError.errorAccuracy,
    firstError.correctAccuracy,
    firstError.f1,
  ];
  return [name, solutions.toLocaleString('en-US'), (tp + fp + tn + fn).toLocaleString('en-US'), ...shares.map(percent)];
}

/** One decimal; a dash where there is nothing to count. */
function percent(share: number | undefined): string {
  return share === undefined || Number.isNaN(share) ? '–' : (share * 100).toFixed(1);
}

function range(estimate: Estimate | undefined): string {
  return `${percent(estimate?.low)}–${percent(estimate?.high)}`;
}

function gain(estimate: Estimate | undefined): string {
  const sign = (share: number | undefined): string => `${share !== undefined && share < 0 ? '' : '+'}${percent(share)}`;
  return `${sign(estimate?.value)} (${sign(estimate?.low)} to ${sign(estimate?.high)})`;
}

function paragraph(notes: readonly (string | false)[]): string {
  const lines = notes.filter((note) => note !== false).map((note) => `  ${note}\n`);
  return `\n${lines.join('')}`;
}
