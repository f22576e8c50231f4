import { describe, expect, it } from 'vitest';
import type { RequestCost } from '../../server/labeling/economy/batchCost.js';
import { createLlmJudge } from '../../server/labeling/policies/llmJudge.js';
import { type OpenAiPolicyOptions, openOpenAiPolicy } from '../../server/labeling/policies/openAiPolicy.js';
import { type Policy, PolicyError } from '../../server/labeling/policy.js';
import { OpenAiClient } from '../../server/remote/openAiClient.js';
import { ask, completed, failures, settings } from './openAiSetup.js';
import { type Answer, type StreamServer, streamServer } from './streamServer.js';

/** A long timeout, because sockets answer late on a busy machine. */
const waiting = { timeout: 30_000 };

type Body = Readonly<Record<string, unknown>>;
const solution = '<step>2 + 3 = 5.</step>\n<answer>5</answer>';
const connect = ({ url }: StreamServer, changed: Partial<OpenAiPolicyOptions> = {}): Policy =>
  openOpenAiPolicy({ ...settings(url), continuation: 'prompt', ...changed });

/** A server that answers a request in full, or with the error that `refusal` returns for it. */
function server(refusal: (body: Body) => unknown, status = 400): Promise<StreamServer> {
  const answer: Answer = (response, body) => {
    const refused = refusal(body);
    const message = { content: solution, role: 'assistant' };
    const choices = Array.from({ length: Number(body.n ?? 1) }, (_, index) => ({ index, message, text: solution, finish_reason: 'stop' }));
    response.writeHead(refused === undefined ? 200 : status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(refused ?? { choices, usage: { prompt_tokens: 9, completion_tokens: 4 * choices.length } }));
  };
  return streamServer(answer);
}
const has = (name: string, words: unknown) => (body: Body) => (name in body ? words : undefined);
const openAi = (message: string, param?: string) => ({ error: { message, type: 'invalid_request_error', ...(param && { param }) } });

describe('an optional request field', waiting, () => {
  it.each<[string, string, unknown]>([
    ['OpenAI', 'seed', openAi("Unknown parameter: 'seed'.", 'seed')],
    ['OpenAI before', 'seed', openAi('Unrecognized request argument supplied: seed')],
    ['Mistral', 'seed', { object: 'error', message: { detail: [{ type: 'extra_forbidden', loc: ['body', 'seed'], input: 10 }] } }],
    ['Gemini', 'seed', [{ error: { code: 400, message: 'Invalid JSON payload received. Unknown name "seed": Cannot find field.' } }]],
    ['FastAPI', 'seed', { detail: [{ loc: ['body', 'seed'], msg: 'extra fields not permitted', type: 'value_error.extra' }] }],
    ['one that does not say which', 'seed', openAi('Bad request')],
    ['one that speaks another language', 'seed', openAi('参数错误')],
    ['OpenAI before', 'stream_options', openAi('Unrecognized request argument supplied: stream_options')],
  ])('is left out from then on where %s refuses %s', async (_, field, words) => {
    const here = await server(has(field, words), field === 'seed' ? 422 : 400);
    const policy = connect(here);
    for (let i = 0; i < 2; i++) expect(completed(await policy.sample(ask({ count: 2, seed: 7 })))).toHaveLength(2);
    const sent = here.requests.map((body) => field in body);
    expect(sent.at(0)).toBe(true);
    expect(sent.lastIndexOf(true)).toBeLessThan(here.requests.length - 1);
    expect(here.requests.at(-1)).toHaveProperty('n', 2);
  });

  it('is left out of the completions API too, while the fields that the user set stay', async () => {
    const here = await server(
      has('include_stop_str_in_output', openAi('Unrecognized request argument supplied: include_stop_str_in_output')),
    );
    const policy = connect(here, { mode: 'completions', extraBody: { top_k: 5 } });
    expect(completed(await policy.sample(ask({ count: 2 })))).toHaveLength(2);
    expect(here.requests.at(-1)).toMatchObject({ top_k: 5, stop: ['</answer>'], seed: 10, max_tokens: 256 });
  });

  it('is kept when the server accepted it before, or when the request is only too long', async () => {
    let isRefused = false;
    const here = await server(() => (isRefused ? openAi('The prompt is not allowed.') : undefined));
    const policy = connect(here);
    completed(await policy.sample(ask({ count: 2 })));
    isRefused = true;
    expect(failures(await policy.sample(ask({ count: 2 })))).toEqual(Array(2).fill('The server answered 400: The prompt is not allowed.'));
    expect(here.requests).toHaveLength(2);
    const long = await server(() => openAi("This model's maximum context length is 4096 tokens."));
    expect(failures(await connect(long).sample(ask({ count: 2 })))).toHaveLength(2);
    expect(long.requests).toHaveLength(1);
  });

  it('is not left out when the user set it: the refusal ends the run, as an empty account does', async () => {
    const here = await server(has('top_k', openAi("Unknown parameter: 'top_k'.", 'top_k')));
    await expect(connect(here, { extraBody: { top_k: 50 } }).sample(ask({ count: 2 }))).rejects.toThrow(
      /refuses the value of "top_k"\. The server answered 400: Unknown parameter: 'top_k'\. .*remove it/,
    );
    const poor = await server(() => openAi('Insufficient Balance'), 402);
    await expect(connect(poor).sample(ask())).rejects.toThrow(/cannot be used: The server answered 402: Insufficient Balance/);
  });
});

describe('the number of completions of a request', waiting, () => {
  it.each<[string, number, unknown]>([
    ['llama.cpp with four slots', 4, openAi('n_cmpl cannot be greater than the number of slots, please increase -np')],
    ['llama.cpp before', 1, openAi('Only one completion choice is allowed')],
    ['DashScope', 4, openAi('<400> InternalError.Algo.InvalidParameter: Range of n should be [1, 4]')],
    ['Groq', 1, openAi("'n' : number must be at most 1")],
    ['Gemini', 1, [{ error: { code: 400, message: 'Only one candidate can be specified in the current model' } }]],
  ])('is lowered where %s takes at most %i, and every rollout still arrives', async (_, most, words) => {
    const here = await server(({ n }) => (Number(n ?? 1) > most ? words : undefined));
    const policy = connect(here);
    const costs: RequestCost[] = [];
    for (const count of [2, 8, 8]) {
      const rollouts = completed(await policy.sample(ask({ count, onCost: (cost) => costs.push(cost) })));
      expect(rollouts).toHaveLength(count);
    }
    // A refused number of choices is requested only once.
    expect(here.requests.filter(({ n }) => Number(n ?? 1) > most)).toHaveLength(most > 1 ? 1 : here.requests.length - 18);
    expect(costs.reduce((sum, { completionTokens }) => sum + completionTokens, 0)).toBe(4 * 18);
  });

  it('is kept when the server refuses the question itself', async () => {
    const refused = 'Say something bad';
    const here = await server((body) => (JSON.stringify(body).includes(refused) ? openAi('The prompt was filtered.') : undefined));
    const policy = connect(here);
    expect(failures(await policy.sample(ask({ question: refused })))).toHaveLength(3);
    expect(completed(await policy.sample(ask()))).toHaveLength(3);
    expect(here.requests.at(-1)).toHaveProperty('n', 3);
  });
});

describe('a reasoning model of OpenAI', waiting, () => {
  const refusal = (body: Body): unknown =>
    'max_tokens' in body
      ? openAi("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", 'max_tokens')
      : 'temperature' in body && body.temperature !== 1
        ? openAi(
            "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
            'temperature',
          )
        : 'continue_final_message' in body
          ? openAi("Unknown parameter: 'continue_final_message'.", 'continue_final_message')
          : undefined;

  it('works as a policy with max_completion_tokens and without a temperature of 0', async () => {
    const here = await server(refusal);
    const policy = connect(here, { continuation: 'auto' });
    expect((await policy.describe()).continuation?.way).toBe('prompt');
    expect(completed(await policy.sample(ask({ prefix: ['We add.'] })))).toHaveLength(3);
    expect(here.requests.at(-1)).toMatchObject({ max_completion_tokens: 256, temperature: 1 });
    // A value chosen by the user is still sent, although the server refused the same field in a request of our own.
    await expect(connect(here, { temperature: 0.5 }).sample(ask())).rejects.toThrow(/refuses the value of "temperature"/);
  });

  it('works as a judge with max_completion_tokens and without a temperature', async () => {
    const here = await server(refusal);
    const client = new OpenAiClient({ ...settings(here.url), Unusable: PolicyError });
    const judge = createLlmJudge({ client, model: 'mini' });
    const costs: RequestCost[] = [];
    const request = { question: 'How long?', reference: '1 m', answer: '100 cm', onCost: (cost: RequestCost) => costs.push(cost) };
    for (let i = 0; i < 2; i++) expect(await judge(request)).toEqual({ failure: expect.stringContaining('neither Yes nor No') as string });
    expect(here.requests.at(-1)).toMatchObject({ max_completion_tokens: 2048 });
    expect(here.requests.at(-1)).not.toHaveProperty('temperature');
    expect(costs.map(({ retries }) => retries)).toEqual([2, 0]);
  });
});
