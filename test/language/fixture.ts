import { type Decides, type ProblemScores, type ScoredDocument, scoredProblem } from '../../server/language/scoredDocument.js';
import type { Fault, Problem, ReasoningDocument, Rollout, Solution, Step, TreeNode } from '../../server/reasoning/problem.js';
import { LineIndex, type Span } from '../../server/reasoning/span.js';
import type { McValue, StepValues } from '../../server/reasoning/stepValue.js';

type StepSketch = string | { readonly text: string; readonly values: StepValues };

export interface NodeSketch {
  readonly steps?: readonly string[];
  readonly mc?: McValue;
  readonly visits?: number;
  readonly rollouts?: readonly { readonly correct: boolean; readonly steps: readonly string[] }[];
  readonly children?: readonly NodeSketch[];
}

export interface ProblemSketch {
  readonly question: string;
  readonly answer?: string;
  readonly images?: readonly string[];
  readonly solutions?: readonly (readonly StepSketch[])[];
  readonly tree?: NodeSketch;
}

/** Returns a text with one line per question, step and rollout, and its document, without using any file format. */
export function sketch(problems: readonly ProblemSketch[], faults: readonly Fault[] = []): { text: string; reasoning: ReasoningDocument } {
  let text = '';
  const write = (line: string): Span => {
    const start = text.length;
    text += `${line}\n`;
    return { start, end: start + line.length };
  };
  const read = problems.map((problem, index): Problem => {
    const questionSpan = write(problem.question);
    const steps: Step[] = [];
    const solutions: Solution[] = [];
    const addStep = (of: StepSketch, parent: number | undefined, node?: number): Step => {
      const { text: words, values } = typeof of === 'string' ? { text: of, values: {} } : of;
      const step: Step = {
        index: steps.length,
        ...(parent !== undefined && { parent }),
        text: words,
        span: write(words),
        values,
        ...(node !== undefined && { node }),
      };
      steps.push(step);
      return step;
    };
    for (const [solution, texts] of (problem.solutions ?? []).entries()) {
      const start = text.length;
      const path: number[] = [];
      for (const one of texts) path.push(addStep(one, path.at(-1)).index);
      solutions.push({ index: solution, steps: path, span: { start, end: text.length - 1 } });
    }
    const nodes = problem.tree && sketchTree(problem.tree, { write, addStep, length: () => text.length });
    for (const leaf of nodes?.filter((node) => node.children.length === 0) ?? []) {
      const path: number[] = [];
      for (let at: number | undefined = leaf.steps.at(-1); at !== undefined; at = steps[at]!.parent) path.unshift(at);
      solutions.push({ index: solutions.length, steps: path, span: leaf.span, node: leaf.id });
    }
    return {
      index,
      question: problem.question,
      ...(problem.answer !== undefined && { answer: problem.answer }),
      images: problem.images ?? [],
      span: { start: questionSpan.start, end: text.length - 1 },
      questionSpan,
      steps,
      solutions,
      ...(nodes && { tree: { nodes } }),
    };
  });
  return { text, reasoning: { format: 'sketch', problems: read, faults } };
}

interface Pen {
  write(line: string): Span;
  addStep(of: StepSketch, parent: number | undefined, node: number): Step;
  length(): number;
}

function sketchTree(root: NodeSketch, pen: Pen): TreeNode[] {
  const nodes: TreeNode[] = [];
  const visit = (node: NodeSketch, parent: TreeNode | undefined, before: number | undefined): number => {
    const id = nodes.length;
    const start = pen.length();
    const steps: number[] = [];
    let last = before;
    for (const [at, words] of (node.steps ?? []).entries()) {
      const ends = at === node.steps!.length - 1;
      last = pen.addStep({ text: words, values: ends && node.mc ? { mc: node.mc } : {} }, last, id).index;
      steps.push(last);
    }
    const rollouts: Rollout[] = (node.rollouts ?? []).map((rollout) => ({ ...rollout, span: pen.write(rollout.steps.join(' ')) }));
    const children: number[] = [];
    const made = {
      id,
      ...(parent && { parent: parent.id }),
      children,
      depth: parent ? parent.depth + 1 : 0,
      steps,
      ...(node.mc && { mc: node.mc }),
      ...(node.visits !== undefined && { visits: node.visits }),
      rollouts,
      span: { start, end: start },
    };
    nodes.push(made);
    for (const child of node.children ?? []) children.push(visit(child, made, last));
    made.span.end = Math.max(start, pen.length() - 1);
    return id;
  };
  visit(root, undefined, undefined);
  return nodes;
}

/** The sketch as language features get it, with the live model's scores per problem (NaN = no score). */
export function scored(
  sketched: { readonly text: string; readonly reasoning: ReasoningDocument },
  scores: readonly (readonly number[])[] = [],
  {
    threshold = 0.5,
    skipped = new Map<number, string>(),
    outOfScope,
    pending,
    decides,
  }: {
    threshold?: number;
    skipped?: ReadonlyMap<number, string>;
    outOfScope?: ReadonlySet<number>;
    pending?: ReadonlySet<number>;
    decides?: Decides;
  } = {},
): ScoredDocument {
  const problems = sketched.reasoning.problems.map((problem) => {
    const given = scores[problem.index];
    const live: ProblemScores | undefined = given && {
      scores: Float64Array.from(given),
      skipped,
      ...(outOfScope && { outOfScope }),
      ...(pending && { pending }),
    };
    return scoredProblem(problem, live, threshold, decides);
  });
  return {
    uri: 'file:///w/a.json',
    version: 3,
    lines: new LineIndex(sketched.text),
    reasoning: sketched.reasoning,
    problems,
    threshold,
    model: 'mini',
  };
}
