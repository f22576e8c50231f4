/** The evaluation panel's wire. Its page is the tree panel's, with `dist/evaluation.js` and `.css`. */
import type { EvaluateLine, FileFault } from '../../server/protocol/evaluation.js';

/** Panel -> host. */
export interface EvaluationRequests {
  /** Evaluates the panel's files; `progress` events tell how far it is, and cancelling the call stops it. First message of a page. */
  evaluate: { args: { readonly rescore: boolean }; result: EvaluationResult };
  /** Writes the setting `steplens.threshold`. */
  useThreshold: { args: { readonly threshold: number }; result: null };
  /** Asks for a file and writes one evaluation into it, as `steplens evaluate --json` prints it. */
  saveJson: { args: { readonly index: number }; result: null };
  copy: { args: { readonly text: string }; result: null };
}

export interface EvaluationResult {
  readonly uris: readonly string[];
  /** One a kind of file. */
  readonly lines: readonly EvaluateLine[];
  readonly faults: readonly FileFault[];
}

/** Host -> evaluation panel. */
export interface EvaluationEvents {
  progress: { readonly uri: string; readonly done: number; readonly total: number };
  /** What is drawn is out of date: a file changed, or the setting of the threshold. */
  outdated: { readonly cause: 'file' | 'threshold' };
}

/** What survives hiding and reload of an evaluation panel. */
export interface EvaluationState {
  readonly version: 1;
  readonly uris: readonly string[];
  /** Curves that are not drawn, by name. */
  readonly hidden: readonly string[];
  /** Number of candidates the table is for; null = all. */
  readonly size: number | null;
}

/** A persisted state of this version, or null for anything else. */
export function readEvaluationState(value: unknown): EvaluationState | null {
  if (typeof value !== 'object' || value === null) return null;
  const { version, uris, hidden, size } = value as Record<string, unknown>;
  const areTexts = (list: unknown): boolean => Array.isArray(list) && list.every((one) => typeof one === 'string');
  const isSound =
    version === 1 && areTexts(uris) && areTexts(hidden) && (size === null || (Number.isInteger(size) && (size as number) >= 1));
  return isSound ? (value as EvaluationState) : null;
}
