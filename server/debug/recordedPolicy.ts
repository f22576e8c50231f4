import type { Judge, RolloutVerdict } from '../labeling/judge.js';
import { type Policy, PolicyError, type SampledRollout } from '../labeling/policy.js';
import type { JudgedCompletion, JudgedRollout, RunEvent } from '../labeling/runEvents.js';
import { applyEvent, beginTree, prefixOf } from '../labeling/searchTree.js';
import { prefixKey } from './breakpoints.js';

/** Contents of a log: the rollouts of each prefix in the order they were sampled, and the verdict on each solution. */
export interface Recording {
  readonly policy: string;
  readonly rollouts: ReadonlyMap<string, readonly JudgedRollout[]>;
  readonly verdicts: ReadonlyMap<string, RolloutVerdict>;
}

/** Throws EventError when the log is damaged. */
export function recordingOf(events: readonly RunEvent[]): Recording {
  const [begin] = events;
  const rollouts = new Map<string, JudgedRollout[]>();
  const verdicts = new Map<string, RolloutVerdict>();
  if (begin?.event !== 'begin') return { policy: '', rollouts, verdicts };
  const tree = beginTree(begin);
  for (const event of events.slice(1)) {
    if (event.event === 'rollouts') {
      const prefix = prefixOf(tree, event.node);
      const key = prefixKey(prefix);
      rollouts.set(key, [...(rollouts.get(key) ?? []), ...event.rollouts]);
      for (const rollout of event.rollouts)
        if (!('failure' in rollout)) verdicts.set(prefixKey([...prefix, ...rollout.steps]), verdictOf(rollout));
    }
    applyEvent(tree, event);
  }
  return { policy: begin.policy.name, rollouts, verdicts };
}

function verdictOf({ answer, verdict, method }: JudgedCompletion): RolloutVerdict {
  return { ...(answer !== undefined && { answer }), verdict, method };
}

/** How many rollouts a fork took from the recording and how many it had to sample. */
export interface ForkCounts {
  recorded: number;
  sampled: number;
}

/**
 * A policy that returns the rollouts recorded for a prefix, in their order, and asks `live` only for missing ones.
 * Without a live policy it rejects with PolicyError at the first prefix with missing rollouts.
 */
export function recordedPolicy(recording: Recording, live: Policy | undefined, counts: ForkCounts): Policy {
  const used = new Map<string, number>();
  return {
    async describe(signal) {
      const info = await live?.describe(signal);
      return {
        name: info?.name ?? recording.policy,
        fingerprint: `recorded rollouts, then ${info?.fingerprint ?? 'nothing'}`,
        isDeterministic: info?.isDeterministic ?? true,
      };
    },
    async sample(request) {
      const key = prefixKey(request.prefix);
      const from = used.get(key) ?? 0;
      const known = (recording.rollouts.get(key) ?? []).slice(from, from + request.count).map(withoutVerdict);
      used.set(key, from + known.length);
      counts.recorded += known.length;
      const missing = request.count - known.length;
      if (missing === 0) return known;
      if (live === undefined) {
        throw new PolicyError(
          'The fork leaves the recorded rollouts, and no policy is set to sample more: set "policy" in the launch configuration.',
        );
      }
      counts.sampled += missing;
      return [...known, ...(await live.sample({ ...request, count: missing }))];
    },
    dispose: () => live?.dispose() ?? Promise.resolve(),
  };
}

function withoutVerdict(rollout: JudgedRollout): SampledRollout {
  if ('failure' in rollout) return rollout;
  const { answer: _answer, verdict: _verdict, method: _method, ...completion } = rollout;
  return completion;
}

/** The changes of the verdicts. */
export interface OtherVerdicts {
  /** By `prefixKey` of the whole solution. */
  readonly verdicts: ReadonlyMap<string, RolloutVerdict['verdict']>;
  /** Whether recorded verdicts are currently ignored. */
  readonly judgesAgain: () => boolean;
}

/**
 * A judge that repeats recorded verdicts, with some replaced. It asks `live` about solutions without a verdict, or with
 * one that is ignored.
 */
export function recordedJudge({ verdicts }: Recording, { verdicts: overrides, judgesAgain }: OtherVerdicts, live: Judge): Judge {
  return {
    fingerprint: `recorded verdicts with ${overrides.size} changed, then ${live.fingerprint}`,
    async judge(request) {
      const key = prefixKey(request.solution);
      const known = (judgesAgain() ? undefined : verdicts.get(key)) ?? (await live.judge(request));
      const verdict = overrides.get(key);
      return verdict === undefined ? known : { ...known, verdict };
    },
  };
}
