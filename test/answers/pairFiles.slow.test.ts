import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { verifyAnswer } from '../../server/answers/rules.js';

interface Pair {
  readonly kind?: string;
  readonly reference: string;
  readonly answer: string;
  readonly verdict: 'right' | 'wrong';
}

/** The verdicts of all but the first two files were written before the rules were run on them (docs/verifier.md). */
const own = ['pairs', 'spoken', 'held-out', 'second', 'third', 'fourth'].map((name) => `test/fixtures/answers/${name}.jsonl`);
/** Pairs that were reported as judged wrongly. Skipped if the file does not exist. */
const reported = '../shared/data/cases/answer-pairs.jsonl';

describe.each([...own, ...(existsSync(reported) ? [reported] : [])])('the pairs of %s', (file) => {
  const pairs = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Pair);

  it('have no false accept and no false reject, and less than 8 % are undecided', () => {
    const verdicts = pairs.map((pair) => ({ pair, verdict: verifyAnswer(pair).verdict }));
    const differing = verdicts.filter(({ pair, verdict }) => verdict !== 'undecided' && verdict !== pair.verdict);
    expect(differing.map(({ pair, verdict }) => `${pair.kind ?? ''}: ${pair.reference} <- ${pair.answer} is ${verdict}`)).toEqual([]);
    const undecided = verdicts.filter(({ verdict }) => verdict === 'undecided').map(({ pair }) => `${pair.reference} <- ${pair.answer}`);
    expect(undecided.length, undecided.join('\n')).toBeLessThan(0.08 * pairs.length);
  });

  // A number is right if the reference is an equal ratio, the same number with its base, or the number's rounded value.
  it('have no wrong answer that is accepted if exchanged with its reference, except ratios, bases and rounded values', () => {
    const wrong = pairs.filter(({ verdict, answer }) => verdict === 'wrong' && !/^\d+(?::| to )\d+$|\(base \d+\)$/.test(answer));
    const accepted = wrong.filter(({ reference, answer }) => {
      const { verdict, method } = verifyAnswer({ reference: answer, answer: reference });
      return verdict === 'right' && method !== 'rounded';
    });
    expect(accepted.map(({ reference, answer }) => `${answer} <- ${reference}`)).toEqual([]);
  });
});
