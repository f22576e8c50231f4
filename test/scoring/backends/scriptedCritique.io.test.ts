import { expect, it, onTestFinished } from 'vitest';
import type { ScoreJob } from '../../../server/scoring/scorer.js';
import { serverBench } from './bench.js';
import { type Handler, json } from './loopbackServer.js';

interface Body {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly max_tokens: number;
  readonly stop?: readonly string[];
  readonly temperature: number;
  readonly top_p?: number;
  readonly seed?: number;
  readonly continue_final_message?: boolean;
  readonly add_generation_prompt?: boolean;
}

const job: ScoreJob = {
  question: 'What is 2 * 3 + 4?',
  images: [],
  steps: [{ text: 'Step 1: 2 * 3 = 6.' }, { text: ' 6 + 4 = 11.', parent: 0 }, { text: 'So 10.', parent: 0 }],
};

/** vLLM's chat with a model that writes `critique`, obeys the stop texts, and then answers Yes or No. */
async function serve(family: string, critique: (body: Body) => string, answers: readonly string[] = [' Yes', ' No']) {
  const asked: Body[] = [];
  const handler: Handler = (request) => {
    if (request.path === '/v1/models') return json({ object: 'list', data: [{ id: 'tiny', object: 'model' }] });
    const body = JSON.parse(request.body.toString()) as Body;
    asked.push(body);
    if (body.max_tokens > 1) {
      const text = critique(body);
      const stops = (body.stop ?? []).filter((stop) => text.includes(stop)).map((stop) => text.indexOf(stop) + stop.length);
      const content = stops.length > 0 ? text.slice(0, Math.min(...stops)) : text;
      return json({ choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }], usage: { total_tokens: 7 } });
    }
    // The text of the step decides the probability of Yes.
    const yes = body.messages.findLast(({ role }) => role === 'user')!.content.includes('11') ? 0.2 : 0.9;
    const top_logprobs = answers.map((token, i) => ({ token, logprob: Math.log(i === 0 ? yes : 1 - yes) }));
    const message = { role: 'assistant', content: answers[0] };
    return json({
      choices: [{ index: 0, finish_reason: 'length', message, logprobs: { content: [{ token: answers[0], top_logprobs }] } }],
    });
  };
  const bench = await serverBench(handler, 'critique', { family });
  onTestFinished(() => bench.close());
  return { scorer: bench.open(), asked };
}

it('ThinkPRM on a server continues the beginning of its thoughts, and is asked for the verdict after them', async () => {
  const { scorer, asked } = await serve('thinkprm', () => '\nStep 1: right. The step is \\boxed{correct}\n</think>\n\nmore');
  const { scores } = await scorer.score(job);
  expect([...scores].map((score) => Number(score.toFixed(6)))).toEqual([0.9, 0.2, 0.9]);
  const [write, ask] = [asked.find((body) => body.max_tokens > 1)!, asked.find((body) => body.max_tokens === 1)!];
  expect(write).toMatchObject({ temperature: 0, continue_final_message: true, add_generation_prompt: false });
  expect(write.messages.at(-1)).toEqual({ role: 'assistant', content: "<think>\n\nLet's verify step by step:" });
  expect(ask.messages.at(-1)!.content).toBe(
    "<think>\n\nLet's verify step by step:\nStep 1: right. The step is \\boxed{correct}\n\nIs the solution correct?",
  );
  expect(await scorer.describe()).toMatchObject({ model: 'ThinkPRM', threshold: 0.5, aggregation: 'last' });
  await scorer.dispose();
});

it('GenPRM on a server gets the critique of each earlier paragraph with the next paragraph', async () => {
  const { scorer, asked } = await serve('genprm', ({ messages }) => `${messages.length} messages.\n</analyze>\n<verify>`, ['Yes', 'No']);
  const { scores } = await scorer.score(job);
  expect([...scores].map((score) => Number(score.toFixed(6)))).toEqual([0.9, 0.2, 0.9]);
  const later = asked.find((body) => body.max_tokens === 1 && body.messages.some(({ content }) => content.includes('11')))!;
  expect(later.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user', 'assistant']);
  expect(later.messages[1]!.content).toBe('What is 2 * 3 + 4?\nStep 1: 2 * 3 = 6.');
  expect(later.messages[2]!.content).toBe(
    "<analyze>\nLet's analyze the Paragraph 1 step by step: 3 messages.\n</analyze>\n<output>\n**Judgement**: $\\boxed{Yes}$\n</output>\n",
  );
  expect(later.messages[3]!.content).toBe(' 6 + 4 = 11.');
  expect(later.messages[4]!.content).toBe(
    "<analyze>\nLet's analyze the Paragraph 2 step by step: 5 messages.\n</analyze>\n<output>\n**Judgement**: $\\boxed{",
  );
  await scorer.dispose();
});

it('R-PRM on a server writes ten critiques a step, is asked for missing verdicts, and needs Yes or No for a score', async () => {
  const { scorer, asked } = await serve('r-prm', ({ seed }) =>
    seed === 3 ? 'Hm.' : 'Fine.\nVerification: Is the step correct (Yes/No)? No',
  );
  const { scores } = await scorer.score(job);
  expect([...scores].map((score) => Number(score.toFixed(6)))).toEqual([0.9, 0.2, 0.9]);
  const writes = asked.filter((body) => body.max_tokens > 1);
  expect(writes.length).toBe(30);
  expect(writes[0]).toMatchObject({ temperature: 0.95, top_p: 0.95, max_tokens: 3072 });
  expect(writes[0]!.continue_final_message).toBeUndefined();
  const ends = new Set(asked.filter((body) => body.max_tokens === 1).map(({ messages }) => messages.at(-1)!.content));
  expect([...ends].sort()).toEqual([
    'Fine.\nVerification: Is the step correct (Yes/No)?',
    'Hm.\nBased on your analysis. Is the answer correct (Yes/No)?',
  ]);
  await scorer.dispose();

  const other = await serve('r-prm', () => 'Is the step correct (Yes/No)?', ['I', '<']);
  const { skipped } = await other.scorer.score(job);
  expect(skipped.get(0)).toContain('Neither " Yes" nor " No" is among the 2 likeliest answers');
  await other.scorer.dispose();
});

it('a critique profile without a prompt or a known family is refused, with the families whose prompts are known', async () => {
  const { scorer } = await serve('own', () => '');
  await expect(scorer.describe()).rejects.toThrow(/'backend\.prompt'.*thinkprm, genprm, r-prm/s);
});
