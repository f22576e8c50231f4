import { describe, expect, it } from 'vitest';
import { StreamedReply } from '../../../server/remote/streamedReply.js';
import { critiquePrompt, readVerdict } from '../../../server/scoring/backends/critique.js';
import type { Critique } from '../../../server/scoring/backends/critiqueSettings.js';
import { parseRemoteProfile } from '../../../server/scoring/backends/remoteProfile.js';

const critique: Critique = {
  prompt: '[Math Problem]\n\n{question}\n\n[Solution]\n\n{steps}\nReview step {index}.',
  item: 'Step {index}: {step}\n',
  verdict: 'Is the solution correct?',
  positive: 'Yes',
  negative: 'No',
  samples: 1,
  temperature: 0,
  maxReply: 64,
};

/** Tokens of a reply. The one at `place` has probabilities for Yes and No. */
function replyOf(tokens: readonly string[], place: number, yes: number, spelled = (word: string) => ` ${word}`) {
  const content = tokens.map((token, i) => ({
    token,
    top_logprobs:
      i === place
        ? [
            { token: spelled('Yes'), logprob: Math.log(yes) },
            { token: spelled('No'), logprob: Math.log(1 - yes) },
          ]
        : [{ token, logprob: 0 }],
  }));
  return { choices: [{ index: 0, finish_reason: 'stop', message: { content: tokens.join('') }, logprobs: { content } }] };
}

describe('a critique', () => {
  it('asks about a step with all steps before it, and leaves braces in texts unchanged', () => {
    expect(critiquePrompt(critique, { question: 'What is {x}?', steps: ['x = {step}', 'so $1'] })).toBe(
      '[Math Problem]\n\nWhat is {x}?\n\n[Solution]\n\nStep 1: x = {step}\nStep 2: so $1\n\nReview step 2.',
    );
  });

  it('is read at its last verdict, whatever its tokens and punctuation', () => {
    const verdict = ['Is', ' the solution', ' correct?'];
    expect(readVerdict(replyOf([...verdict, ' No', '. But wait.\n', ...verdict, ' Yes', '.'], 8, 0.75), critique)).toBeCloseTo(0.75, 10);
    expect(
      readVerdict(
        replyOf(['Is the solution correct', '?', ' **', 'Yes', '**'], 3, 0.2, (word) => word),
        critique,
      ),
    ).toBeCloseTo(0.2, 10);
    expect(
      readVerdict(
        replyOf(['Is the solution correct', '? Yes'], 1, 0.6, (word) => `? ${word}`),
        critique,
      ),
    ).toBeCloseTo(0.6, 10);
    const boxed = { ...critique, verdict: '\\boxed{' };
    expect(
      readVerdict(
        replyOf(['So ', '\\boxed', '{', 'Yes', '}'], 3, 0.9, (word) => word),
        boxed,
      ),
    ).toBeCloseTo(0.9, 10);
  });

  it('has no score without a verdict, and gives the reason', () => {
    const cut = { choices: [{ ...replyOf(['Let us', ' see'], 9, 0).choices[0]!, finish_reason: 'length' }] };
    expect(readVerdict(cut, critique)).toEqual({ skipped: expect.stringContaining("raise 'backend.maxReply'") as string });
    expect(readVerdict(replyOf(['Is the solution correct?'], 9, 0), critique)).toEqual({
      skipped: expect.stringContaining('missing') as string,
    });
    expect(() => readVerdict({ choices: [{ index: 0, message: { content: 'Yes' } }] }, critique)).toThrow('log-probabilities');
  });

  it('is read from a stream as from a whole reply', () => {
    const { choices } = replyOf(['Is the solution', ' correct?', ' Yes'], 2, 0.7);
    const stream = new StreamedReply({});
    for (const token of choices[0]!.logprobs.content) {
      const chunk = { choices: [{ index: 0, delta: { content: token.token }, logprobs: { content: [token] } }] };
      stream.read(Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`));
    }
    stream.read(Buffer.from(`data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`));
    expect(readVerdict(JSON.parse(stream.end().toString()), critique)).toBeCloseTo(0.7, 10);
  });

  it('is refused if its profile has an unknown placeholder, no {steps}, or one word for Yes and No', () => {
    const profile = (backend: object) =>
      JSON.stringify({
        name: 'ThinkPRM',
        family: 'thinkprm',
        threshold: 0.5,
        aggregation: 'min',
        backend: { kind: 'critique', url: 'http://localhost:8000/v1', model: 'm', verdict: 'correct?', ...backend },
      });
    expect(parseRemoteProfile(profile({ prompt: '{question} {steps}', samples: 4 }), 'prm.json')).toMatchObject({
      critique: { positive: 'Yes', negative: 'No', samples: 4, temperature: 0.6, maxReply: 4096, item: 'Step {index}: {step}\n' },
    });
    expect(() => parseRemoteProfile(profile({ prompt: '{question}' }), 'prm.json')).toThrow("'backend.prompt'");
    expect(() => parseRemoteProfile(profile({ prompt: '{question} {steps} {answer}' }), 'prm.json')).toThrow('{answer}');
    expect(() => parseRemoteProfile(profile({ prompt: '{question} {steps}', negative: 'Yes' }), 'prm.json')).toThrow("'backend.negative'");
  });
});
