import { describe, expect, it } from 'vitest';
import type { MarkupContent } from 'vscode-languageserver-types';
import { hover } from '../../server/language/hover.js';
import { scored, sketch } from './fixture.js';

function text(document: Parameters<typeof hover>[0], line: number, images: string[] = []): string {
  return (hover(document, { line, character: 0 }, images)?.contents as MarkupContent).value;
}

describe('the hover on a step', () => {
  const document = scored(
    sketch([
      {
        question: 'What is 2 + 2?',
        images: ['a.png'],
        solutions: [
          [
            { text: 'a', values: { mc: { value: 0.875, correct: 14, total: 16 }, recordedPrm: 0.9 } },
            { text: 'b', values: { mc: { value: 0.1875, correct: 3, total: 16 }, recordedPrm: 0.4, judge: 0.3, human: -1 } },
          ],
          ['c'],
        ],
      },
    ]),
    [[0.94, 0.12, 0.7]],
  );

  it('shows every value with its source and its change from the step before', () => {
    const value = text(document, 2);
    expect(value).toContain('**Step 2** · ▼ first low step (threshold 0.50)');
    expect(value).toContain('| PRM (mini) | 0.12 | -0.82 |');
    expect(value).toContain('| rollouts | 0.19 | -0.69 | ▰▰▱▱▱▱▱▱▱▱ 3 of 16 right, 95 % interval [0.07, 0.43] |');
    expect(value).toContain('| PRM in file | 0.40 | -0.50 |');
    expect(value).toContain('| judge | 0.30 | – |  |');
    expect(value).toContain('| human label | wrong | – |  |');
  });

  it('shows the aggregates of the solution and where its first low step is', () => {
    expect(text(document, 1)).toContain('Solution 1 of 2: first low at step 2 of 2 · min 0.12 · mean 0.53 · last 0.12 · product 0.11');
    expect(text(document, 2)).toContain('Solution 1 of 2: min 0.12');
    expect(text(document, 3)).toContain('Solution 2 of 2: chosen by every sum · min 0.70 · mean 0.70 · last 0.70 · product 0.70');
  });

  it('shows which rule split the text into steps', () => {
    const { text: written, reasoning } = sketch([{ question: 'Q?', solutions: [['a']] }]);
    const split = reasoning.problems.map((problem) => ({
      ...problem,
      steps: problem.steps.map((step) => ({ ...step, splitBy: 'list' as const })),
    }));
    expect(text(scored({ text: written, reasoning: { ...reasoning, problems: split } }), 1)).toContain(
      'This text was split at the items of its list.',
    );
    expect(text(document, 2)).not.toContain('split');
  });

  it('has the range of the step', () => {
    expect(hover(document, { line: 2, character: 1 }, [])?.range).toEqual({
      start: { line: 2, character: 0 },
      end: { line: 2, character: 1 },
    });
  });

  it('shows the images that exist, and links to the tree and the next low step', () => {
    const value = text(document, 2, ['file:///w/a%20(1).png']);
    expect(value).toContain('![Image 1 of the problem](file:///w/a%20%281%29.png|height=160)');
    const [, query] = /\[Show in tree\]\(command:steplens\.openTree\?([^)]*)\)/.exec(value)!;
    expect(JSON.parse(decodeURIComponent(query!))).toEqual(['file:///w/a.json', 0, 2]);
    expect(value).toContain('[Next low step](command:steplens.nextLowStep)');
    expect(text(document, 2)).not.toContain('![');
  });

  it.each([
    [{ value: 1, assumed: true }, 'assumed: part of a correct rollout, nothing was sampled from here'],
    [{ value: 1, correct: 1, total: 1 }, 'one sample; 1 of 1 right'],
    [{ value: 0, hard: true }, 'hard label: the share was already cut to 0 or 1'],
  ])('explains in words what a rollout value is based on: %j', (mc, words) => {
    expect(text(scored(sketch([{ question: 'q', solutions: [[{ text: 'a', values: { mc } }]] }])), 1)).toContain(words);
  });

  it('shows the visits, kept rollouts and paths of a tree node', () => {
    const rollouts = [
      { correct: true, steps: ['4'] },
      { correct: false, steps: ['5'] },
      { correct: false, steps: ['5'] },
    ];
    const tree = {
      children: [{ steps: ['a'], mc: { value: 1 / 3 }, visits: 4, rollouts, children: [{ steps: ['x'] }, { steps: ['y'] }] }],
    };
    const value = text(scored(sketch([{ question: 'q', tree }]), [[0.9, 0.8, 0.7]]), 1);
    expect(value).toContain(
      'Node 1 at depth 1 · visits 4 (times selected, not rollouts) · rollouts kept: 1 correct, 2 incorrect, 2 distinct',
    );
    expect(value).toContain('Path 1 of 2 (first of 2 through this step)');
    expect(decodeURIComponent(value)).toContain('steplens.openTree?["file:///w/a.json",0,1]');
  });

  it('shows why there is no score, and that a score is from before the last edit', () => {
    const skipped = scored(sketch([{ question: 'q', solutions: [['a']] }]), [[NaN]], { skipped: new Map([[0, 'too | long']]) });
    expect(text(skipped, 1)).toContain('not scored: too \\| long');
    const stale = scored(sketch([{ question: 'q', solutions: [['a']] }]), [[0.8]], { pending: new Set([0]) });
    expect(text(stale, 1)).toContain('| PRM (mini) | 0.80 | from before the last edit |');
  });
});

describe('the hover on the question', () => {
  it('summarizes the problem', () => {
    const document = scored(sketch([{ question: 'q', answer: '*4* $(x)', solutions: [['a', 'b'], ['c']] }]), [[0.9, 0.2, 0.8]]);
    const value = text(document, 0);
    expect(value).toContain('**Problem 1 of 1** · 2 solutions · 3 steps · 1 first low step (threshold 0.50)');
    expect(value).toContain('Reference answer: \\*4\\* \\$\\(x\\)');
    expect(value).toContain('| 1 | step 2 | 0.20 | 0.55 | 0.20 | 0.18 | – |');
    expect(value).toContain('| 2 | – | 0.80 | 0.80 | 0.80 | 0.80 | min, mean, last, product |');
  });

  it('is not shown after the end of the problem', () => {
    const { text: words, reasoning } = sketch([{ question: 'q', solutions: [['a']] }]);
    expect(hover(scored({ text: `${words}\nafter`, reasoning }), { line: 3, character: 2 }, [])).toBeNull();
  });
});
