import type { CodeLens, Command } from 'vscode-languageserver-types';
import { plural, t } from '../l10n.js';
import type { ProblemResult } from '../protocol/labeling.js';
import { countLow } from '../reasoning/counts.js';
import type { Problem } from '../reasoning/problem.js';
import type { Span } from '../reasoning/span.js';
import { type LineWindow, problemsWithin } from './lensWindow.js';
import type { ScoredDocument, ScoredProblem } from './scoredDocument.js';
import { chosenBy, formatAggregates, type SolutionValues, solutionValues, verdictWords } from './solutionValues.js';
import { stepNumber } from './stepPlace.js';
import { formatStepValue, lowMark, oneLine } from './valueText.js';

/**
 * Each problem has lenses for its tree, images, labeling, scoring if not scored, and findings. Once per document a lens
 * reports that the model does not know the text. Each solution has its aggregates, except in a search tree, which has
 * thousands of paths. `results`: labeling outcomes. `window`: the lines with lenses, see `lensWindow`; default: all.
 */
export function codeLens(
  document: ScoredDocument,
  results: readonly ProblemResult[] = [],
  window: LineWindow = { first: 0, last: Infinity },
): CodeLens[] {
  const { from, to } = problemsWithin(document, window);
  const within = ({ start }: Span): boolean => {
    const { line } = document.lines.position(start);
    return line >= window.first && line <= window.last;
  };
  const unknown = document.problems.find(({ steps }) => steps.some((step) => step.outOfScope));
  return document.problems.slice(from, to).flatMap((problem) => {
    const { index, span } = problem.problem;
    const ofSolutions = solutionLenses(document, problem, within);
    if (!within(span)) return ofSolutions;
    const result = results.find((one) => one.problem === index);
    return [...problemLenses(document, problem, result), ...(problem === unknown ? [abstention(document, problem)] : []), ...ofSolutions];
  });
}

/** Shown once per document, at the first problem with a step that the model does not know. */
function abstention(document: ScoredDocument, { problem, steps }: ScoredProblem): CodeLens {
  const all = steps.every((step) => step.outOfScope);
  const model = document.model ?? t('The model');
  const title = all
    ? t('{0} does not know this kind of text. Choose a model…', model)
    : t('{0} does not know every step. Choose a model…', model);
  return lensAt(document, problem.span)({ title, command: 'steplens.selectModel' });
}

function problemLenses(document: ScoredDocument, scored: ScoredProblem, result: ProblemResult | undefined): CodeLens[] {
  const { problem } = scored;
  const lens = lensAt(document, problem.span);
  const labels = [...(result ? resultLenses(result) : []), ...labelLenses(document, scored, result)].map(lens);
  if (problem.steps.length === 0) return labels;
  return [
    lens({ title: t('Reasoning tree'), command: 'steplens.openTree', arguments: [document.uri, problem.index] }),
    ...(problem.images.length > 0
      ? [
          lens({
            title: problem.images.length === 1 ? t('Image') : t('{0} images', problem.images.length),
            command: 'steplens.showImage',
            arguments: [document.uri, problem.index],
          }),
        ]
      : []),
    ...(isUnscored(scored) ? [lens({ title: t('Score'), command: 'steplens.scoreDocument', arguments: [document.uri] })] : []),
    ...labels,
    ...summary(document, scored).map(lens),
  ];
}

/** Labeling needs a question and a reference answer. The first unlabeled problem also offers to label all of them. */
function labelLenses(document: ScoredDocument, { problem }: ScoredProblem, result: ProblemResult | undefined): Command[] {
  if (!canLabel(problem) || result?.state === 'running') return [];
  const one: Command = {
    title: result?.state === 'open' ? t('Retry') : problem.tree || result ? t('Label again') : t('Label this problem'),
    command: 'steplens.labelProblem',
    arguments: [document.uri, problem.index],
  };
  const all: Command = { title: t('Label all problems'), command: 'steplens.labelAll', arguments: [document.uri] };
  const unlabeled = document.problems.filter((other) => other.problem.steps.length === 0 && canLabel(other.problem));
  return unlabeled.length > 1 && unlabeled[0]?.problem === problem ? [one, all] : [one];
}

/** Shows the last run of a problem, which has its own file, with a link to its tree. */
function resultLenses({ file, state, value, nodes, rollouts, failures, cause }: ProblemResult): Command[] {
  const open = (title: string): Command => ({ title, command: 'steplens.openTree', arguments: [file, 0] });
  const failed = failures > 0 ? [t('{0} failed', failures.toLocaleString('en'))] : [];
  if (state === 'running') return [open(t('Labeling: {0} so far. Open tree', plural(rollouts, '{0} rollout', '{0} rollouts')))];
  if (state === 'open') return [open(t('Not labeled: {0} Show', oneLine(cause ?? t('the run was stopped'), 140)))];
  const facts = [
    value === null ? t('no value') : formatStepValue(value),
    plural(nodes, '{0} node', '{0} nodes'),
    plural(rollouts, '{0} rollout', '{0} rollouts'),
    ...failed,
  ];
  return [open(t('Open tree')), { title: t('Labeled: {0}', facts.join(' · ')), command: '' }];
}

function canLabel({ question, answer }: Problem): boolean {
  return question.trim() !== '' && (answer ?? '').trim() !== '';
}

/** Whether no step has a model score or a reason for not having one: scoring is off, cancelled, or not yet begun. */
function isUnscored({ steps }: ScoredProblem): boolean {
  return steps.every(({ values, skipped }) => values.prm === undefined && values.judge === undefined && skipped === undefined);
}

/** Shows the size of the problem and a link to its first low step. */
function summary(document: ScoredDocument, scored: ScoredProblem): Command[] {
  const { problem, steps } = scored;
  const [only] = problem.solutions;
  const isOne = !problem.tree && problem.solutions.length === 1 && only !== undefined;
  const parts = problem.tree
    ? plural(problem.tree.nodes.length, '{0} node', '{0} nodes')
    : plural(problem.solutions.length, '{0} solution', '{0} solutions');
  const size: Command = {
    title: isOne ? plural(steps.length, '{0} step', '{0} steps') : `${parts} · ${plural(steps.length, '{0} step', '{0} steps')}`,
    command: '',
  };
  const first = steps.find((step) => step.firstLow);
  if (first === undefined) return [size];
  const found = isOne
    ? t('first low step: {0}', stepNumber(scored, first))
    : t('{0}, go to the first', plural(countLow(steps).firstLow, '{0} first low step', '{0} first low steps'));
  return [goToFirstLow(document, { steps: [first], firstLow: 0 }, `${lowMark} ${found}`), size];
}

function solutionLenses(document: ScoredDocument, scored: ScoredProblem, within: (span: Span) => boolean): CodeLens[] {
  if (scored.problem.tree) return [];
  const chosen = chosenBy(scored);
  return scored.problem.solutions.flatMap((solution) => {
    if (!within(solution.span)) return [];
    const values = solutionValues(scored, solution);
    const words = verdictWords(solution.correct, chosen.get(solution.index));
    if (values.firstLow !== undefined) words.push(`${lowMark} ${t('step {0}', values.firstLow + 1)}`);
    if (values.aggregates) words.push(formatAggregates(values.aggregates));
    return words.length === 0 ? [] : [lensAt(document, solution.span)(goToFirstLow(document, values, words.join(' · ')))];
  });
}

/** A command that goes to the first low step; without one, plain text. */
function goToFirstLow(document: ScoredDocument, { steps, firstLow }: Pick<SolutionValues, 'steps' | 'firstLow'>, title: string): Command {
  const step = firstLow === undefined ? undefined : steps[firstLow];
  return step
    ? { title, command: 'steplens.goToStep', arguments: [document.uri, document.lines.range(step.step.span)] }
    : { title, command: '' };
}

function lensAt(document: ScoredDocument, span: Span): (command: Command) => CodeLens {
  const start = document.lines.position(span.start);
  return (command) => ({ range: { start, end: start }, command });
}
