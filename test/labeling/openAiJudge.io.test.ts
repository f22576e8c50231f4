import { describe, expect, it } from 'vitest';
import { createLlmJudge } from '../../server/labeling/policies/llmJudge.js';
import { type Policy, PolicyError } from '../../server/labeling/policy.js';
import { OpenAiClient } from '../../server/remote/openAiClient.js';
import { countingPolicy, settings, startServer } from './openAiSetup.js';
import type { VllmBehavior } from './vllmServer.js';

const request = { question: 'How long is it?', reference: '\\frac{1}{2} m', answer: 'half a metre' };

async function judge(reply: string, behavior: Partial<VllmBehavior> = {}) {
  const saying: Policy = { ...countingPolicy, sample: () => Promise.resolve([{ steps: [reply], finish: 'stop' }]) };
  const server = await startServer({ steps: 'plain', ...behavior }, saying, ['judge']);
  const ask = createLlmJudge({ client: new OpenAiClient({ ...settings(server.url), Unusable: PolicyError }), model: 'judge' });
  return { server, ask };
}

describe('the LLM judge of answers', () => {
  it.each([
    ['Yes', 'right'],
    ['**Yes**.', 'right'],
    ['"No"', 'wrong'],
    ['no, the unit differs.', 'wrong'],
    ['Yes\nBoth are one half.', 'right'],
    ['Yes and no', 'neither'],
    ['No doubt it is right', 'neither'],
    ['The answer is right.', 'neither'],
    ['Not sure', 'neither'],
    ['', 'empty'],
    ['<think>Is it? No.</think>\nYes', 'right'],
  ])('that replies %j is read as: %s', async (reply, verdict) => {
    const { ask } = await judge(reply);
    const said = await ask(request);
    if (typeof said === 'string') expect(said).toBe(verdict);
    else expect(said.failure).toMatch(verdict);
  });

  it('gets the question and both answers at temperature 0', async () => {
    const { ask, server } = await judge('Yes');
    await ask(request);
    expect(server.requests[0]).toMatchObject({ model: 'judge', temperature: 0 });
    for (const text of Object.values(request)) expect(server.requests[0]!.messages![0]!.content).toContain(text);
  });

  it.each<[Partial<VllmBehavior>, RegExp, boolean]>([
    [{ alwaysFault: 'error500' }, /answered 500/, true],
    [{ alwaysFault: 'truncatedJson' }, /cannot be read/, true],
    [{ alwaysFault: 'badRequest400' }, /answered 400/, false],
    [{ content: 'null' }, /without text/, false],
  ])('fails with the reason when it gives no verdict (%j)', async (behavior, reason, isTemporary) => {
    const { ask } = await judge('Yes', behavior);
    expect(await ask(request)).toEqual({ failure: expect.stringMatching(reason) as string, ...(isTemporary && { isTemporary }) });
  });

  it('rejects when canceled and when its server does not have the model', async () => {
    const { ask, server } = await judge('Yes');
    await expect(ask({ ...request, signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    const wrong = createLlmJudge({ client: new OpenAiClient({ ...settings(server.url), Unusable: PolicyError }), model: 'other' });
    await expect(wrong(request)).rejects.toBeInstanceOf(PolicyError);
  });
});
