import { userInfo } from 'node:os';
import type { Uri } from 'vscode';
import { commands, type Disposable, type Event, EventEmitter, l10n, type Memento } from 'vscode';
import {
  JudgeStep,
  type LabelValue,
  type ReviewItem,
  type ReviewKind,
  ReviewProgress,
  ReviewQueue,
  type ReviewStep,
  ReviewStepRequest,
  UndoLabel,
} from '../../server/protocol/review.js';
import type { Client } from '../shell/client.js';

/**
 * A queue of steps to judge. It survives a reload of the window: labels are in their logs, the queue is in the
 * workspace's state.
 */
export interface Review {
  readonly items: readonly ReviewItem[];
  readonly at: number;
  readonly mode: 'every-step' | 'first-error';
  readonly blind: boolean;
}

const stateKey = 'steplens.review';
const none: Review = { items: [], at: 0, mode: 'every-step', blind: false };

/** The current review: its queue, the step in focus, and the reviewer's judgments. */
export class ReviewSession implements Disposable {
  readonly #client: Client;
  readonly #state: Memento;
  readonly #reviewer: () => string;
  readonly #changed = new EventEmitter<void>();
  #review: Review;
  #judged: readonly (LabelValue | null)[] = [];

  constructor(client: Client, state: Memento, reviewer: () => string) {
    this.#client = client;
    this.#state = state;
    this.#reviewer = reviewer;
    this.#review = readReview(state.get(stateKey));
    this.#tellContext();
  }

  get onDidChange(): Event<void> {
    return this.#changed.event;
  }

  get review(): Review {
    return this.#review;
  }

  /** Returns the step in focus if it is in this document. */
  inFocus(uri: Uri): ReviewItem | undefined {
    const item = this.#review.items[this.#review.at];
    return item?.uri === uri.toString() ? item : undefined;
  }

  /** Whether a document is under review. */
  isReviewing(uri: Uri): boolean {
    return this.#review.items.some((item) => item.uri === uri.toString());
  }

  /** The reviewer's judgment of each item; shorter than the queue until it was requested. */
  get judged(): readonly (LabelValue | null)[] {
    return this.#judged;
  }

  /** The name in the settings, else the name of the user's account. */
  get reviewer(): string {
    return this.#reviewer() || userInfo().username;
  }

  /** Begins a review of files or folders. Rejects when they have nothing to judge. */
  async begin(
    uris: readonly Uri[],
    kind: ReviewKind,
    options: Pick<Review, 'mode' | 'blind'> & {
      readonly count?: number;
      readonly from?: { readonly problem: number; readonly step?: number };
    },
  ): Promise<void> {
    const { mode, blind, count, from } = options;
    const { items, faults } = await this.#client.request(ReviewQueue, {
      uris: uris.map(String),
      kind,
      seed: 1,
      ...(count !== undefined && { count }),
      ...(from && { from }),
    });
    if (items.length === 0)
      throw new Error(faults[0] ? `${faults[0].uri}: ${faults[0].message}` : l10n.t('There is no such step in these files.'));
    // Changes everything at once: code that runs while the labels are read must not see a focus that is about to
    // change.
    this.#judged = await this.#judgmentsOf(items);
    await this.#set({ items, at: Math.max(0, this.#judged.indexOf(null)), mode, blind });
  }

  /** Returns the step in focus; undefined when the queue is empty. Rejects when the step is no longer in its file. */
  async step(): Promise<ReviewStep | undefined> {
    const { items, at, blind } = this.#review;
    const item = items[at];
    if (!item) return undefined;
    if (this.#judged.length !== items.length) await this.#refreshProgress();
    return this.#client.request(ReviewStepRequest, { uri: item.uri, problem: item.problem, step: item.step, by: this.reviewer, blind });
  }

  /** Judges the step in focus and goes to the next unjudged one. A blind review stays there, to show the evidence. */
  async judge(value: LabelValue, kind: string, comment: string): Promise<void> {
    const { items, at, blind } = this.#review;
    const item = items[at];
    if (!item) return;
    const isFirst = this.#judged[at] === null || this.#judged[at] === undefined;
    await this.judgeStep(item, value, kind, comment);
    await this.#refreshProgress();
    await this.#set(blind && isFirst ? {} : { at: this.#nextOpen(at) });
  }

  /** Judges any step, including one outside the queue. */
  async judgeStep(
    { uri, problem, step }: Pick<ReviewItem, 'uri' | 'problem' | 'step'>,
    value: LabelValue,
    kind = '',
    comment = '',
  ): Promise<void> {
    const { mode, blind } = this.#review;
    await this.#client.request(JudgeStep, { uri, problem, step, by: this.reviewer, value, kind, comment, mode, blind });
    this.#changed.fire();
  }

  /** Undoes the reviewer's latest label in the file of the step in focus, or in `uri`, and goes to its step. */
  async undo(uri = this.#review.items[this.#review.at]?.uri): Promise<boolean> {
    if (uri === undefined) return false;
    const undone = await this.#client.request(UndoLabel, { uri, by: this.reviewer });
    if (!undone) return false;
    await this.#refreshProgress();
    const at = this.#review.items.findIndex((item) => item.uri === uri && item.problem === undone.problem && item.step === undone.step);
    await this.#set(at >= 0 ? { at } : {});
    return true;
  }

  async go(to: number): Promise<void> {
    await this.#set({ at: Math.min(Math.max(0, to), Math.max(0, this.#review.items.length - 1)) });
  }

  async configure(change: Partial<Pick<Review, 'mode' | 'blind'>>): Promise<void> {
    await this.#set(change);
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #nextOpen(at: number): number {
    const open = this.#judged.findIndex((value, i) => i > at && value === null);
    return open >= 0 ? open : Math.min(at + 1, this.#review.items.length - 1);
  }

  async #refreshProgress(): Promise<void> {
    this.#judged = await this.#judgmentsOf(this.#review.items);
  }

  async #judgmentsOf(items: readonly ReviewItem[]): Promise<readonly (LabelValue | null)[]> {
    const places = items.map(({ uri, problem, step }) => ({ uri, problem, step }));
    return this.#client.request(ReviewProgress, { items: places, by: this.reviewer });
  }

  async #set(change: Partial<Review>): Promise<void> {
    this.#review = { ...this.#review, ...change };
    await this.#state.update(stateKey, this.#review);
    this.#tellContext();
    this.#changed.fire();
  }

  #tellContext(): void {
    void commands.executeCommand('setContext', 'steplens.reviewing', this.#review.items.length > 0);
  }
}

/** Reads the state of an earlier window; any other value gives an empty review. */
function readReview(value: unknown): Review {
  const { items, at, mode, blind } = (value ?? {}) as Partial<Review>;
  if (!Array.isArray(items) || typeof at !== 'number') return none;
  const isItem = (item: Partial<ReviewItem>): boolean =>
    typeof item.uri === 'string' && typeof item.problem === 'number' && typeof item.step === 'number';
  return items.every(isItem) ? { items, at, mode: mode === 'first-error' ? mode : 'every-step', blind: blind === true } : none;
}
