import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { solutionText } from '../../server/formats/solutionText.js';
import { checkForest, codes, fixture, read, solutions } from './fixtures.js';
import { modelOutputs } from './modelOutputs.js';

vi.setConfig({ testTimeout: 30_000 });

describe('the reader of solutions in Markdown or plain text', () => {
  it('reads question, image and paragraphs, and keeps fences and formulas whole and the answer in the last step', () => {
    const { problems } = read(fixture('solution.md'));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({
      question: 'Tom has 3 bags with 4 apples each and eats 2.\nHow many apples are left?',
      images: ['images/bags.png'],
    });
    expect(solutions(problems[0]!)).toEqual([
      [
        'Three bags of 4 are',
        '$$\n3 \\times 4\n\n= 12\n$$',
        '```python\napples = 3 * 4\n\nprint(apples - 2)\n```',
        'He eats 2, so $12 - 2 = 10$ are left.\n\n**Answer:** 10',
      ],
    ]);
  });

  it.each([
    ['a title above the question', '# Eggs\n\nQuestion: What is 3 + 4?\n\nStep 1: 3 + 4 = 7\n\nStep 2: So 7.'],
    ['front matter and a title', '---\ntitle: x\n---\n\n# Eggs\n\nQuestion: What is 3 + 4?\n\nStep 1: 3 + 4 = 7\n\nStep 2: So 7.'],
    ['LaTeX sections', '\\textbf{Problem:} What is 3 + 4?\n\n\\section*{Solution}\n3 + 4 = 7\n\nSo 7.'],
    ['speakers', 'User: What is 3 + 4?\n\nAssistant: Step 1: 3 + 4 = 7\n\nStep 2: So 7.'],
    ['numbers as words', 'Question: What is 3 + 4?\n\nStep one: 3 + 4 = 7\nStep Two: So 7.'],
  ])('separates the question from the steps with %s', (_, text) => {
    const { problems } = read(text, 'markdown');
    expect(problems.map(({ question }) => question)).toEqual(['What is 3 + 4?']);
    expect(problems.map(solutions)).toEqual([[['3 + 4 = 7', 'So 7.']]]);
  });

  it.each([
    ['behind marked steps', 'Step 1: We add.\nStep 2: So 7.'],
    ['behind marked steps in Chinese', '步骤1：We add.\n步骤2：So 7.'],
    ['behind paragraphs', 'We add.\n\nSo 7.'],
    ['behind options and paragraphs', '(A) 6\n(B) 7\n\nWe add.\n\nSo 7.'],
  ])('reads an answer %s as the end of the last step, not as the solution', (_, steps) => {
    for (const label of ['Answer:', '**Answer:**', '答案：']) {
      const { problems } = read(`Question: What is 3 + 4?\n\n${steps}\n${label} 7`, 'markdown');
      expect(problems[0]!.question).toMatch(/^What is 3 \+ 4\?/);
      expect(problems.map(solutions)).toEqual([[['We add.', `So 7.\n${label} 7`]]]);
    }
  });

  it.each([
    ['First, we add.\nNext, we check.\nFinally, it is 7.'],
    ['首先，we add.\n然后，we check.\n最后，it is 7.'],
    ["D'abord, we add.\nEnsuite, we check.\nEnfin, it is 7."],
  ])('reads lines that begin with sequence words as steps, also between paragraphs: %j', (sequence) => {
    const { problems } = read(`Question: What is 3 + 4?\n\nWe look at it.\n\n${sequence}\n\nDone.`, 'markdown');
    expect(problems.map(solutions)).toEqual([[['We look at it.', ...sequence.split('\n'), 'Done.']]]);
    const wrapped = 'First, we add 3\nto 4 and check\nwhat it is.';
    expect(solutions(read(`Question: What is 3 + 4?\n\nWe look at it.\n\n${wrapped}`, 'markdown').problems[0]!)[0]).toHaveLength(2);
  });

  it('drops the marker of a list with one item, and keeps several answer lines in the last step', () => {
    const [problem] = read('Question: What is 3 + 4?\n\n1. We add.\n\nSo 7.\n\nAnswer: 3 + 4 = 7\nThe answer is 7.', 'markdown').problems;
    expect(solutions(problem!)).toEqual([['We add.', 'So 7.\n\nAnswer: 3 + 4 = 7\nThe answer is 7.']]);
  });

  it('reads an answer right after a question or its options as the solution', () => {
    for (const options of ['', '\n(A) 6\n(B) 7\n'])
      expect(solutions(read(`Question: What is 3 + 4?\n${options}\nAnswer: We add.\n\nSo 7.`, 'markdown').problems[0]!)).toEqual([
        ['We add.', 'So 7.'],
      ]);
  });

  it.each([
    ['1. ', '2. '],
    ['1) ', '2) '],
    ['(1) ', '(2) '],
    ['（1）', '（2）'],
    ['- ', '- '],
    ['(i) ', '(ii) '],
    ['\\item ', '\\item '],
  ])('reads the list items %s right below a question as its steps', (one, two) => {
    for (const title of ['Question: ', '题目：', '题：']) {
      const { problems } = read(`${title}What is 3 + 4?\n${one}We add.\n${two}So 7.`, 'markdown');
      expect(problems[0]!.question).toBe('What is 3 + 4?');
      expect(problems.map(solutions)).toEqual([[['We add.', 'So 7.']]]);
    }
  });

  it('keeps a list in the question if paragraphs follow, and does not claim a question with only options', () => {
    const question = 'Which hold?\n1. 3 = 4\n2. 7 = 7';
    const [problem] = read(`Question: ${question}\n\nThe first is false.\n\nThe second holds.`, 'markdown').problems;
    expect([problem!.question, solutions(problem!)]).toEqual([question, [['The first is false.', 'The second holds.']]]);
    expect(() => read('Question: Which?\n(a) 6\n(b) 7', 'markdown')).toThrow('no format');
  });

  it('splits Chinese steps on one line, and does not claim installation steps or small talk', () => {
    expect(solutions(read('问题：3+4=?\n解答：第1步：加。第2步：得7。', 'markdown').problems[0]!)).toEqual([['加。', '得7。']]);
    expect(() => read('# Setup\n\nProblem: it fails.\n\nStep 1: install node\n\nStep 2: run npm ci\n', 'markdown')).toThrow('no format');
    expect(() => read('User: hello\n\nAssistant: Hi, how can I help?\n', 'markdown')).toThrow('no format');
  });

  it('reads several problems with one or more solutions, numbered by text or heading', () => {
    const { problems } = read(fixture('several.md'));
    expect(problems.map((problem) => problem.question)).toEqual(['What is $7^2$?', 'What is half of 10?']);
    expect(problems[0]!.answer).toBe('49');
    expect(problems.map(solutions)).toEqual([
      [
        ['$7^2$ is $7 \\times 7$.', 'That is 49.\n\n#### 49'],
        ['Double it\n\n7 and 7 are 14.', 'The answer is 14.'],
      ],
      [['Half of 10 is 5.', 'So 5.']],
    ]);
  });

  it('reads <step> tags that contain blank lines', () => {
    const { problems } = read(fixture('tagged.txt'));
    expect(problems[0]!.question).toBe('What is 2 + 2 × 3?');
    expect(solutions(problems[0]!)).toEqual([['First 2 × 3 = 6.\n\nMultiplication comes first.', 'Then 2 + 6 = 8.\n<answer>8</answer>']]);
  });

  it.each([
    ['a question without markers around it', 'Q?\n\nStep 1: a\nb\n\nStep 2: c\n', 'Q?', [['a\nb', 'c']]],
    ['only a question marker', 'Question: Q?\n\na\n\nb\n', 'Q?', [['a', 'b']]],
    ['an image before the question', '**Question:**\n\n![x](<a b.png> "t")\n\nQ?\n\na', 'Q?', [['a']]],
    ['the question on the next line', '## Question\nQ\n## Solution\na', 'Q', [['a']]],
    ['an answer in place of a solution', 'Question: Q?\nAnswer: a\n\nb\n', 'Q?', [['a', 'b']]],
    ['a reference answer before the solution', 'Question: Q?\n\nAnswer: 3\n\nSolution: a\n\nAnswer: 3\n', 'Q?', [['a\n\nAnswer: 3']]],
    ['bold step titles', 'Problem: Q\n\n**Step 1: Add.** a\n\n**Step 2:** b', 'Q', [['Add. a', 'b']]],
    ['words before the first step', 'Problem: Q\n\nSolution:\n\nLet us see.\n\nStep 1: a\n\nStep 2: b', 'Q', [['Let us see.', 'a', 'b']]],
    ['words between tags', 'Problem: Q\nSolution:\nWell.\n<step>a</step> and\n\n<step>b</step>', 'Q', [['Well.', 'a', 'and', 'b']]],
    ['rules and headings between steps', 'Problem: Q\n\nSolution:\n\n## Setup\n\na\n\n---\n\nb', 'Q', [['## Setup\n\na', 'b']]],
    [
      'markers inside a fence',
      'Problem: Q\n\nSolution:\n\n```\nProblem: no\n\nStep 1: no\n```\n\nb',
      'Q',
      [['```\nProblem: no\n\nStep 1: no\n```', 'b']],
    ],
    [
      'formulas of every kind',
      'Problem: Q\n\nSolution:\n\n\\[ a\n\nb \\] c\n\n\\begin{align}\nx \\\\[2pt]\n\ny\n\\end{align}\n\nd $$e$$ f\n\ng',
      'Q',
      [['\\[ a\n\nb \\] c', '\\begin{align}\nx \\\\[2pt]\n\ny\n\\end{align}', 'd $$e$$ f', 'g']],
    ],
    ['a boxed answer on its own', 'Problem: Q\n\nSolution:\n\na\n\n$\\boxed{3}$', 'Q', [['a\n\n$\\boxed{3}$']]],
  ])('reads %s', (_, text, question, expected) => {
    for (const written of [text, text.replaceAll('\n', '\r\n'), `\uFEFF${text}`]) {
      const document = solutionText.read(written);
      checkForest(document, written);
      expect(codes(document)).toEqual([]);
      expect(document.problems[0]!.question).toBe(question);
      expect(solutions(document.problems[0]!)).toEqual(expected);
      expect(solutionText.detect(written)).toBe(true);
    }
  });

  it.each([...new Set(modelOutputs().map(({ style }) => style))])('splits model outputs as a careful reader does: %s', (style) => {
    for (const output of modelOutputs().filter((one) => one.style === style)) {
      for (const text of [output.text, output.text.replaceAll('\n', '\r\n')]) {
        const document = read(text, 'markdown');
        checkForest(document, text);
        expect(document.problems[0]!.steps.map((step) => step.text)).toEqual(output.steps);
        if (output.text.includes(output.question)) expect(document.problems[0]!.question).toBe(output.question);
      }
    }
  });

  it('reports which rule split the text', () => {
    const rules = (text: string) => [...new Set(read(`Question: Q?\n\n${text}`).problems[0]!.steps.map((step) => step.splitBy))];
    expect(rules('a\n\nb')).toEqual(['paragraph']);
    expect(rules('Step 1: a\n\nStep 2: b')).toEqual(['marker']);
    expect(rules('1. a\n2. b')).toEqual(['list']);
    expect(rules('<step>a</step>')).toEqual(['tag']);
  });

  it.each([
    ['bullets that a sentence introduces', 'We know:\n\n- a\n- b\n\nSo c.', ['We know:', '- a\n- b', 'So c.']],
    [
      'cases of an argument',
      'There are two cases:\n1. x > 0\n2. x < 0\n\nIn the first case we have to look at the sign of the whole expression.\n\nIn the second nothing follows.',
      undefined,
    ],
    ['a display formula in an item', '1. We have\n   $$\n   2. x\n   $$\n2. So x.', ['We have\n   $$\n   2. x\n   $$', 'So x.']],
    ['numbers that are no list', '3. April was a Monday.\n\n12. May was one too.', ['3. April was a Monday.', '12. May was one too.']],
    ['a reference to a step', 'Step 1: We use the result in Step 2: later.\nStep 2: Now.', ['We use the result in Step 2: later.', 'Now.']],
    ['nested parts without a step above', 'Step 1.1: a\nStep 1.2: b', ['a', 'b']],
  ])('finds the right step boundaries: %s', (_, text, expected) => {
    const found = solutions(read(`Question: Q?\n\n${text}\n`).problems[0]!)[0]!;
    if (expected === undefined) expect(found[0]).toContain('1. x > 0\n2. x < 0');
    else expect(found).toEqual(expected);
  });

  it.each([
    ['an installation without a title', 'Install:\n\nStep 1: install node 20\n\nStep 2: run npm ci\n'],
    ['steps of a recipe', 'Step 1: Heat the oven.\n\nStep 2: Bake.\n'],
    ['a guide with sections', '# Guide\n\n## Problem\n\nThe disk is full.\n\n## Solution\n\nDelete logs.\n'],
    ['clicks', '# Setup\n\n## Question\n\nHow?\n\n## Solution\n\nStep 1: Click 1 + 1.\n\nStep 2: Done.\n'],
    ['front matter of a post', '---\ntitle: a\n---\n\n# Post\n\n1. a\n2. b\n'],
  ])('does not claim %s', (_, text) => {
    expect(solutionText.detect(text)).toBe(false);
  });

  it('reports a block that is never closed and reads it as text', () => {
    const text = 'Problem: Q\n\nSolution:\n\na $$ x\n\nb\n\n```\nc\n\nd';
    const document = solutionText.read(text);
    expect(codes(document)).toEqual(['unclosed-block', 'unclosed-block']);
    expect(document.faults.map(({ span }) => text.slice(span.start, span.end))).toEqual(['$$', '```']);
    expect(solutions(document.problems[0]!)).toEqual([['a $$ x', 'b', '```\nc', 'd']]);
  });

  it('reports a solution without steps', () => {
    const document = solutionText.read('# Problem\n\nQ\n\n## Solution\n\n# Problem\n\nP\n\n## Solution\n\na\n');
    expect(codes(document)).toEqual(['no-steps']);
    expect(document.problems.map((problem) => problem.steps.length)).toEqual([0, 1]);
  });

  it('returns the steps that a text was written from, each with its exact span', () => {
    const word = fc.stringMatching(/^[a-zé😀=+ ]{1,12}$/u).map((text) => `x${text.trim()}`);
    const formula = word.map((text) => `$$\n${text}\n\n${text}\n$$`);
    const code = word.map((text) => `\`\`\`\n${text}\n\n${text}\n\`\`\``);
    const step = fc
      .array(fc.oneof({ weight: 4, arbitrary: word }, formula, code), { minLength: 1, maxLength: 3 })
      .map((lines) => lines.join('\n'));
    const style = fc.constantFrom<((step: string, i: number) => string)[]>(
      (text) => text,
      (text, i) => `Step ${i + 1}: ${text}`,
      (text) => `<step>\n${text}\n</step>`,
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), style, fc.constantFrom('\n', '\r\n'), (steps, written, end) => {
        const text = `Question: how?\n\nSolution:\n\n${steps.map(written).join('\n\n')}\n`.replaceAll('\n', end);
        const { problems } = read(text);
        expect(solutions(problems[0]!)).toEqual([steps]);
        for (const { span, text: shown } of problems[0]!.steps)
          expect(text.slice(span.start, span.end).replaceAll('\r\n', '\n')).toBe(shown);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a solution that is written in lines', () => {
  const stepsOf = (solution: string) => {
    const { problems } = read(`Question: How many are 3 + 4?\n\nSolution:\n\n${solution}\n`, 'markdown');
    return problems[0]!.steps.map(({ text, splitBy }) => [text, splitBy]);
  };

  it('has one step per line if every line begins like a sentence or a formula, with the answer in the last step', () => {
    expect(stepsOf('She has 3 apples\nThen she buys 4 more\nx = 3 + 4 = 7\nA: 7')).toEqual([
      ['She has 3 apples', 'line'],
      ['Then she buys 4 more', 'line'],
      ['x = 3 + 4 = 7\nA: 7', 'line'],
    ]);
    expect(stepsOf('We add.\n$3 + 4 = 7$.\n\n# Answer\n\n7')).toEqual([
      ['We add.', 'line'],
      ['$3 + 4 = 7$.\n\n# Answer\n\n7', 'line'],
    ]);
    expect(stepsOf('We add:\n$$\n3 + 4 = 7\n$$\nSo it is 7.')).toEqual([
      ['We add:', 'line'],
      ['$$\n3 + 4 = 7\n$$', 'line'],
      ['So it is 7.', 'line'],
    ]);
  });

  it.each([
    'She has 3 apples and then she buys 4 more of\nthem, so that she has 7 apples in the end.',
    'The sum of 3 and 4 is what we want, and\nTom says that it is 7.',
    'First we add.\n\nThen\nwe are done.',
  ])('is split at blank lines only if a line continues the one before: %j', (solution) => {
    expect(stepsOf(solution).map(([, rule]) => rule)).toEqual(solution.split('\n\n').map(() => 'paragraph'));
  });
});
