/** What the review page and its host send to each other. */
import type { LabelView, ReviewStep } from '../../server/protocol/review.js';

export type LabelValue = LabelView['value'];

export interface ReviewRequests {
  /** The page is there. */
  state: { args: Record<never, never>; result: ReviewState };
  judge: { args: { readonly value: LabelValue; readonly kind: string; readonly comment: string }; result: null };
  undo: { args: Record<never, never>; result: null };
  /** A position in the queue. */
  go: { args: { readonly to: number }; result: null };
  blind: { args: { readonly blind: boolean }; result: null };
  mode: { args: { readonly mode: ReviewState['mode'] }; result: null };
  /** Shows the step in its file. */
  reveal: { args: Record<never, never>; result: null };
}

export interface ReviewEvents {
  state: ReviewState;
}

export interface ReviewState {
  readonly reviewer: string;
  readonly at: number;
  readonly count: number;
  readonly judged: number;
  readonly mode: 'every-step' | 'first-error';
  readonly blind: boolean;
  /** Kinds of error to choose from. */
  readonly kinds: readonly string[];
  /** Why the step is in the queue. */
  readonly reason: string;
  /** Name of the file. */
  readonly file: string;
  /** Null when the queue is empty or the step is gone; `message` says which. */
  readonly step: ReviewStep | null;
  /** URIs the page may load. */
  readonly images: readonly string[];
  readonly message: string;
  readonly threshold: number;
}
