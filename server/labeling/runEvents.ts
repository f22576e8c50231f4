/**
 * What happens while one problem is labeled, in order. Each event is one line of the problem's event log (JSON Lines,
 * media/schemas/events.schema.json). The tree is built only by applying events (searchTree.ts), so a log rebuilds the
 * tree of any moment, byte for byte. Node 0 is the problem and exists from the beginning. A node's id is its place in
 * the order of creation.
 */
import type { BatchCost } from './economy/batchCost.js';
import type { RolloutVerdict } from './judge.js';
import type { KeptRequest } from './keptRequests.js';
import type { Completion, PolicyInfo, RolloutFailure } from './policy.js';

export type RunEvent = Stamp &
  /** First line: what is labeled and how. `hash` covers the rest of it and shows whether a file may be skipped. */
  (
    | BeginEvent
    /** A new state. Its steps follow its parent's prefix. `assumed`: made from a right rollout, value taken as 1. */
    | {
        readonly event: 'node';
        readonly node: number;
        readonly parent: number;
        readonly steps: readonly string[];
        readonly assumed: boolean;
      }
    /** A batch of rollouts from a node, each judged or failed. */
    | RolloutsEvent
    /** The prefix up to a node already ends with its final answer: nothing is sampled, the prefix itself is judged. */
    | CompleteEvent
    /**
     * A node's value follows from its rollouts: right / (right + wrong). A complete solution has no rollouts: its own verdict
     * is its value, 0 of 1 or 1 of 1. A node without a right or wrong rollout (all failed or undecided) gets no value.
     */
    | {
        readonly event: 'value';
        readonly node: number;
        readonly correct: number;
        readonly total: number;
        readonly value: number;
        /** Rollouts of earlier steps, or whole solutions, that pass this node and count for it; absent if none. */
        readonly reused?: number;
      }
    /** The `rollout`-th of the node's distinct wrong rollouts was taken from the pool of `pool`, with its Q and U. */
    | {
        readonly event: 'selected';
        readonly node: number;
        readonly rollout: number;
        readonly q: number;
        readonly u: number;
        readonly pool: number;
      }
    /**
     * Binary search for the first error of the selected rollout: its steps `left..right` are in question, the prefix up to
     * `middle` was valued as `node`. `before`: nothing succeeds from there, the error is in `left..middle`; `after`: it comes later.
     */
    | {
        readonly event: 'move';
        readonly node: number;
        readonly left: number;
        readonly middle: number;
        readonly right: number;
        readonly outcome: 'before' | 'after';
      }
    /** Last line of a finished problem, with the reason. Rollouts that the user requests later may follow. */
    | {
        readonly event: 'end';
        readonly reason: EndReason;
        readonly rollouts: number;
        readonly failures: number;
        readonly undecided: number;
      }
  );

/** Additional data of an event. No later event depends on it. */
export interface Stamp {
  /** When it happened, ms since 1970. */
  readonly at?: number;
  /** Cost of an event that asked a policy or judge. */
  readonly cost?: BatchCost;
  /** Of the first event: how the policy's server continues from a step, and why in this way. */
  readonly continuation?: PolicyInfo['continuation'] & object;
  /** Requests and replies of an event that asked a policy or judge, if they are kept. */
  readonly requests?: readonly KeptRequest[];
}

export interface BeginEvent extends Stamp {
  readonly event: 'begin';
  readonly version: 1;
  readonly method: 'mcts' | 'monte-carlo';
  readonly problem: ProblemToLabel;
  readonly seed: number;
  readonly policy: { readonly name: string; readonly fingerprint: string };
  /** Who decides whether an answer is right: `Judge.fingerprint`. */
  readonly judge: string;
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  readonly hash: string;
}

export interface RolloutsEvent extends Stamp {
  readonly event: 'rollouts';
  readonly node: number;
  /** Seed of the request to the policy, 32 bits. */
  readonly seed: number;
  readonly rollouts: readonly JudgedRollout[];
}

export type CompleteEvent = Stamp & RolloutVerdict & { readonly event: 'complete'; readonly node: number };

/** `trivial`, `hopeless`: all solutions were right, or all wrong, so the steps were not sampled. */
export type EndReason = 'searches' | 'budget' | 'empty pool' | 'done' | 'trivial' | 'hopeless';

export type JudgedRollout = JudgedCompletion | RolloutFailure;

export type JudgedCompletion = RolloutVerdict & Completion;

export interface ProblemToLabel {
  readonly id: string;
  readonly question: string;
  readonly answer: string;
  /** As in the problems file: relative to it, absolute, or URLs. */
  readonly images: readonly string[];
}
