import { local } from '../l10n.js';
import { rolloutFacts } from '../labeling/rolloutRequests.js';
import type { JudgedCompletion, RunEvent } from '../labeling/runEvents.js';
import type { RolloutDetails, RolloutView } from '../protocol/problemView.js';
import { type LoggedProblem, matchLog } from './replay.js';

/** Adds the log's details to a node's rollouts; unchanged if the log describes another tree. `node`: of the file. */
export function withDetails(
  rollouts: readonly RolloutView[],
  events: readonly RunEvent[] | undefined,
  problem: LoggedProblem,
  node: number,
): RolloutView[] {
  const logged = events && matchLog(events, problem)?.order[node];
  if (events === undefined || logged === undefined) return [...rollouts];
  const found = new Map<string, RolloutDetails>();
  for (const event of events) {
    if (event.event !== 'rollouts' || event.node !== logged) continue;
    for (const [at, rollout] of event.rollouts.entries()) {
      if ('failure' in rollout) continue;
      const key = JSON.stringify(rollout.steps);
      if (!found.has(key)) found.set(key, detailsOf(event, at, rollout));
    }
  }
  return rollouts.map((rollout) => {
    const details = found.get(JSON.stringify(rollout.steps));
    return details ? { ...rollout, details } : rollout;
  });
}

/** Tokens and time are those of the smallest unit that the log has them for: the rollout, its request, or its batch. */
function detailsOf(event: RunEvent & { readonly event: 'rollouts' }, at: number, rollout: JudgedCompletion): RolloutDetails {
  const { verdict, method, reason, judgeFailure, finish, reasoning } = rollout;
  const { requests, finishReason, seed, tokens, replyTokens, latency, raw } = rolloutFacts(event, at);
  const { cost } = event;
  const shared = requests.length > 0 ? (replyTokens?.rollouts ?? 1) : event.rollouts.length;
  const allTokens = tokens ?? replyTokens?.tokens ?? cost?.completion;
  const ms = latency ?? cost?.ms;
  const because = judgeFailure ?? reason;
  return {
    verdict,
    method,
    ...(because !== undefined && { reason: local(because) }),
    finish: finishReason ?? finish,
    // The i-th completion of a batch has the seed + i, where a server takes seeds.
    seed: seed ?? (event.seed + at) % 2 ** 32,
    ...(allTokens !== undefined && allTokens > 0 && { tokens: allTokens }),
    ...(ms !== undefined && { ms }),
    ...(shared > 1 && { shared }),
    ...(reasoning !== undefined && { reasoning }),
    ...(raw !== undefined && { raw }),
  };
}
