import { afterAll, expect, it } from 'vitest';
import { openVerifier } from '../../server/answers/openVerifier.js';
import { done } from './figures.js';

const verifier = openVerifier();
afterAll(() => verifier.dispose());

/** Answers, of any size, for which a naive comparison needs much time or memory. */
const shapes: Readonly<Record<string, (size: number) => string>> = {
  'a power of a power': (n) => `\\frac{(10^{${n}})^{${n}}}{3}`,
  'a tower of powers': (n) => '9^{'.repeat(n) + '9' + '}'.repeat(n),
  'a factorial': (n) => `(10^${n})!`,
  'nested fractions': (n) => '\\frac{1}{'.repeat(n) + 'x' + '}'.repeat(n),
  'nested roots': (n) => '\\sqrt{'.repeat(n) + '2' + '}'.repeat(n),
  'nested parentheses': (n) => `${'('.repeat(n)}1${')'.repeat(n)}`,
  'unclosed parentheses': (n) => '('.repeat(n),
  'nested brackets': (n) => `${'['.repeat(n)}1${']'.repeat(n)}`,
  choices: (n) => '(A) '.repeat(n),
  blanks: (n) => `1${' '.repeat(n)}1`,
  'a list': (n) => `${'1,'.repeat(n)}1`,
  'a list of roots': (n) => `${'\\sqrt{x}, '.repeat(n)}1`,
  'a set': (n) => `\\{${'1,'.repeat(n)}1\\}`,
  'a matrix': (n) => `\\begin{pmatrix}${'1&'.repeat(n)}1\\end{pmatrix}`,
  'functions of functions': (n) => `${'\\sin '.repeat(n)}x`,
  'powers of powers': (n) => `${'x^'.repeat(n)}x`,
  signs: (n) => `${'-'.repeat(n)}1`,
  alternatives: (n) => `${'1.5 or '.repeat(n)}2`,
  units: (n) => '5 cm '.repeat(n),
  digits: (n) => '9'.repeat(n),
  decimals: (n) => `0.${'3'.repeat(n)}`,
  'groups of digits': (n) => `1${',000'.repeat(n)}`,
  'number words': (n) => 'twenty million '.repeat(n),
  'a product of sums': (n) => '(x+1)'.repeat(n),
  'a sum of products': (n) => 'xyz+'.repeat(n) + '1',
  'boxes in boxes': (n) => '\\boxed{'.repeat(n) + '1' + '}'.repeat(n),
  'dollar signs': (n) => '$'.repeat(n) + '1',
  binomials: (n) => `\\binom{10^${n}}{${n}}`,
  'powers of sums': (n) => `(x+y+1)^{${n}}`,
  'a root of a high degree': (n) => `\\sqrt[${n}]{2^{${n}}}`,
  'sums of series': (n) => `\\sum_{i=1}^{10^{${n}}} i^{${n}}`,
  'exponents of floats': (n) => `1e${'9'.repeat(Math.min(n, 400))}`,
  'repeating decimals': (n) => `0.\\overline{${'142857'.repeat(n)}}`,
  percents: (n) => `5${'\\%'.repeat(n)}`,
  'degrees and minutes': (n) => '1^\\circ '.repeat(n),
  'sums of sums': (n) => `${'\\sum_{k=1}^{99}'.repeat(n)}k`,
  intervals: (n) => '[0,1)\\cup'.repeat(n) + '(2,3]',
};
const sizes = [2, 10, 50, 200, 1000, 20_000];
/** Milliseconds. Each of two comparisons may use a second of processor time before its thread is replaced. */
const most = 15_000;
const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

it.each(Object.keys(shapes))('an answer with %s gets a verdict in time at any size, and never "right"', async (name) => {
  for (const size of sizes) {
    const answer = shapes[name]!(size);
    const start = cpu();
    for (const request of [
      { answer, reference: '\\sqrt{y}, 2.5' },
      { answer: '\\sqrt{y}, 2.5', reference: answer },
    ])
      expect((await verifier.verify(request)).verdict, `${name} ${size}`).not.toBe('right');
    expect(cpu() - start).toBeLessThan(most);
    done('answers', 1);
  }
  expect((await verifier.verify({ answer: '2', reference: '2' })).verdict).toBe('right');
});
