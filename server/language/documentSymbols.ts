import { type DocumentSymbol, SymbolKind } from 'vscode-languageserver-types';
import { listed, plural, t } from '../l10n.js';
import { along } from '../reasoning/paths.js';
import type { ReasoningTree } from '../reasoning/problem.js';
import type { Span } from '../reasoning/span.js';
import type { ProblemWindow } from './lensWindow.js';
import type { ScoredDocument, ScoredProblem, ScoredStep } from './scoredDocument.js';
import { aggregationName, chosenBy, solutionValues, verdictWords } from './solutionValues.js';
import { formatStepValue, lowMark, oneLine } from './valueText.js';

/**
 * Maximum entries of an outline. An editor processes all of it again after every edit: a longer one slows down typing.
 */
export const symbolsLimit = 1000;
/** Deeper tree nodes become siblings of their parents, because clients walk the outline recursively. */
const deepest = 100;
const nameLength = 60;

/**
 * Outline: problem > solution > step, or problem > tree node > child nodes. The names of steps and nodes include their
 * values. If that is too long, every problem still has its entry, but only the visible ones (`window`, see
 * `lensWindow`; by default the first ones) have children.
 */
export function documentSymbols(document: ScoredDocument, window?: ProblemWindow): DocumentSymbol[] {
  const outline = new Outline(document);
  const problems: DocumentSymbol[] = [];
  const opened = openedProblems(document, window);
  const listed = document.problems.slice(0, symbolsLimit).map((problem) =>
    outline.add(problems, problem.problem.span, {
      name: t('Problem {0}: {1}', problem.problem.index + 1, oneLine(problem.problem.question, nameLength)),
      detail: problemDetail(problem),
      kind: SymbolKind.Module,
    }),
  );
  for (const [at, problem] of document.problems.entries()) {
    const parent = listed[at];
    if (!parent || at < opened.from || at >= opened.to) continue;
    const { tree } = problem.problem;
    if (tree) addNodes(outline, problem, tree, parent);
    else addSolutions(outline, problem, parent);
  }
  if (outline.isFull) outline.close(problems, t('… the outline ends after {0} entries', symbolsLimit.toLocaleString('en-US')));
  else if (opened.to - opened.from < document.problems.length)
    outline.close(problems, t('… steps of problems {0} to {1} only; those elsewhere after an edit there', opened.from + 1, opened.to));
  return problems;
}

/** The problems whose content is listed: as many as fit beside one entry per problem, from the visible ones on. */
function openedProblems({ problems }: ScoredDocument, window: ProblemWindow = { from: 0, to: 0 }): ProblemWindow {
  let room = symbolsLimit - problems.length;
  let { from, to } = { from: window.from, to: window.from };
  const takes = (at: number): boolean => {
    const problem = problems[at];
    if (!problem) return false;
    room -= entriesIn(problem);
    // The first one is always included: a single tree may fill the outline.
    return room >= 0 || from === to;
  };
  while (takes(to)) to++;
  while (takes(from - 1)) from--;
  return { from, to };
}

function entriesIn({ problem: { tree, solutions } }: ScoredProblem): number {
  return tree ? tree.nodes.length : solutions.reduce((sum, { steps }) => sum + 1 + steps.length, 0);
}

type SymbolText = Pick<DocumentSymbol, 'name' | 'detail' | 'kind'>;
type Parent = DocumentSymbol & Required<Pick<DocumentSymbol, 'children'>>;

class Outline {
  #count = 0;
  constructor(readonly document: ScoredDocument) {}

  get isFull(): boolean {
    return this.#count >= symbolsLimit;
  }

  /** Adds an entry; undefined when the outline is full. */
  add(to: DocumentSymbol[], span: Span, entry: SymbolText): Parent | undefined {
    if (this.isFull) return undefined;
    this.#count++;
    const range = this.document.lines.range(span);
    const symbol: Parent = {
      ...entry,
      name: entry.name.trim() || t('(empty)'),
      range,
      selectionRange: { start: range.start, end: range.start },
      children: [],
    };
    to.push(symbol);
    return symbol;
  }

  close(problems: DocumentSymbol[], name: string): void {
    const end = this.document.lines.position(this.document.lines.text.length);
    const range = { start: end, end };
    problems.push({
      name,
      kind: SymbolKind.Null,
      range,
      selectionRange: range,
    });
  }
}

function problemDetail({ problem, steps }: ScoredProblem): string {
  const parts = problem.tree
    ? plural(problem.tree.nodes.length, '{0} node', '{0} nodes')
    : plural(problem.solutions.length, '{0} solution', '{0} solutions');
  return listed([parts, plural(steps.length, '{0} step', '{0} steps')]);
}

function addSolutions(outline: Outline, problem: ScoredProblem, parent: Parent): void {
  const chosen = chosenBy(problem);
  for (const solution of problem.problem.solutions) {
    const { aggregates, steps, firstLow } = solutionValues(problem, solution);
    const symbol = outline.add(parent.children, solution.span, {
      name: t('Solution {0}', solution.index + 1),
      detail: [
        ...verdictWords(solution.correct, chosen.get(solution.index)),
        aggregates ? `${aggregationName('min')} ${formatStepValue(aggregates.min)}` : '',
        firstLow === undefined ? '' : t('first low at step {0}', firstLow + 1),
      ]
        .filter(Boolean)
        .join(' · '),
      kind: SymbolKind.Function,
    });
    if (!symbol) return;
    for (const [position, step] of steps.entries()) {
      const entry = {
        name: `${t('Step {0}', position + 1)} · ${valueName(step, outline.document.threshold)}`,
        detail: oneLine(step.step.text, nameLength),
        kind: SymbolKind.Field,
      };
      if (!outline.add(symbol.children, step.step.span, entry)) return;
    }
  }
}

function addNodes(outline: Outline, problem: ScoredProblem, { nodes }: ReasoningTree, parent: Parent): void {
  /** The list for the children of each node, by node id. */
  const lists: DocumentSymbol[][] = [];
  for (const node of nodes) {
    const list = lists[node.parent ?? -1] ?? parent.children;
    const steps = along(problem.steps, node.steps);
    const [first, last] = [steps.at(0), steps.at(-1)];
    if (!first || !last) {
      lists.push(list);
      continue;
    }
    const symbol = outline.add(list, node.span, {
      name: `${t('Node {0}', node.id)} · ${valueName(last, outline.document.threshold)}`,
      detail: oneLine(first.step.text, nameLength),
      kind: SymbolKind.Object,
    });
    if (!symbol) return;
    lists.push(node.depth < deepest ? symbol.children : list);
  }
}

function valueName({ value, low, firstLow }: ScoredStep, threshold: number): string {
  if (value === undefined) return '–';
  return formatStepValue(value, threshold) + (firstLow ? ` ${lowMark} ${t('first low')}` : low ? ` ${t('low')}` : '');
}
