/**
 * Outputs in the styles that chat models write, with the steps that a careful reader sees in them. Every style exists
 * for several problems, so that failures due to a style can be distinguished from failures due to a problem.
 */
export interface ModelOutput {
  readonly style: string;
  readonly text: string;
  readonly question: string;
  readonly steps: readonly string[];
}

interface Content {
  readonly question: string;
  readonly steps: readonly string[];
  readonly answer: string;
}

const CONTENTS: readonly Content[] = [
  {
    question: 'Tom has 3 apples and buys 4 more. How many does he have?',
    steps: ['Tom starts with 3 apples.', 'He buys 4 more apples.', 'In total he has $3 + 4 = 7$ apples.'],
    answer: '7',
  },
  {
    question: 'Solve $2x + 3 = 11$ for $x$.',
    steps: ['Subtract 3 from both sides: $2x = 8$.', 'Divide both sides by 2: $x = 4$.'],
    answer: '4',
  },
  {
    question: 'A rectangle is 3 cm by 1.5 cm. What is its area?',
    steps: [
      'The area of a rectangle is width times height.',
      'Here that is\n$$\n3 \\times 1.5 = 4.5.\n$$',
      'The unit is square centimeters.',
      'So the area is 4.5 cm².',
    ],
    answer: '4.5',
  },
  {
    question: 'What is the sum of the first 10 positive integers?',
    steps: [
      'Use $S = \\frac{n(n+1)}{2}$ with $n = 10$.',
      'In Python that is\n```python\nn = 10\n\n# Step 2: sum\nprint(n * (n + 1) // 2)\n```',
      'The sum is 55, see Step 1.',
    ],
    answer: '55',
  },
  {
    question: 'Is 91 a prime number?\n\n(A) Yes\n(B) No',
    steps: [
      'Check small primes: 91 is odd, and $9 + 1 = 10$ is not divisible by 3.',
      '$91 = 7 \\times 13$, so it is not prime.',
      'Therefore option (B) is right.',
    ],
    answer: 'B',
  },
  {
    question: 'How many minutes are 2.5 hours?',
    steps: ['1 hour has 60 minutes.', '2.5 hours are 2.5 * 60 = 150 minutes.'],
    answer: '150',
  },
];

type Style = readonly [name: string, write: (content: Content) => string, steps?: (content: Content) => readonly string[]];

const joined = (content: Content, write: (step: string, n: number) => string, between = '\n\n'): string =>
  content.steps.map((step, i) => write(step, i + 1)).join(between);
const asked = (content: Content, body: string, title = 'Question: '): string => `${title}${content.question}\n\n${body}\n`;
/** The final answer belongs to the last step. */
const ending = (content: Content, last: string): readonly string[] =>
  content.steps.map((step, i) => (i === content.steps.length - 1 ? `${step}${last}` : step));
const indented = (step: string): string => step.replaceAll('\n', '\n   ');

export const STYLES: readonly Style[] = [
  [
    'paragraphs',
    (c) =>
      asked(
        c,
        joined(c, (s) => s),
      ),
  ],
  [
    'paragraphs and a boxed answer',
    (c) => asked(c, `${joined(c, (s) => s)}\n\n$\\boxed{${c.answer}}$`),
    (c) => ending(c, `\n\n$\\boxed{${c.answer}}$`),
  ],
  ['a solution section', (c) => asked(c, `Solution:\n\n${joined(c, (s) => s)}`)],
  [
    'markers',
    (c) =>
      asked(
        c,
        joined(c, (s, n) => `Step ${n}: ${s}`),
      ),
  ],
  [
    'markers on adjacent lines',
    (c) =>
      asked(
        c,
        joined(c, (s, n) => `Step ${n}: ${s}`, '\n'),
      ),
  ],
  [
    'bold markers',
    (c) =>
      asked(
        c,
        joined(c, (s, n) => `**Step ${n}:** ${s}`),
      ),
  ],
  [
    'headings as markers',
    (c) =>
      asked(
        c,
        joined(c, (s, n) => `### Step ${n}\n\n${s}`),
      ),
  ],
  [
    'markers with titles',
    (c) =>
      asked(
        c,
        joined(c, (s, n) => `**Step ${n}: Work.** ${s}`),
      ),
    (c) => c.steps.map((s) => `Work. ${s}`),
  ],
  [
    'markers after a hash',
    (c) =>
      asked(
        c,
        joined(c, (s, n) => `Step #${n}: ${s}`),
      ),
  ],
  [
    'nested markers',
    (c) =>
      asked(
        c,
        joined(c, (s, n) => `Step ${n}: ${s}\n\nStep ${n}.1: Check.`),
      ),
    (c) => c.steps.map((s, i) => `${s}\n\nStep ${i + 1}.1: Check.`),
  ],
  [
    'numbered list',
    (c) =>
      asked(
        c,
        joined(c, (s, n) => `${n}. ${indented(s)}`, '\n'),
      ),
    (c) => c.steps.map(indented),
  ],
  [
    'numbered list with blank lines',
    (c) =>
      asked(
        c,
        joined(c, (s, n) => `${n}. ${indented(s)}`),
      ),
    (c) => c.steps.map(indented),
  ],
  [
    'numbered list and a closing line',
    (c) => asked(c, `${joined(c, (s, n) => `${n}. ${indented(s)}`, '\n')}\n\nThe answer is ${c.answer}.`),
    (c) => ending({ ...c, steps: c.steps.map(indented) }, `\n\nThe answer is ${c.answer}.`),
  ],
  [
    'list in parentheses',
    (c) =>
      asked(
        c,
        joined(c, (s, n) => `(${['i', 'ii', 'iii', 'iv'][n - 1]!}) ${indented(s)}`, '\n'),
      ),
    (c) => c.steps.map(indented),
  ],
  [
    'list with closing parentheses',
    (c) =>
      asked(
        c,
        joined(c, (s, n) => `${n}) ${indented(s)}`, '\n'),
      ),
    (c) => c.steps.map(indented),
  ],
  [
    'bold numbers with text below',
    (c) => asked(c, `## Solution\n\n${joined(c, (s, n) => `**${n}. Part**\n\n${s}`)}`),
    (c) => c.steps.map((s) => `Part\n\n${s}`),
  ],
  [
    'bullets',
    (c) =>
      asked(
        c,
        joined(c, (s) => `- ${indented(s)}`, '\n'),
      ),
    (c) => c.steps.map(indented),
  ],
  ['enumerate', (c) => asked(c, `\\begin{enumerate}\n${joined(c, (s) => `\\item ${s}`, '\n')}\n\\end{enumerate}`)],
  [
    'tags',
    (c) =>
      asked(
        c,
        joined(c, (s) => `<step>\n${s}\n</step>`, '\n'),
      ),
  ],
  [
    'tags on one line',
    (c) =>
      asked(
        c,
        joined(c, (s) => `<step>${s}</step>`, ''),
      ),
  ],
  [
    'thoughts and an answer',
    (c) => asked(c, `<think>\n${joined(c, (s) => s)}\n</think>\n\nIt is ${c.answer}.`),
    (c) => [...c.steps, `It is ${c.answer}.`],
  ],
  ['thoughts without an answer', (c) => asked(c, `<think>\n${joined(c, (s) => s)}`)],
  [
    'thoughts without a question',
    (c) => `<think>\n${joined(c, (s) => s)}\n</think>\n\nIt is ${c.answer}.\n`,
    (c) => [...c.steps, `It is ${c.answer}.`],
  ],
  [
    'thoughts, then markers',
    (c) => asked(c, `<think>\nLet me see.\n</think>\n\n${joined(c, (s, n) => `Step ${n}: ${s}`)}`),
    (c) => ['Let me see.', ...c.steps],
  ],
  ['headings', (c) => `## Problem\n\n${c.question}\n\n## Solution\n\n${joined(c, (s) => s)}\n`],
  ['bold headings', (c) => `**Problem**\n\n${c.question}\n\n**Solution**\n\n${joined(c, (s) => s)}\n`],
  ['a title above', (c) => `# Homework 3\n\n## Problem 1\n\n${c.question}\n\n### Solution\n\n${joined(c, (s, n) => `Step ${n}: ${s}`)}\n`],
  [
    'front matter',
    (c) =>
      `---\ntitle: a\nmodel: b\n---\n\n${asked(
        c,
        joined(c, (s, n) => `Step ${n}: ${s}`),
      )}`,
  ],
  ['block quote', (c) => `> Question: ${c.question.replaceAll('\n', '\n> ')}\n\n${joined(c, (s, n) => `Step ${n}: ${s}`)}\n`],
  ['Chinese', (c) => `题目：${c.question}\n\n解答：\n\n${joined(c, (s, n) => `第${'一二三四'[n - 1]!}步：${s}`)}\n`],
  ['Chinese with numbers', (c) => `问题：${c.question}\n\n解：\n${joined(c, (s, n) => `步骤${n}：${s}`, '\n')}\n`],
  ['German', (c) => `Aufgabe: ${c.question}\n\nLösung:\n\n${joined(c, (s, n) => `Schritt ${n}: ${s}`)}\n`],
  ['Spanish', (c) => `Problema: ${c.question}\n\nSolución:\n\n${joined(c, (s, n) => `Paso ${n}: ${s}`)}\n`],
  ['French', (c) => `Énoncé : ${c.question}\n\nSolution :\n\n${joined(c, (s, n) => `Étape ${n} : ${s}`)}\n`],
  [
    'several attempts',
    (c) => asked(c, `## Attempt 1\n\n${joined(c, (s) => s)}\n\n## Attempt 2\n\nIt is ${c.answer}.`),
    (c) => [...c.steps, `It is ${c.answer}.`],
  ],
];

/** Styles with all markers on one line, possible only when each step is a single line. */
const LINE_STYLES: readonly Style[] = [
  [
    'markers on one line',
    (c) =>
      asked(
        c,
        joined(c, (s, n) => `Step ${n}: ${s}`, ' '),
      ),
  ],
  ['markers after the question', (c) => `Question: ${c.question} ${joined(c, (s, n) => `Step ${n}: ${s}`, '\n')}\n`],
  [
    'marks of Math-Shepherd',
    (c) =>
      asked(
        c,
        joined(c, (s, n) => `Step ${n}: ${s} ки`, '\n'),
      ),
  ],
];

export function modelOutputs(): ModelOutput[] {
  const write = (contents: readonly Content[], styles: readonly Style[]): ModelOutput[] =>
    styles.flatMap(([style, text, steps]) =>
      contents.map((content) => ({
        style,
        text: text(content),
        question: content.question,
        steps: (steps ?? (() => content.steps))(content),
      })),
    );
  const short = CONTENTS.filter(({ steps, question }) => [...steps, question].every((text) => !text.includes('\n')));
  return [...write(CONTENTS, STYLES), ...write(short, LINE_STYLES)];
}
