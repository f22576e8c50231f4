import type { RunEvent } from '../labeling/runEvents.js';
import { applyEvent, beginTree, EventError, type SearchNode, type SearchTree } from '../labeling/searchTree.js';

/** Events between two checkpoints: going back costs at most as many events. */
const spacing = 64;

/** The events of one problem's log and the tree at any of them. */
export class Timeline {
  readonly #events: RunEvent[] = [];
  /** Trees before the events with these numbers: 64, 128, ... */
  readonly #checkpoints: SearchTree[] = [];
  #tree: SearchTree | undefined;
  #at = 0;

  get length(): number {
    return this.#events.length;
  }

  /** Number of the event that happened last, from 0; -1 before the first. */
  get position(): number {
    return this.#at - 1;
  }

  event(number: number): RunEvent | undefined {
    return this.#events[number];
  }

  get events(): readonly RunEvent[] {
    return this.#events;
  }

  /** The tree after the event at `position`; undefined before the first. */
  get tree(): SearchTree | undefined {
    return this.#tree;
  }

  /** Adds an event behind the others. */
  push(event: RunEvent): void {
    this.#events.push(event);
  }

  /** Goes to the moment after event `number` (-1: before the first). Throws EventError when the log is damaged before it. */
  moveTo(number: number): void {
    const target = Math.min(Math.max(number, -1), this.#events.length - 1) + 1;
    if (target < this.#at) this.#restore(target);
    while (this.#at < target) this.#apply();
  }

  #apply(): void {
    const event = this.#events[this.#at];
    if (event === undefined) return;
    if (this.#at % spacing === 0 && this.#at > 0 && this.#tree && this.#checkpoints.length < this.#at / spacing) {
      this.#checkpoints.push(copyTree(this.#tree));
    }
    if (event.event === 'begin' && this.#at === 0) this.#tree = beginTree(event);
    else if (this.#tree === undefined) throw new EventError('no "begin" as the first event');
    else applyEvent(this.#tree, event);
    this.#at++;
  }

  #restore(target: number): void {
    const number = Math.floor(target / spacing);
    const checkpoint = this.#checkpoints[number - 1];
    this.#tree = checkpoint && copyTree(checkpoint);
    this.#at = checkpoint ? number * spacing : 0;
  }
}

/** A tree that `applyEvent` may change without changing the original; rollouts themselves never change. */
function copyTree(tree: SearchTree): SearchTree {
  const nodes = tree.nodes.map(
    (node): SearchNode => ({
      ...node,
      right: node.right.map((one) => ({ ...one })),
      wrong: node.wrong.map((one) => ({ ...one })),
      seeds: [...node.seeds],
      children: [...node.children],
    }),
  );
  return { ...tree, nodes };
}
