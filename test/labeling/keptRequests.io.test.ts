import { mkdtemp, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localVerifier } from '../../server/answers/localVerifier.js';
import { readEventLog } from '../../server/labeling/eventLog.js';
import { createJudge } from '../../server/labeling/judge.js';
import { type LabelWorld, labelProblem } from '../../server/labeling/labelProblem.js';
import { createLlmJudge } from '../../server/labeling/policies/llmJudge.js';
import { PolicyError } from '../../server/labeling/policy.js';
import { requestsOf, rolloutFacts } from '../../server/labeling/rolloutRequests.js';
import type { RolloutsEvent, RunEvent } from '../../server/labeling/runEvents.js';
import { problemFiles } from '../../server/labeling/runFiles.js';
import { defaultLabelSettings } from '../../server/labeling/runSettings.js';
import { longestKept } from '../../server/remote/exchanges.js';
import { OpenAiClient } from '../../server/remote/openAiClient.js';
import { connect, settings as serverSettings, startServer } from './openAiSetup.js';
import { completions, policyOf, problem, walkPolicy } from './scripted.js';
import { answerJudge } from './solverPolicy.js';
import type { VllmServer } from './vllmServer.js';

const KEY = 'sk-canary-0123456789';
const settings = { ...defaultLabelSettings.mcts, rollouts: 4, searches: 2, seed: 3 };

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'steplens-requests-'));
});
afterAll(() => rm(root, { recursive: true }));

async function world(server: VllmServer, changed: Parameters<typeof connect>[1] = {}): Promise<LabelWorld> {
  const folder = await mkdtemp(join(root, 'run-'));
  const policy = connect(server, { continuation: 'prefix', apiKey: KEY, ...changed });
  return { policy, judge: answerJudge, folder, images: () => [], keepsRequests: true };
}

const logOf = ({ folder }: LabelWorld): string => problemFiles(folder, problem.id, 'mcts').log;

async function batches(here: LabelWorld): Promise<RolloutsEvent[]> {
  const { recorded } = await readEventLog(logOf(here));
  return recorded.flatMap(({ event }) => (event.event === 'rollouts' ? [event] : []));
}

describe('requests in the event log', () => {
  it('are those that the server received, each with its reply and its rollouts, without the key', async () => {
    const server = await startServer({ apiKey: KEY }, walkPolicy({ mistakeRate: 0.3 }));
    const here = await world(server);
    await labelProblem(problem, settings, here);
    const events = await batches(here);
    const kept = events.flatMap((event) => requestsOf(event as RunEvent));
    expect(kept.map(({ request }) => request)).toEqual(server.requests);
    expect(kept.every(({ url, status, to }) => url === `${server.url}/chat/completions` && status === 200 && to === 'policy')).toBe(true);
    for (const event of events) {
      const facts = event.rollouts.map((_, i) => rolloutFacts(event as RunEvent, i));
      expect(facts.every(({ finishReason, latency }) => finishReason === 'stop' && latency !== undefined)).toBe(true);
      // The i-th choice of the reply is the i-th rollout.
      for (const [i, rollout] of event.rollouts.entries()) {
        const { choices } = facts[i]!.requests[0]!.reply as { choices: { message: { content: string } }[] };
        if (!('failure' in rollout) && rollout.steps.length > 0) expect(choices[i]!.message.content).toContain(rollout.steps[0]);
      }
    }
    expect(await readFile(logOf(here), 'utf8')).not.toContain(KEY);
  });

  it('give each separately requested rollout its own tokens and seed, and include failed attempts', async () => {
    const server = await startServer({ n: 'ignored', faults: ['busy503'] }, walkPolicy({ mistakeRate: 0.3 }));
    const here = await world(server, { retries: 2 });
    await labelProblem(problem, { ...settings, searches: 0 }, here);
    const [event] = await batches(here);
    const requests = requestsOf(event as RunEvent);
    expect(requests[0]).toMatchObject({ status: 503, failure: expect.stringContaining('overloaded') as string });
    expect(requests).toHaveLength(1 + settings.rollouts);
    const facts = event!.rollouts.map((_, i) => rolloutFacts(event as RunEvent, i));
    expect(facts.map(({ seed }) => seed! - event!.seed)).toEqual([0, 1, 2, 3]);
    expect(facts.every(({ tokens }) => tokens! > 0)).toBe(true);
  });

  it('include the request to the judge, one for four equal rollouts', async () => {
    const server = await startServer(
      { content: 'text' },
      policyOf(() => completions(['No', 'answer'])),
    );
    const judging = await startServer(
      { steps: 'plain' },
      policyOf(() => completions(['No.'])),
    );
    const client = new OpenAiClient({ ...serverSettings(judging.url), Unusable: PolicyError, apiKey: KEY });
    const judge = createJudge({ verifier: localVerifier(), llm: { name: 'mini', ask: createLlmJudge({ client, model: 'mini' }) } });
    const here = { ...(await world(server)), judge };
    await labelProblem(problem, { ...settings, searches: 0 }, here);
    const [event] = await batches(here);
    const asked = requestsOf(event as RunEvent).filter(({ to }) => to === 'judge');
    // Four equal rollouts are judged once.
    expect(asked).toMatchObject([{ rollouts: [0, 1, 2, 3], request: { temperature: 0 }, status: 200 }]);
    expect(event!.rollouts[0]).toMatchObject({ method: 'llm', verdict: 'wrong' });
  });

  it('do not change the log or the tree of a resumed run', async () => {
    const server = await startServer({}, walkPolicy({ mistakeRate: 0.3 }));
    const here = await world(server);
    const { tree } = await labelProblem(problem, settings, here);
    const asked = server.requests.length;
    const log = await readFile(logOf(here));
    await truncate(logOf(here), log.lastIndexOf('\n', log.length - 2) + 1);
    await rm(problemFiles(here.folder, problem.id, 'mcts').result);
    const again = await labelProblem(problem, settings, { ...here, keepsRequests: false });
    expect(server.requests).toHaveLength(asked);
    expect(again.tree.nodes).toEqual(tree.nodes);
    expect((await readFile(logOf(here))).equals(log)).toBe(true);
  });

  it('are absent unless keepsRequests is set', async () => {
    const server = await startServer({}, walkPolicy({ mistakeRate: 0.3 }));
    const { keepsRequests: _, ...here } = await world(server);
    await labelProblem(problem, settings, here);
    expect((await batches(here)).every((event) => !('requests' in event))).toBe(true);
  });

  it('contain no keys from further fields, and long replies are cut', async () => {
    const long = 'word '.repeat(longestKept);
    const server = await startServer(
      {},
      policyOf(() => completions([long])),
    );
    const here = await world(server, { extraBody: { api_key: 'another-secret' } });
    await labelProblem(problem, { ...settings, searches: 0 }, here);
    const [event] = await batches(here);
    const [kept] = requestsOf(event as RunEvent);
    expect(kept).toMatchObject({ isCut: true, request: { api_key: '[key]' } });
    expect((kept!.reply as string).length).toBe(longestKept);
    const log = await readFile(logOf(here), 'utf8');
    expect(log).not.toContain('another-secret');
    expect(log).not.toContain(KEY);
  });
});
