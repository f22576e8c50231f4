import type { RunEvent } from '../labeling/runEvents.js';
import { applyEvent, beginTree, EventError, type SearchTree } from '../labeling/searchTree.js';

/**
 * The events of one problem's log, and the tree at any of them. Each applied event can be undone, so that one step
 * costs the same in both directions, however long the log is.
 */
export class Timeline {
  readonly #events: RunEvent[] = [];
  /** Functions that undo the events after the first one, up to the current moment. */
  readonly #undo: (() => void)[] = [];
  #tree: SearchTree | undefined;
  #at = 0;

  get length(): number {
    return this.#events.length;
  }

  /** Number of the last applied event, from 0; -1 before the first. */
  get position(): number {
    return this.#at - 1;
  }

  event(number: number): RunEvent | undefined {
    return this.#events[number];
  }

  get events(): readonly RunEvent[] {
    return this.#events;
  }

  /** The tree after the event at `position`; undefined before the first. The next move changes it. */
  get tree(): SearchTree | undefined {
    return this.#tree;
  }

  /** Appends an event. */
  push(event: RunEvent): void {
    this.#events.push(event);
  }

  /** Goes to the moment after event `number` (-1: before the first). Throws EventError when the log is damaged before it. */
  moveTo(number: number): void {
    const target = Math.min(Math.max(number, -1), this.#events.length - 1) + 1;
    while (this.#at > target) this.#takeBack();
    while (this.#at < target) this.#apply();
  }

  #apply(): void {
    const event = this.#events[this.#at];
    if (event === undefined) return;
    if (event.event === 'begin' && this.#at === 0) this.#tree = beginTree(event);
    else if (this.#tree === undefined) throw new EventError('no "begin" as the first event');
    else this.#undo.push(applyEvent(this.#tree, event));
    this.#at++;
  }

  #takeBack(): void {
    const undo = this.#undo.pop();
    if (undo) undo();
    else this.#tree = undefined;
    this.#at--;
  }
}
