import { describe, expect, it } from 'vitest';
import { localVerifier } from '../../server/answers/localVerifier.js';
import { createJudge } from '../../server/labeling/judge.js';
import { type PolicyTry, tryPolicy } from '../../server/labeling/tryPolicy.js';
import { connect, countingPolicy, startServer } from './openAiSetup.js';

const problem = { id: 'apples', question: 'How many apples?', answer: '1', images: [] };
const judge = createJudge({ verifier: localVerifier() });
const none = new AbortController().signal;

function once(policy: Parameters<typeof tryPolicy>[1]['policy']): Promise<PolicyTry> {
  return tryPolicy(problem, { policy, judge, images: [], seed: 1 }, none);
}

describe('trying a policy with one request', () => {
  it('returns the request, the reply, the steps, the answer and the verdict', async () => {
    const server = await startServer();
    const { policy, rollout, requests, failure } = await once(connect(server));
    expect([policy, failure]).toEqual(['mini', undefined]);
    expect(rollout).toMatchObject({ answer: '1', verdict: 'right', finish: 'stop' });
    expect((rollout as { steps: readonly string[] }).steps).toHaveLength(3);
    const sent = requests.find(({ rollouts }) => rollouts.length > 0)!;
    expect(sent).toMatchObject({ to: 'policy', status: 200, request: { model: 'mini' } });
    expect(sent.url).toContain(server.url);
    expect(JSON.stringify(sent.reply)).toContain('buys 3 apples');
  });

  it.each([
    ['error500', 500, 'EngineCore encountered an issue'],
    ['htmlPage', 200, 'an HTML page instead of JSON'],
  ] as const)('returns the error reply of the server (%s)', async (alwaysFault, status, sentence) => {
    const { rollout, failure, requests } = await once(connect(await startServer({ alwaysFault }), { continuation: 'prompt', retries: 0 }));
    expect(failure ?? (rollout as { failure: string }).failure).toContain(sentence);
    expect(requests.at(-1)).toMatchObject({ to: 'policy', status });
  });

  it('reports that nothing listens at the address', async () => {
    const server = await startServer();
    const { host } = new URL(server.url);
    const policy = connect(server, { continuation: 'prompt', retries: 0 });
    await server.close();
    const { rollout, failure, requests } = await once(policy);
    expect(failure ?? (rollout as { failure: string }).failure).toContain(host);
    expect(requests.at(-1)!.status).toBeUndefined();
    expect(requests.at(-1)!.failure).toBeDefined();
  });

  it('sends no request for a policy on this machine, and reports a policy that returns no rollout', async () => {
    expect(await once(countingPolicy)).toMatchObject({ policy: 'counting', requests: [], rollout: { verdict: 'right' } });
    expect(await once({ ...countingPolicy, sample: () => Promise.resolve([]) })).toMatchObject({
      failure: 'The policy returned no rollout.',
    });
  });

  it('rejects when it is canceled', async () => {
    const aborted = AbortSignal.abort();
    const waiting = { ...countingPolicy, sample: () => Promise.reject(new DOMException('x', 'AbortError')) };
    await expect(tryPolicy(problem, { policy: waiting, judge, images: [] }, aborted)).rejects.toThrow();
  });
});
