import type { RunEvent } from '../labeling/runEvents.js';
import type { SearchNode, SearchTree } from '../labeling/searchTree.js';
import { rootPath } from '../reasoning/paths.js';
import type { Problem } from '../reasoning/problem.js';
import { prefixKey, prefixKeyOf } from './breakpoints.js';
import { nodeIdOf } from './eventKinds.js';
import { summary } from './scopes.js';

/** Current position of a debugged search. */
export interface Moment {
  readonly event: RunEvent;
  /** The event's line in the log, from 0. */
  readonly number: number;
  readonly tree: SearchTree;
}

/** Whether the search is about this problem: a document may have others. */
export function isAbout({ tree }: Moment, { question }: Pick<Problem, 'question'>): boolean {
  return question.trim() === tree.problem.question.trim();
}

/**
 * Returns the `prefixKey` of the search's node for a step: up to the step or, in a tree, up to the last step of its
 * node.
 */
export function stepPrefix(problem: Problem, step: number): string {
  return prefixKey(textsTo(problem, lastOfNode(problem, step)));
}

/** Returns the search's node for a step at a moment; undefined when it has no node with this prefix. */
export function nodeAt(moment: Moment, problem: Problem, step: number): SearchNode | undefined {
  if (!isAbout(moment, problem)) return undefined;
  const prefix = stepPrefix(problem, step);
  return moment.tree.nodes.find(({ id }) => prefixKeyOf(moment.tree, id) === prefix);
}

/** Returns the step at which the current event's node ends; undefined for the problem itself, or if there is none. */
export function currentStep(moment: Moment, problem: Problem): number | undefined {
  if (!isAbout(moment, problem)) return undefined;
  const wanted = prefixKeyOf(moment.tree, nodeIdOf(moment.event));
  return problem.steps.find(({ index }) => stepPrefix(problem, index) === wanted)?.index;
}

/** `event 42 (value): 0.50 (4/8) …`. */
export function momentText({ event, number }: Moment, node: SearchNode): string {
  return `event ${number} (${event.event}): ${summary(node)}${node.visits > 0 ? `, selected ${node.visits} times` : ''}`;
}

/** What each debugged search knows about a step at this moment, as text. */
export function momentTexts(moments: readonly Moment[], problem: Problem, step: number): string[] {
  return moments.flatMap((moment) => {
    const node = nodeAt(moment, problem, step);
    return node ? [momentText(moment, node)] : [];
  });
}

function lastOfNode({ steps, tree }: Problem, step: number): number {
  const node = steps[step]?.node;
  return (node === undefined ? undefined : tree?.nodes[node]?.steps.at(-1)) ?? step;
}

function textsTo({ steps }: Problem, step: number): string[] {
  return rootPath(steps, step).map((at) => steps[at]?.text ?? '');
}
