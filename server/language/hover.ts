import { type Hover, MarkupKind } from 'vscode-languageserver-types';
import { listed, local, plural, t } from '../l10n.js';
import { aggregations } from '../reasoning/aggregation.js';
import type { SplitRule } from '../reasoning/problem.js';
import type { Position } from '../reasoning/span.js';
import type { ValueSource } from '../reasoning/stepValue.js';
import { valueChange, valueOf } from '../reasoning/stepVerdict.js';
import { commandLink, escapeMarkdown, image, table } from './markdown.js';
import { nodeOfStep } from './problemView.js';
import { LIVE_FIRST, type ScoredDocument, type ScoredProblem, type ScoredStep } from './scoredDocument.js';
import { aggregationName, chosenBy, formatAggregates, solutionValues, verdictWords } from './solutionValues.js';
import { type DocumentPlace, placeAt } from './stepAt.js';
import { stepNumber } from './stepPlace.js';
import { describeHuman, describeRollouts, formatChange, formatStepValue, lowMark, oneLine, shareBar, sourceNames } from './valueText.js';

const imageHeight = 160;
/** A problem's solutions beyond these are counted, not listed. */
const listedSolutions = 12;

/**
 * Shows every value of the step at a position with its source, or a summary of the problem if the position is on its
 * question. `debugged`: the step's current state in debugged searches. `images`: URIs of the problem's images that can
 * be shown; `refusals`: why others cannot.
 */
export function hover(
  document: ScoredDocument,
  position: Position,
  images: readonly string[],
  refusals: readonly string[] = [],
  debugged: readonly string[] = [],
): Hover | null {
  const place = placeAt(document, position);
  if (!place) return null;
  const { problem, step } = place;
  if (step) {
    const parts = [
      stepHeading(document, problem, step),
      debugged.map((line) => t('In the debugger at {0}', escapeMarkdown(line))).join('\n\n'),
      valueTable(document, problem, step),
      abstention(step),
      solutionLine(problem, step),
      nodeLine(problem, step),
      splitLine(step),
    ];
    return markdown(document, place, [
      ...parts,
      links(document, problem, step),
      pictures(images),
      refusals.map((refusal) => escapeMarkdown(local(refusal))).join('\n\n'),
    ]);
  }
  if (!place.onQuestion) return null;
  return markdown(document, place, [
    ...problemSummary(document, problem),
    links(document, problem),
    pictures(images),
    refusals.map((refusal) => escapeMarkdown(local(refusal))).join('\n\n'),
  ]);
}

function markdown(document: ScoredDocument, { problem, step }: DocumentPlace, parts: readonly string[]): Hover {
  const span = step?.step.span ?? problem.problem.questionSpan ?? problem.problem.span;
  return {
    contents: { kind: MarkupKind.Markdown, value: parts.filter((part) => part !== '').join('\n\n') },
    range: document.lines.range(span),
  };
}

function stepHeading({ threshold }: ScoredDocument, problem: ScoredProblem, step: ScoredStep): string {
  const { value, low, firstLow } = step;
  const verdict =
    value === undefined
      ? t('no value is known')
      : low
        ? `${lowMark} ${t('{0} (threshold {1})', firstLow ? t('first low step') : t('low, after the first low step'), formatStepValue(threshold))}`
        : t('not low (threshold {0})', formatStepValue(threshold));
  return `**${t('Step {0}', stepNumber(problem, step))}** · ${verdict}`;
}

function valueTable(document: ScoredDocument, problem: ScoredProblem, scored: ScoredStep): string {
  const { values, step, skipped, outOfScope } = scored;
  const before = problem.steps[step.parent ?? -1]?.values;
  const rows = LIVE_FIRST.flatMap((source) => {
    const value = valueOf(values, source);
    if (value === undefined) return [];
    const moved = before && valueChange(before, values, [source]);
    const change = moved ? formatChange(moved.change) : '–';
    return [[sourceName(document, source), valueCell(document, scored, source, value), change, about(scored, source)]];
  });
  if (skipped !== undefined && !outOfScope)
    rows.push([sourceName(document, 'prm'), '–', '–', t('not scored: {0}', escapeMarkdown(local(skipped)))]);
  return tableOf([t('Source'), t('Value'), t('Change'), t('Evidence')], rows);
}

/** Builds a table without the columns that are empty in every row. */
function tableOf(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const kept = header.map((_, column) => rows.some((row) => row[column] !== '' && row[column] !== '–'));
  const of = (cells: readonly string[]) => cells.filter((_, column) => kept[column]);
  return rows.length === 0 ? '' : table(of(header), rows.map(of));
}

/** Explains why a model that knows only some texts gave no score, and what to do. */
function abstention({ outOfScope, skipped }: ScoredStep): string {
  return outOfScope
    ? `${t('Not scored: {0}', escapeMarkdown(local(skipped ?? '')))} ${commandLink(t('Choose a model…'), 'steplens.selectModel')}`
    : '';
}

function sourceName({ model }: ScoredDocument, source: ValueSource): string {
  return source === 'prm' && model !== undefined ? `${sourceNames.prm} (${escapeMarkdown(model)})` : sourceNames[source];
}

function valueCell({ threshold }: ScoredDocument, { values }: ScoredStep, source: ValueSource, value: number): string {
  return source === 'human' && values.human !== undefined ? describeHuman(values.human) : formatStepValue(value, threshold);
}

function about({ values, stale }: ScoredStep, source: ValueSource): string {
  if (source === 'mc' && values.mc) return [shareBar(values.mc), describeRollouts(values.mc)].filter(Boolean).join(' ');
  return source === 'prm' && stale ? t('from before the last edit') : '';
}

function solutionLine(problem: ScoredProblem, { step }: ScoredStep): string {
  const through = problem.problem.solutions.filter((solution) => solution.steps.includes(step.index));
  const [solution] = through;
  if (!solution) return '';
  const { aggregates, steps, firstLow } = solutionValues(problem, solution);
  const [number, all] = [solution.index + 1, problem.problem.solutions.length];
  const name = problem.problem.tree ? t('Path {0} of {1}', number, all) : t('Solution {0} of {1}', number, all);
  const shared = through.length > 1 ? ` ${t('(first of {0} through this step)', through.length)}` : '';
  // If this step is the first low one, the heading already shows that.
  const isHere = steps[firstLow ?? -1]?.step.index === step.index;
  const words = [
    ...verdictWords(solution.correct, chosenBy(problem).get(solution.index)),
    firstLow === undefined || isHere ? '' : t('first low at step {0} of {1}', firstLow + 1, steps.length),
    aggregates ? formatAggregates(aggregates) : t('no value is known'),
  ];
  return `${name}${shared}: ${words.filter(Boolean).join(' · ')}`;
}

function nodeLine({ problem }: ScoredProblem, { step }: ScoredStep): string {
  const node = step.node === undefined ? undefined : problem.tree?.nodes[step.node];
  if (!node) return '';
  const correct = node.rollouts.filter((rollout) => rollout.correct).length;
  const distinct = new Set(node.rollouts.map((rollout) => rollout.steps.join('\0'))).size;
  const visits = node.visits === undefined ? '' : ` · ${t('visits {0} (times selected, not rollouts)', node.visits)}`;
  const rollouts = t('rollouts kept: {0} correct, {1} incorrect, {2} distinct', correct, node.rollouts.length - correct, distinct);
  return `${t('Node {0} at depth {1}', node.id, node.depth)}${visits} · ${rollouts}`;
}

const splitRules: Readonly<Record<SplitRule, () => string>> = {
  tag: () => t('The text has marks for its steps.'),
  marker: () => t('This text was split at `Step n:`.'),
  list: () => t('This text was split at the items of its list.'),
  line: () => t('This text has no marks for its steps; it was split at its lines.'),
  paragraph: () => t('This text has no marks for its steps; it was split at blank lines.'),
};

/** How the reader found the steps of a text: a wrong split explains a strange value. */
function splitLine({ step }: ScoredStep): string {
  return step.splitBy === undefined ? '' : splitRules[step.splitBy]();
}

function problemSummary(document: ScoredDocument, scored: ScoredProblem): string[] {
  const { problem, steps } = scored;
  const answer = problem.answer === undefined ? '' : t('Reference answer: {0}', escapeMarkdown(oneLine(problem.answer, 120)));
  if (steps.length === 0)
    return [`**${t('Problem {0} of {1}', problem.index + 1, document.problems.length)}** · ${t('no steps yet')}`, answer];
  const first = steps.filter((step) => step.firstLow).length;
  const parts = [
    `**${t('Problem {0} of {1}', problem.index + 1, document.problems.length)}**`,
    problem.tree
      ? listed([plural(problem.tree.nodes.length, '{0} node', '{0} nodes'), plural(problem.solutions.length, '{0} path', '{0} paths')])
      : plural(problem.solutions.length, '{0} solution', '{0} solutions'),
    plural(steps.length, '{0} step', '{0} steps'),
    t('{0} (threshold {1})', plural(first, '{0} first low step', '{0} first low steps'), formatStepValue(document.threshold)),
  ];
  const [step] = steps;
  const unknown = step && steps.every(({ outOfScope }) => outOfScope) ? abstention(step) : '';
  return [parts.join(' · '), unknown, answer, problem.tree ? '' : solutionTable(scored)];
}

function solutionTable(scored: ScoredProblem): string {
  const { solutions } = scored.problem;
  if (solutions.length === 0) return '';
  const chosen = chosenBy(scored);
  const rows = solutions.slice(0, listedSolutions).map((solution) => {
    const { aggregates, firstLow } = solutionValues(scored, solution);
    const numbers = aggregations.map((name) => (aggregates ? formatStepValue(aggregates[name]) : '–'));
    const verdict = solution.correct === undefined ? '–' : solution.correct ? t('✓ right') : t('✗ wrong');
    const by = listed(chosen.get(solution.index)?.map(aggregationName) ?? ['–']);
    return [String(solution.index + 1), verdict, firstLow === undefined ? '–' : t('step {0}', firstLow + 1), ...numbers, by];
  });
  const more = solutions.length - rows.length;
  return (
    tableOf([t('Solution'), t('Answer'), t('First low'), t('Min'), t('Mean'), t('Last'), t('Product'), t('Chosen by')], rows) +
    (more > 0 ? `\n\n${t('…and {0} more', more)}` : '')
  );
}

function links(document: ScoredDocument, { problem }: ScoredProblem, step?: ScoredStep): string {
  const node = step ? nodeOfStep(document, problem.index, step.step.index) : null;
  const target = [document.uri, problem.index, ...(node === null ? [] : [node])];
  const all = problem.steps.length === 0 ? [] : [commandLink(t('Show in tree'), 'steplens.openTree', target)];
  if (document.problems.some((one) => one.steps.some((other) => other.low)))
    all.push(commandLink(t('Next low step'), 'steplens.nextLowStep'));
  if (step && (problem.tree !== undefined || step.step.values.mc !== undefined)) {
    all.push(
      commandLink(t('In the training set?'), 'steplens.whyNotInTrainingSet', [
        document.uri,
        problem.index,
        step.step.node ?? null,
        step.step.index,
      ]),
    );
  }
  return all.join(' · ');
}

/** Maximum length of an image URI. VS Code truncates a longer hover, even within an image stored in the record. */
const longestImage = 60_000;

function pictures(images: readonly string[]): string {
  return images
    .filter((uri) => uri.length <= longestImage)
    .map((uri, index) => image(t('Image {0} of the problem', index + 1), uri, imageHeight))
    .join('\n\n');
}
