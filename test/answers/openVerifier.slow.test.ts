import { afterAll, describe, expect, it } from 'vitest';
import { openVerifier } from '../../server/answers/openVerifier.js';

const verifier = openVerifier();

afterAll(() => verifier.dispose());

describe('the verifier in its worker thread', () => {
  it('answers requests in order, and leaves a missing answer undecided', async () => {
    const verdicts = await Promise.all([
      verifier.verify({ answer: '0.5', reference: '1/2' }),
      verifier.verify({ answer: '0.6', reference: '1/2' }),
      verifier.verify({ answer: undefined, reference: '1/2' }),
      verifier.verify({ answer: '1,'.repeat(75_000), reference: '1/2' }),
    ]);
    expect(verdicts.map(({ verdict, method }) => [verdict, method])).toEqual([
      ['right', 'number'],
      ['wrong', 'number'],
      ['undecided', 'not found'],
      ['undecided', 'limit'],
    ]);
  });

  it('rejects a cancelled request and answers the others', async () => {
    const controller = new AbortController();
    const cancelled = verifier.verify({ answer: '1', reference: '1', signal: controller.signal });
    const other = verifier.verify({ answer: '2', reference: '2' });
    controller.abort();
    await expect(cancelled).rejects.toThrow('abort');
    expect((await other).verdict).toBe('right');
  });

  it('stops a comparison at its time limit, and accepts the next request', async () => {
    const hasty = openVerifier({ timeout: 0 });
    const slow = { answer: '\\sqrt{x}, '.repeat(30) + '1', reference: '\\sqrt{y}, '.repeat(30) + '1' };
    expect(await hasty.verify(slow)).toMatchObject({ verdict: 'undecided', method: 'limit' });
    expect((await hasty.verify({ answer: undefined, reference: '1' })).method).toBe('not found');
    await hasty.dispose();
  });

  it.each([
    '\\frac{(10^{300})^{2000}}{3}',
    '9^{9^{9^{9^9}}}',
    '(10^9)!',
    'factorial(10^9)',
    '\\frac{1}{'.repeat(180) + 'x' + '}'.repeat(180),
    '(A) '.repeat(490),
    `1${' '.repeat(1900)}1`,
    `${'1,'.repeat(990)}1`,
    `${'\\sin '.repeat(300)}x`,
    `${'\\sqrt{x}, '.repeat(38)}1`,
    `${'x^'.repeat(900)}x`,
    `${'('.repeat(990)}1${')'.repeat(990)}`,
    `${'-'.repeat(1900)}1`,
    `${'1.5 or '.repeat(38)}2`,
    `${'5 cm '.repeat(300)}`,
  ])('answers %s within the limit, and the next request too', async (answer) => {
    expect((await verifier.verify({ answer, reference: '\\sqrt{y}, 2.5' })).verdict).not.toBe('right');
    expect((await verifier.verify({ answer: '\\sqrt{y}, 2.5', reference: answer })).verdict).not.toBe('right');
    expect((await verifier.verify({ answer: '2', reference: '2' })).verdict).toBe('right');
  });
});
