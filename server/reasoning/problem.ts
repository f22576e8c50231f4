import type { Span } from './span.js';
import type { McValue, StepValues } from './stepValue.js';

/**
 * The content of a reasoning file. The steps of a problem form a forest (`Step.parent`): a solution is a path through
 * it, a tree node a run of steps on it. Steps that several paths share exist once, so every step has one place in the
 * file.
 */
export interface ReasoningDocument {
  /** Id of the format that read it (`server/formats/`). */
  readonly format: string;
  readonly problems: readonly Problem[];
  /** What could not be read, or does not fit together; everything else was still read. */
  readonly faults: readonly Fault[];
}

export interface Fault {
  /** Stable, kebab-case, e.g. `truncated-json`; explained in docs/diagnostics.md. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** One sentence: the cause and the remedy. The place is the span. */
  readonly message: string;
  readonly span: Span;
  /** What belongs at the span, if only one kind of value does. */
  readonly expected?: ExpectedValue;
}

/** `sign`: "+" or "-". */
export type ExpectedValue = 'number' | 'boolean' | 'sign';

export interface Problem {
  /** Position in the document, from 0. */
  readonly index: number;
  readonly id?: string;
  readonly question: string;
  /** The question with its surrounding blanks, if the file has any. */
  readonly rawQuestion?: string;
  readonly answer?: string;
  /** The data set or part of a benchmark it is from, or its class of error. */
  readonly source?: string;
  /** Image paths as the file writes them. */
  readonly images: readonly string[];
  readonly span: Span;
  /** Where the question's text is. */
  readonly questionSpan?: Span;
  readonly steps: readonly Step[];
  readonly solutions: readonly Solution[];
  readonly tree?: ReasoningTree;
}

/** How a reader found the steps of a text: `<step>` tags or step marks, `Step n:`, the items of a list, or blank lines. */
export type SplitRule = 'tag' | 'marker' | 'list' | 'line' | 'paragraph';

/** The unit that gets a value. */
export interface Step {
  /** Position in `Problem.steps`; a parent always comes before its children. */
  readonly index: number;
  /** The step before this one; undefined for a first step. */
  readonly parent?: number;
  /** The text as a reader sees it: escapes decoded, markers and surrounding blanks removed. */
  readonly text: string;
  /** The text with its surrounding blanks, if the file has any; read by models that were trained on raw texts. */
  readonly raw?: string;
  /** Exactly the step's characters in the document (escaped as they are there). */
  readonly span: Span;
  /** Values that are in the file. */
  readonly values: StepValues;
  /** The tree node this step belongs to. */
  readonly node?: number;
  /** The rule that split the text here; undefined where the file itself has steps. */
  readonly splitBy?: SplitRule;
}

/** One attempt at a problem. */
export interface Solution {
  readonly index: number;
  /** Indices into `Problem.steps`, first step first. */
  readonly steps: readonly number[];
  readonly span: Span;
  /** The file's verdict on the final answer. */
  readonly correct?: boolean;
  /** The policy model that wrote it. */
  readonly model?: string;
  /** The leaf, when the solution is a root-to-leaf path of a tree. */
  readonly node?: number;
}

/** The search tree that MCTS produces. Node 0 is the root; a child's id is greater than its parent's. */
export interface ReasoningTree {
  readonly nodes: readonly TreeNode[];
}

export interface TreeNode {
  readonly id: number;
  readonly parent?: number;
  readonly children: readonly number[];
  /** Edges from the root. */
  readonly depth: number;
  /** Indices into `Problem.steps`: the steps this node adds to its parent's; empty at the root. */
  readonly steps: readonly number[];
  /** Undefined when the file gives none. */
  readonly mc?: McValue;
  /** Times the search selected this node; not a rollout count. */
  readonly visits?: number;
  /** Completions sampled from this node, de-duplicated as the file stores them. */
  readonly rollouts: readonly Rollout[];
  readonly judge?: number;
  readonly span: Span;
}

/** One sampled completion from a node, judged right or wrong. */
export interface Rollout {
  readonly correct: boolean;
  /** The steps after the node's prefix; may be empty. */
  readonly steps: readonly string[];
  readonly span: Span;
}
