import { performance } from 'node:perf_hooks';
import type { Policy, SampleRequest } from '../../server/labeling/policy.js';

/** Rollouts per second of a policy: all in one request, and the same number in requests of one rollout. */
export interface SamplingSpeed {
  readonly batched: number;
  readonly oneByOne: number;
}

/** Runs both ways after a warm-up, alternating, `repeats` times; seeds differ from run to run, so that lengths vary. */
export async function measureSampling(policy: Policy, request: SampleRequest, repeats: number): Promise<SamplingSpeed> {
  await policy.sample(request);
  const seconds = { batched: 0, oneByOne: 0 };
  for (let run = 0; run < repeats; run++) {
    const start = performance.now();
    await policy.sample({ ...request, seed: request.seed + run });
    const middle = performance.now();
    for (let one = 0; one < request.count; one++)
      await policy.sample({ ...request, count: 1, seed: request.seed + run * request.count + one });
    seconds.batched += (middle - start) / 1000;
    seconds.oneByOne += (performance.now() - middle) / 1000;
  }
  const rollouts = request.count * repeats;
  return { batched: rollouts / seconds.batched, oneByOne: rollouts / seconds.oneByOne };
}
