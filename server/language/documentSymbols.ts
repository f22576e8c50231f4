import { type DocumentSymbol, SymbolKind } from 'vscode-languageserver-types';
import type { Span } from '../reasoning/span.js';
import type { ProblemWindow } from './lensWindow.js';
import type { ScoredDocument, ScoredProblem, ScoredStep } from './scoredDocument.js';
import { chosenBy, count, solutionValues, verdictWords } from './solutionValues.js';
import { firstWords, formatValue, lowMark } from './valueText.js';

/**
 * Entries of an outline. An editor asks for all of it again after every edit and takes in each entry, so a longer one would make typing slow.
 */
export const symbolsLimit = 1000;
/** Deeper tree nodes are beside their parents: clients walk the outline recursively. */
const deepest = 100;
const nameLength = 60;

/**
 * problem > solution > step, or problem > tree node > child nodes; every name has its value. Where that would be too long every problem
 * still has its entry, and the ones in sight (`window`, see `lensWindow`; without it the first ones) have what is in them.
 */
export function documentSymbols(document: ScoredDocument, window?: ProblemWindow): DocumentSymbol[] {
  const outline = new Outline(document);
  const problems: DocumentSymbol[] = [];
  const opened = openedProblems(document, window);
  const listed = document.problems.slice(0, symbolsLimit).map((problem) =>
    outline.add(problems, problem.problem.span, {
      name: `Problem ${problem.problem.index + 1}: ${firstWords(problem.problem.question, nameLength)}`,
      detail: problemDetail(problem),
      kind: SymbolKind.Module,
    }),
  );
  for (const [at, parent] of listed.entries()) {
    const problem = document.problems[at]!;
    if (!parent || at < opened.from || at >= opened.to) continue;
    if (problem.problem.tree) addNodes(outline, problem, parent);
    else addSolutions(outline, problem, parent);
  }
  if (outline.isFull) outline.close(problems, `… the outline ends after ${symbolsLimit.toLocaleString('en-US')} entries`);
  else if (opened.to - opened.from < document.problems.length)
    outline.close(problems, `… steps of problems ${opened.from + 1} to ${opened.to} only; those elsewhere after an edit there`);
  return problems;
}

/** The problems whose content is listed: as many as there is room for beside an entry for each problem, from those in sight on. */
function openedProblems({ problems }: ScoredDocument, window: ProblemWindow = { from: 0, to: 0 }): ProblemWindow {
  let room = symbolsLimit - problems.length;
  let { from, to } = { from: window.from, to: window.from };
  const takes = (at: number): boolean => {
    room -= entriesIn(problems[at]!);
    // The first one in any case: a single tree fills the outline.
    return room >= 0 || from === to;
  };
  while (to < problems.length && takes(to)) to++;
  while (from > 0 && takes(from - 1)) from--;
  return { from, to };
}

function entriesIn({ problem: { tree, solutions } }: ScoredProblem): number {
  return tree ? tree.nodes.length : solutions.reduce((sum, { steps }) => sum + 1 + steps.length, 0);
}

type Entry = Pick<DocumentSymbol, 'name' | 'detail' | 'kind'>;

class Outline {
  #count = 0;
  constructor(readonly document: ScoredDocument) {}

  get isFull(): boolean {
    return this.#count >= symbolsLimit;
  }

  /** Adds an entry; undefined when the outline is full. */
  add(to: DocumentSymbol[], span: Span, entry: Entry): DocumentSymbol | undefined {
    if (this.isFull) return undefined;
    this.#count++;
    const range = this.document.lines.range(span);
    const symbol: DocumentSymbol = {
      ...entry,
      name: entry.name.trim() || '(empty)',
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
  const parts = problem.tree ? count(problem.tree.nodes.length, 'node') : count(problem.solutions.length, 'solution');
  return `${parts}, ${count(steps.length, 'step')}`;
}

function addSolutions(outline: Outline, problem: ScoredProblem, parent: DocumentSymbol): void {
  const chosen = chosenBy(problem);
  for (const solution of problem.problem.solutions) {
    const { aggregates, steps, firstLow } = solutionValues(problem, solution);
    const symbol = outline.add(parent.children!, solution.span, {
      name: `Solution ${solution.index + 1}`,
      detail: [
        ...verdictWords(solution.correct, chosen.get(solution.index)),
        aggregates ? `min ${formatValue(aggregates.min)}` : '',
        firstLow === undefined ? '' : `first low at step ${firstLow + 1}`,
      ]
        .filter(Boolean)
        .join(' · '),
      kind: SymbolKind.Function,
    });
    if (!symbol) return;
    for (const [position, step] of steps.entries()) {
      const entry = {
        name: `Step ${position + 1} · ${valueName(step, outline.document.threshold)}`,
        detail: firstWords(step.step.text, nameLength),
        kind: SymbolKind.Field,
      };
      if (!outline.add(symbol.children!, step.step.span, entry)) return;
    }
  }
}

function addNodes(outline: Outline, problem: ScoredProblem, parent: DocumentSymbol): void {
  /** Where the children of a node go, by node id. */
  const lists: DocumentSymbol[][] = [];
  for (const node of problem.problem.tree!.nodes) {
    const list = node.parent === undefined ? parent.children! : lists[node.parent]!;
    const [first] = node.steps;
    if (first === undefined) {
      lists.push(list);
      continue;
    }
    const last = problem.steps[node.steps.at(-1)!]!;
    const symbol = outline.add(list, node.span, {
      name: `Node ${node.id} · ${valueName(last, outline.document.threshold)}`,
      detail: firstWords(problem.steps[first]!.step.text, nameLength),
      kind: SymbolKind.Object,
    });
    if (!symbol) return;
    lists.push(node.depth < deepest ? symbol.children! : list);
  }
}

function valueName({ value, low, firstLow }: ScoredStep, threshold: number): string {
  if (value === undefined) return '–';
  return formatValue(value, threshold) + (firstLow ? ` ${lowMark} first low` : low ? ' low' : '');
}
