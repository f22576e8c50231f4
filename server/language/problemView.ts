import type { NodeView, ProblemView, RolloutView, StepView } from '../protocol/problemView.js';
import { finalAnswer } from '../reasoning/finalAnswer.js';
import type { Rollout, Step, TreeNode } from '../reasoning/problem.js';
import type { LineIndex } from '../reasoning/span.js';
import type { StepValues } from '../reasoning/stepValue.js';
import { stepVerdict } from '../reasoning/stepVerdict.js';
import { groupRollouts, type RolloutGroup } from '../reasoning/treeStatistics.js';
import { wilsonInterval } from '../reasoning/wilson.js';
import type { ScoredDocument, ScoredProblem, ScoredStep } from './scoredDocument.js';
import { firstWords } from './valueText.js';

const titleLength = 80;

/**
 * What the tree panel draws of one problem. A search tree keeps its nodes; the solutions of any other problem become a
 * trie in which equal prefixes are one path. `images` are the URIs of the problem's images that exist.
 */
export function problemView(document: ScoredDocument, index: number, images: readonly string[]): ProblemView | null {
  const scored = document.problems[index];
  if (!scored) return null;
  const { problem } = scored;
  return {
    uri: document.uri,
    version: document.version,
    problem: index,
    problemCount: document.problems.length,
    titles: document.problems.map((one) => firstWords(one.problem.question, titleLength)),
    question: problem.question,
    ...(problem.answer !== undefined && { answer: problem.answer }),
    images,
    range: document.lines.range(problem.span),
    ...(document.model !== undefined && { model: document.model }),
    threshold: document.threshold,
    nodes: problem.tree ? searchNodes(document, scored, problem.tree.nodes) : trieNodes(document, scored),
    isSearchTree: problem.tree !== undefined,
  };
}

function searchNodes(document: ScoredDocument, scored: ScoredProblem, nodes: readonly TreeNode[]): NodeView[] {
  const verdicts = new Map(
    scored.problem.solutions.flatMap(({ node, correct }) => (node === undefined || correct === undefined ? [] : [[node, correct]])),
  );
  return nodes.map((node) => {
    const steps = node.steps.map((step) => scored.steps[step]!);
    const correct = verdicts.get(node.id);
    const values: StepValues = {
      ...steps.at(-1)?.values,
      ...(node.mc && { mc: node.mc }),
      ...(node.judge !== undefined && { judge: node.judge }),
    };
    return {
      id: node.id,
      parent: node.parent ?? null,
      children: node.children,
      depth: node.depth,
      steps: steps.map((step) => stepView(document.lines, step)),
      ...nodeValues(values, document.threshold, isSingleVerdict(node)),
      ...(node.visits !== undefined && { visits: node.visits }),
      rollouts: groupsOf(node),
      range: document.lines.range(node.span),
      ...(correct !== undefined && { correct }),
    };
  });
}

/** The groups of a node's rollouts, kept with the node: finding the final answers is most of the work, and scores do not change it. */
const groups = new WeakMap<TreeNode, readonly RolloutGroup[]>();

function groupsOf(node: TreeNode): readonly RolloutGroup[] {
  let found = groups.get(node);
  if (found === undefined) groups.set(node, (found = groupRollouts(node.rollouts.map(withAnswer))));
  return found;
}

/** A complete solution: its value is one verdict on it, which MM-PRM keeps as a rollout without steps. */
function isSingleVerdict({ rollouts }: TreeNode): boolean {
  return rollouts.length === 1 && rollouts[0]!.steps.length === 0;
}

interface TrieNode {
  readonly id: number;
  readonly parent: TrieNode | null;
  readonly depth: number;
  readonly step?: ScoredStep;
  readonly byText: Map<string, TrieNode>;
  correct?: boolean;
}

function trieNodes(document: ScoredDocument, scored: ScoredProblem): NodeView[] {
  const { problem } = scored;
  const root: TrieNode = { id: 0, parent: null, depth: 0, byText: new Map() };
  const nodes = [root];
  for (const solution of problem.solutions) {
    let at = root;
    for (const index of solution.steps) {
      const step = scored.steps[index]!;
      let next = at.byText.get(step.step.text);
      if (!next) {
        next = { id: nodes.length, parent: at, depth: at.depth + 1, step, byText: new Map() };
        at.byText.set(step.step.text, next);
        nodes.push(next);
      }
      at = next;
    }
    if (solution.correct !== undefined) at.correct = solution.correct;
  }
  const rootRange = document.lines.range(problem.questionSpan ?? problem.span);
  return nodes.map(({ id, parent, depth, step, byText, correct }) => ({
    id,
    parent: parent?.id ?? null,
    children: Array.from(byText.values(), (child) => child.id),
    depth,
    steps: step ? [stepView(document.lines, step)] : [],
    ...nodeValues(step?.values ?? {}, document.threshold),
    rollouts: [],
    range: step ? document.lines.range(step.step.span) : rootRange,
    ...(correct !== undefined && { correct }),
  }));
}

/** The tree shows what the labels say, so its values are by trust; whether a step is low is reported as everywhere else. */
function nodeValues(
  values: StepValues,
  threshold: number,
  isOneSample = false,
): Pick<NodeView, 'value' | 'source' | 'mc' | 'interval' | 'judge' | 'assumed' | 'oneSample'> {
  const verdict = stepVerdict(values, threshold);
  const { mc, judge } = values;
  const interval = mc?.correct !== undefined && mc.total !== undefined ? wilsonInterval(mc.correct, mc.total) : undefined;
  return {
    value: verdict?.value ?? null,
    source: verdict?.source ?? null,
    ...(mc && { mc }),
    ...(interval && { interval }),
    ...(judge !== undefined && { judge }),
    assumed: mc?.assumed ?? false,
    oneSample: mc?.total === 1 || isOneSample,
  };
}

function stepView(lines: LineIndex, { step, values, low, firstLow }: ScoredStep): StepView {
  const { index, text, span }: Step = step;
  return { index, text, range: lines.range(span), values, low, firstLow };
}

/** The rollouts of a node of a search tree, with their texts; the view only counts them. */
export function nodeRollouts(document: ScoredDocument, problem: number, node: number): RolloutView[] {
  const rollouts = document.problems[problem]?.problem.tree?.nodes[node]?.rollouts ?? [];
  return rollouts.map((rollout) => ({ ...withAnswer(rollout), range: document.lines.range(rollout.span) }));
}

function withAnswer({ correct, steps }: Rollout): Pick<RolloutView, 'correct' | 'steps' | 'answer'> {
  const answer = finalAnswer(steps.at(-1) ?? '');
  return { correct, steps, ...(answer !== undefined && { answer }) };
}
