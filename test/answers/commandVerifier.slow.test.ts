import { describe, expect, it } from 'vitest';
import { openCommandVerifier } from '../../server/answers/commandVerifier.js';
import { createJudge } from '../../server/labeling/judge.js';

/** A command that evaluates an expression of `request`. */
const command = (expression: string): string =>
  `"${process.execPath}" -e "let s='';process.stdin.on('data',d=>s+=d).on('end',()=>{const request=JSON.parse(s);console.log(${expression})})"`;
const equality = command("JSON.stringify({verdict:request.answer===request.reference?'right':'wrong',reason:request.question})");
const limits = { timeout: 20_000, concurrency: 2 };

describe('a custom verifier command', () => {
  it('reads the request and decides the verdict', async () => {
    const verifier = openCommandVerifier(equality, limits);
    const request = { reference: 'C', question: 'Which one?', solution: ['x'] };
    const verdicts = await Promise.all(['C', 'D', 'C'].map((answer) => verifier.verify({ ...request, answer })));
    expect(verdicts).toEqual([
      { verdict: 'right', method: 'own', reason: 'Which one?' },
      { verdict: 'wrong', method: 'own', reason: 'Which one?' },
      { verdict: 'right', method: 'own', reason: 'Which one?' },
    ]);
  });

  it.each([
    ['throws', command("JSON.parse('{')"), 'error', 'ended with code 1'],
    ['prints something else', command('42'), 'error', 'gave no "verdict"'],
    ['prints no JSON', command("'yes'"), 'error', 'did not print one JSON object'],
    ['does not exist', 'steplens-no-such-command', 'error', 'ended with code'],
    ['prints without end', command("'x'.repeat(1e6)"), 'error', 'more than 64 kB'],
  ])('leaves the answer undecided, never wrong, if it %s', async (_, line, method, reason) => {
    const verdict = await openCommandVerifier(line, limits).verify({ answer: '1', reference: '1' });
    expect(verdict).toEqual({ verdict: 'undecided', method, reason: expect.stringContaining(reason) as string });
  });

  it('is stopped at its time limit, and when the run is cancelled', async () => {
    const endless = `"${process.execPath}" -e "setInterval(()=>{},1000)"`;
    const verdict = await openCommandVerifier(endless, { timeout: 100, concurrency: 1 }).verify({ answer: '1', reference: '1' });
    expect(verdict).toMatchObject({ verdict: 'undecided', method: 'limit' });
    const controller = new AbortController();
    const cancelled = openCommandVerifier(endless, limits).verify({ answer: '1', reference: '1', signal: controller.signal });
    controller.abort();
    await expect(cancelled).rejects.toThrow('abort');
  });

  it('judges rollouts without a marked answer, and is part of the fingerprint of the judge', async () => {
    const judge = createJudge({
      verifier: openCommandVerifier(command("JSON.stringify({verdict:request.solution.length>1?'right':'wrong'})"), limits),
    });
    expect(judge.fingerprint).toContain('command ');
    const verdict = await judge.judge({ question: 'Write f.', reference: '', solution: ['def f():', '  return 1'] });
    expect(verdict).toEqual({ verdict: 'right', method: 'own' });
  });
});
