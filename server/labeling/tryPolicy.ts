import { english } from '../l10n.js';
import type { ProblemImage } from '../models/images/imageFile.js';
import { messageOf } from '../reasoning/errorText.js';
import type { Judge } from './judge.js';
import { type KeptRequest, RequestKeeper, RequestRoom } from './keptRequests.js';
import type { Policy } from './policy.js';
import type { JudgedRollout, ProblemToLabel } from './runEvents.js';

/** One rollout of a policy with everything that led to it. */
export interface PolicyTry {
  /** The policy's name; absent if the policy could not be asked for it. */
  readonly policy?: string;
  /** In the order in which they ended. */
  readonly requests: readonly KeptRequest[];
  /** Absent if the policy cannot be used at all; `failure` says why. */
  readonly rollout?: JudgedRollout;
  readonly failure?: string;
}

/**
 * Asks a policy for one solution of a problem and has its answer judged. Errors are part of the result, together with
 * the requests that were sent. Rejects only with AbortError, when cancelled.
 */
export async function tryPolicy(
  problem: ProblemToLabel,
  { policy, judge, images, seed = 1 }: { policy: Policy; judge: Judge; images: readonly ProblemImage[]; seed?: number },
  signal: AbortSignal,
): Promise<PolicyTry> {
  const requests = new RequestKeeper(new RequestRoom());
  let name: string | undefined;
  const done = (more: Pick<PolicyTry, 'rollout' | 'failure'>): PolicyTry => ({
    ...(name !== undefined && { policy: name }),
    requests: requests.kept ?? [],
    ...more,
  });
  try {
    const [rollout] = await requests.sample(
      1,
      async () => {
        ({ name } = await policy.describe(signal));
        return policy.sample({ question: problem.question, images, prefix: [], count: 1, seed, signal });
      },
      () => (at) => at,
    );
    if (rollout === undefined) return done({ failure: english('The policy returned no rollout.') });
    if ('failure' in rollout) return done({ rollout });
    const { question, answer: reference } = problem;
    const verdict = await requests.judge([0], () => judge.judge({ question, reference, solution: rollout.steps, signal }));
    return done({ rollout: { ...rollout, ...verdict } });
  } catch (error) {
    signal.throwIfAborted();
    return done({ failure: messageOf(error) });
  }
}
