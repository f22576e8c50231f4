import { minIndex } from 'd3-array';
import type { EvaluateLine } from '../../server/protocol/evaluation.js';
import { type CurveId, HIDDEN_AT_FIRST } from './model.js';
import type { EvaluationResult, EvaluationState } from './protocol.js';

export interface Progress {
  readonly uri: string;
  readonly done: number;
  readonly total: number;
}

export interface PageState {
  /** What is shown; null until an evaluation has ended. */
  readonly result: EvaluationResult | null;
  /** `idle`: no evaluation is running. */
  readonly run:
    | { readonly kind: 'running'; readonly progress: Progress | null }
    | { readonly kind: 'idle' }
    | { readonly kind: 'cancelled' }
    | { readonly kind: 'failed'; readonly message: string };
  /** A file changed after the evaluation. */
  readonly isOutdated: boolean;
  /** Which of `result.lines` is shown. */
  readonly shown: number;
  readonly hidden: ReadonlySet<CurveId>;
  readonly emphasized: CurveId | null;
  /** Number of candidates the table is for; null = all. */
  readonly size: number | null;
  /** Threshold the cursor is at; null = the one in use. */
  readonly threshold: number | null;
  /** Whether the model also scores steps that have scores in the file. */
  readonly rescore: boolean;
}

export function initialState(restored: EvaluationState | null): PageState {
  return {
    result: null,
    run: { kind: 'running', progress: null },
    isOutdated: false,
    shown: 0,
    hidden: new Set((restored?.hidden as CurveId[] | undefined) ?? HIDDEN_AT_FIRST),
    emphasized: null,
    size: restored?.size ?? null,
    threshold: null,
    rescore: false,
  };
}

export function persistedState({ result, hidden, size }: PageState): EvaluationState | null {
  return result === null ? null : { version: 1, uris: result.uris, hidden: [...hidden], size };
}

export function shownLine({ result, shown }: PageState): EvaluateLine | null {
  return result?.lines[shown] ?? result?.lines[0] ?? null;
}

/** Number of candidates of the table: the chosen one, but no more than there are. */
export function shownSize({ size }: PageState, sizes: readonly number[]): number {
  return Math.min(size ?? Infinity, sizes.length);
}

/** Position in the sweep nearest to the cursor's threshold, or to the threshold in use. */
export function shownThreshold({ threshold }: PageState, thresholds: readonly number[], inUse: number): number {
  const wanted = threshold ?? inUse;
  return minIndex(thresholds, (one) => Math.abs(one - wanted));
}
