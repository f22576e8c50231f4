import { expect, it } from 'vitest';
import { detectFormat, readDocument } from '../../server/formats/registry.js';
import { done } from './figures.js';

/** Texts that the rules for steps, lists, sections and markers check. Repeated, they reveal rules that backtrack. */
const units = [
  ...['Step 1: ', 'Step 1.\n', '\n\n', ' ', '\r', '\n \n', '\u2028', '\n1. a', '\n- a', '\n(a) b', '\n1) x', '\n> ', '\n#'],
  ...[
    '<step>',
    '</step>',
    '<think>',
    '<think></think>',
    '$',
    '$$',
    '$$\n',
    '```',
    '```\n',
    '~~~\n',
    '\\[',
    '\\begin{a}\n',
    '\\item ',
    '\\boxed{',
  ],
  ...[
    '\nки',
    '+\n',
    '**Step 1',
    '![a](',
    '<img src="',
    '# Problem\n',
    'Question: ',
    'Answer: ',
    'Therefore, ',
    'a',
    '0',
    '. ',
    '[U: Q: 1; N: 1; V: 1; UCT: 1]\n',
    '\n#### 4',
  ],
];
const head = '# Problem\n\nHow many?\n\n# Solution\n\n';
/** Number of characters for which a quadratic rule takes a minute. */
const length = 250_000;
/** Largest allowed processor time, ms: a hundred times the time that reading takes. */
const most = 20_000;

const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

it.each(units)('250,000 characters of %j are read in linear time', (unit) => {
  const text = `${head}${unit.repeat(Math.ceil(length / unit.length))}x`;
  const began = cpu();
  detectFormat(text.slice(0, 65_536), 'markdown');
  const document = readDocument(text, 'markdown');
  expect(cpu() - began).toBeLessThan(most);
  const spans = document?.problems.flatMap(({ steps }) => steps.map(({ span }) => span)) ?? [];
  expect(spans.filter(({ start, end }) => start > end || end > text.length)).toEqual([]);
  done('longTexts', 1);
});

it.each([' ', '\t', '<img src="a" '])(
  '250,000 characters of %j between the words of a question and of a step are read in linear time',
  (unit) => {
    const many = unit.repeat(Math.ceil(length / unit.length));
    const began = cpu();
    const document = readDocument(`# Problem\n\nHow${many}many?\n\n# Solution\n\nFirst.\n\nSecond${many}one.\n\nThird.`, 'markdown');
    expect(cpu() - began).toBeLessThan(most);
    expect(document?.problems[0]?.steps.map(({ text }) => text.slice(0, 5))).toEqual(['First', 'Secon', 'Third']);
    done('longTexts', 1);
  },
);

it.each([
  ['of one line', (n: number) => `{"problem":"${'x'.repeat(n)}","steps":["a","${'y '.repeat(n / 2)}"],"label":-1}`],
  ['of a list of solutions', (n: number) => `{"problem":"q","steps":[${'"s",'.repeat(n / 4)}"s"],"label":${n / 8}}`],
  ['nested 100,000 times', () => `{"problem":"q","steps":${'['.repeat(100_000)}${']'.repeat(100_000)},"label":1}`],
  ['of nothing but brackets', (n: number) => '['.repeat(n)],
  ['of nothing but names', (n: number) => '{"problem":'.repeat(n / 10)],
  ['of escapes', (n: number) => `{"problem":"${'\\u00e9'.repeat(n / 6)}","steps":["${'\\n'.repeat(n / 2)}"],"label":-1}`],
  ['of numbers', (n: number) => `{"problem":"q","steps":["s"],"label":${'9'.repeat(n)}}`],
  ['of blanks', (n: number) => `{${' '.repeat(n)}"problem":"q","steps":["s"],"label":-1}`],
])('a million characters of JSON %s are read in linear time', (_, write) => {
  const text = write(1_000_000);
  const began = cpu();
  detectFormat(text.slice(0, 65_536), 'json');
  readDocument(text, 'json');
  expect(cpu() - began).toBeLessThan(most);
  done('longTexts', 1);
});
