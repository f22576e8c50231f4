/**
 * What happens while one problem is labeled, in order; each is one line of the problem's event log (JSON Lines, media/schemas/
 * events.schema.json). The tree is built by applying events and in no other way (searchTree.ts), so a log rebuilds the tree as
 * it was at any moment, byte for byte. Node 0 is the problem and there from the beginning; a node's id is the order in which
 * it came about.
 */
import type { BatchCost } from './economy/batchCost.js';
import type { RolloutVerdict } from './judge.js';
import type { KeptRequest } from './keptRequests.js';
import type { Completion, PolicyInfo, RolloutFailure } from './policy.js';

export type RunEvent = Stamp &
  /** First line: what is labeled and how. `hash` is over everything else here: it says whether a finished file may be skipped. */
  (
    | BeginEvent
    /** A new state: its steps follow its parent's prefix. `assumed`: made of a right rollout, value taken to be 1. */
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
        /** Rollouts of earlier steps, or whole solutions, that go through this node and count for it; absent where there is none. */
        readonly reused?: number;
      }
    /** A wrong rollout was taken from the pool (the `rollout`-th of the node's distinct wrong ones), with what spoke for it; `pool`: how many there were. */
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
    /** Last line of a finished problem, with why it ended; further rollouts asked for by hand may follow. */
    | {
        readonly event: 'end';
        readonly reason: EndReason;
        readonly rollouts: number;
        readonly failures: number;
        readonly undecided: number;
      }
  );

/** What an event has beside what happened; nothing that follows depends on it. */
export interface Stamp {
  /** When it happened, ms since 1970. */
  readonly at?: number;
  /** Of events that asked a policy or judge. */
  readonly cost?: BatchCost;
  /** Of the first event: how the policy's server continues from a step, and why in this way. */
  readonly continuation?: PolicyInfo['continuation'] & object;
  /** Of events that asked a policy or judge, where they are kept: what was sent and what came back. */
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
  /** 32 bits: what the policy was asked with. */
  readonly seed: number;
  readonly rollouts: readonly JudgedRollout[];
}

export type CompleteEvent = Stamp & RolloutVerdict & { readonly event: 'complete'; readonly node: number };

/** `trivial`, `hopeless`: every solution was right or wrong, so the steps were left unsampled. */
export type EndReason = 'searches' | 'budget' | 'empty pool' | 'done' | 'trivial' | 'hopeless';

export type JudgedRollout = JudgedCompletion | RolloutFailure;

export type JudgedCompletion = RolloutVerdict & Completion;

export interface ProblemToLabel {
  readonly id: string;
  readonly question: string;
  readonly answer: string;
  /** As the problems file has them: relative to it, absolute, or URLs. */
  readonly images: readonly string[];
}
