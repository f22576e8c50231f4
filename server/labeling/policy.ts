import type { ProblemImage } from '../models/images/imageFile.js';
import type { RequestCost } from './economy/batchCost.js';

/** The model that writes rollouts, on this machine or a server. Each kind is a file in `policies/`. */
export interface Policy {
  /**
   * Describes the policy for a run's settings hash, and whether the same request always gives the same text. Rejects
   * with PolicyError, with PolicyAway while the policy is unavailable, and with AbortError when cancelled.
   */
  describe(signal?: AbortSignal): Promise<PolicyInfo>;
  /**
   * Samples `count` completions of a solution from its prefix. Always resolves with `count` rollouts: one that failed,
   * timed out or made no sense is a `RolloutFailure` and does not end the run. Rejects with `AbortError` when
   * cancelled, and with `PolicyError` when no request can succeed (no such model, no key, no server).
   */
  sample(request: SampleRequest): Promise<readonly SampledRollout[]>;
  /** Whether a prefix is already a complete solution, so that nothing is sampled after it. Default: none is. */
  isComplete?(prefix: readonly string[]): boolean;
  dispose(): Promise<void>;
}

export interface PolicyInfo {
  readonly name: string;
  /** Distinguishes two policies: a digest of the model's files, or the model's id with its sampling settings, wherever it is served. */
  readonly fingerprint: string;
  /** The same request with the same seed gives the same rollouts. */
  readonly isDeterministic: boolean;
  /** How a server continues from a prefix, and why in this way. */
  readonly continuation?: { readonly way: 'prefix' | 'prompt'; readonly why: string };
}

export interface SampleRequest {
  readonly question: string;
  readonly images: readonly ProblemImage[];
  /** Steps of the solution so far; none at its start. */
  readonly prefix: readonly string[];
  /** Completions wanted, >= 1. */
  readonly count: number;
  /** 32 bits; rollout i of a deterministic policy depends on nothing but the request and i. */
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Called with what each request cost. */
  readonly onCost?: (cost: RequestCost) => void;
}

export type SampledRollout = Completion | RolloutFailure;

export interface Completion {
  /** The steps that follow the prefix; empty when the model wrote nothing more. */
  readonly steps: readonly string[];
  /** `stop`: the model ended the text. `length`: it was cut at the maximum length. */
  readonly finish: 'stop' | 'length';
  /** Steps of the prefix that the model repeated and that were removed; absent if there are none. */
  readonly echoed?: number;
  /** What a reasoning model thought before it answered, where its server reports it. */
  readonly reasoning?: string;
}

export interface RolloutFailure {
  /** One sentence: what went wrong with this rollout. */
  readonly failure: string;
  /** The same request may succeed later: the server is unavailable or busy, or sent something unreadable. */
  readonly isTemporary?: boolean;
}

/** The policy is unavailable at the moment; the message says why. */
export class PolicyAway extends Error {
  override readonly name = 'PolicyAway';
}

/** The policy cannot be used at all; the message names it and the remedy. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';

  /** `remedy`: the editor command that helps. */
  constructor(
    message: string,
    readonly remedy?: 'setServerKey',
  ) {
    super(message);
  }
}
