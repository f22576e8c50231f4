import type { JudgedRollout, RunEvent } from '../labeling/runEvents.js';
import type { SearchTree } from '../labeling/searchTree.js';
import { type Expression, type Lookup, parseExpression, truth } from '../reasoning/expression.js';
import { type EventKind, happenings, lookupAt, nodeIdOf } from './eventKinds.js';

/** A place or kind of event to stop at. */
export interface BreakpointSpec {
  readonly id: number;
  /** Only events of this kind; every kind when absent. */
  readonly kind?: EventKind;
  /** Only this line of the log, counted from 0. */
  readonly event?: number;
  /** Only events about the node with this prefix, given as its `prefixKey`. */
  readonly prefix?: string;
  readonly condition?: string;
  /** Stops at the n-th hit, from the n-th hit on, or at every n-th hit: `3`, `>= 3`, `% 3`. */
  readonly hitCondition?: string;
  /** Writes this message, with {expressions} filled in, instead of stopping. */
  readonly logMessage?: string;
}

/** A breakpoint that was hit, or the line of a logpoint. */
export interface BreakpointHit {
  readonly id: number;
  readonly log?: string;
}

/** A parsed breakpoint, which is checked at every event. Throws ExpressionError when an expression cannot be read. */
export class Breakpoint {
  readonly #spec: BreakpointSpec;
  readonly #condition: Expression | undefined;
  readonly #isHit: (times: number) => boolean;
  readonly #log: readonly (string | Expression)[] | undefined;
  #times = 0;

  constructor(spec: BreakpointSpec) {
    this.#spec = spec;
    const condition = spec.condition?.trim() ?? '';
    this.#condition = condition === '' ? undefined : parseExpression(condition);
    this.#isHit = readHitCondition(spec.hitCondition);
    this.#log = spec.logMessage === undefined || spec.logMessage === '' ? undefined : readMessage(spec.logMessage);
  }

  /**
   * Returns the hit at the moment after an event, if any. Each event is one hit, however many of its rollouts match.
   */
  hit(event: RunEvent, number: number, tree: SearchTree, isForward: boolean): BreakpointHit | undefined {
    const found = this.#match(event, number, tree);
    if (found === undefined) return undefined;
    if (isForward) this.#times++;
    if (isForward && !this.#isHit(this.#times)) return undefined;
    const { id } = this.#spec;
    return this.#log ? { id, log: this.#log.map((part) => (typeof part === 'string' ? part : String(part(found)))).join('') } : { id };
  }

  #match(event: RunEvent, number: number, tree: SearchTree): Lookup | undefined {
    const { kind, event: line, prefix } = this.#spec;
    if (line !== undefined && line !== number) return undefined;
    if (prefix !== undefined && !('node' in event && prefixKeyOf(tree, nodeIdOf(event)) === prefix)) return undefined;
    const matching = happenings(event).filter((one) => kind === undefined || one.kind === kind);
    const rollouts: readonly (JudgedRollout | undefined)[] =
      kind === undefined ? [undefined, ...matching.flatMap(({ rollout }) => rollout ?? [])] : matching.map(({ rollout }) => rollout);
    for (const rollout of rollouts) {
      const lookup = lookupAt(event, number, tree, rollout);
      if (this.#condition === undefined || truth(this.#condition(lookup))) return lookup;
    }
    return undefined;
  }
}

/** A key of a prefix: the texts of its steps. */
export function prefixKey(steps: readonly string[]): string {
  return steps.map((step) => step.trim()).join('\0');
}

export function prefixKeyOf(tree: SearchTree, node: number): string {
  const parts: string[] = [];
  for (let at: number | undefined = node; at !== undefined; at = tree.nodes[at]?.parent) parts.unshift(...(tree.nodes[at]?.steps ?? []));
  return prefixKey(parts);
}

function readHitCondition(text: string | undefined): (times: number) => boolean {
  const found = /^\s*(>=|>|==|=|%)?\s*(\d+)\s*$/.exec(text ?? '');
  if (found === null) {
    if ((text ?? '').trim() === '') return () => true;
    throw new Error(`The hit count "${text}" is not a number, ">= number" or "% number".`);
  }
  const [operator, count] = [found[1] ?? '==', Number(found[2])];
  if (operator === '%') return (times) => count > 0 && times % count === 0;
  if (operator === '>=') return (times) => times >= count;
  return operator === '>' ? (times) => times > count : (times) => times === count;
}

/** Splits a message such as `value {mc} at {node}` into texts and expressions. */
function readMessage(message: string): (string | Expression)[] {
  return message
    .split(/(\{[^{}]*\})/)
    .map((part) => (part.startsWith('{') && part.endsWith('}') ? parseExpression(part.slice(1, -1)) : part));
}
