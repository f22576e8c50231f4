import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MarkupContent } from 'vscode-languageserver-types';
import { codeLens } from '../../server/language/codeLens.js';
import { diagnostics } from '../../server/language/diagnostics.js';
import { noExplanations } from '../../server/language/explanations.js';
import { hover } from '../../server/language/hover.js';
import { inlayHints } from '../../server/language/inlayHints.js';
import type { ScoredDocument } from '../../server/language/scoredDocument.js';
import { solutionValues } from '../../server/language/solutionValues.js';
import type { StepValues } from '../../server/reasoning/stepValue.js';
import { scored, sketch } from './fixture.js';

const everything = { start: { line: 0, character: 0 }, end: { line: 9999, character: 0 } };
const codes = (document: ScoredDocument) => diagnostics(document, noExplanations).listed.map(({ code }) => code);
const labels = (document: ScoredDocument) => inlayHints(document, everything).map(({ label }) => label);
const hoverAt = (document: ScoredDocument, line: number) => (hover(document, { line, character: 0 }, [])!.contents as MarkupContent).value;

describe('a model that does not know a text', () => {
  const two = sketch([
    { question: 'q', solutions: [['a', 'b']] },
    { question: 'p', solutions: [['c']] },
  ]);
  const reason = 'mini knows only sums, and this question is not one of them.';
  const unknown = scored(two, [[NaN, NaN], [NaN]], { skipped: new Map([0, 1].map((step) => [step, reason])), outOfScope: new Set([0, 1]) });

  it('adds nothing to the Problems panel and no dash after the steps', () => {
    expect(codes(unknown)).toEqual([]);
    expect(labels(unknown)).toEqual([]);
  });

  it('shows one code lens above the first problem, with the command that chooses another model', () => {
    const lenses = codeLens(unknown).filter(({ command }) => command!.command === 'steplens.selectModel');
    expect(lenses.map(({ range, command }) => [range.start.line, command!.title])).toEqual([
      [0, 'mini does not know this kind of text. Choose a model…'],
    ]);
  });

  it('shows the reason on hover, over a step and over the question', () => {
    for (const line of [0, 1]) {
      expect(hoverAt(unknown, line)).toContain('Not scored: mini knows only sums, and this question is not one of them\\.');
      expect(hoverAt(unknown, line)).toContain('[Choose a model…](command:steplens.selectModel)');
    }
  });

  it('shows a dash after the unknown steps of a solution that it knows in part', () => {
    const partly = scored(sketch([{ question: 'q', solutions: [['a', 'b']] }]), [[0.8, NaN]], {
      skipped: new Map([[1, reason]]),
      outOfScope: new Set([1]),
    });
    expect(labels(partly)).toEqual(['0.80', '–']);
    expect(codeLens(partly).map(({ command }) => command!.title)).toContain('mini does not know every step. Choose a model…');
    expect(hoverAt(partly, 0)).not.toContain('Choose a model');
  });
});

describe('labels in a file', () => {
  const solution = (...values: StepValues[]) =>
    sketch([{ question: 'q', solutions: [values.map((one, i) => ({ text: `s${i}`, values: one }))] }]);
  const low = (document: ScoredDocument) => document.problems[0]!.steps.map((step) => [step.value, step.source, step.low, step.firstLow]);

  it.each<[string, StepValues, StepValues]>([
    ['a person', { human: 1 }, { human: -1 }],
    ['rollouts', { mc: { value: 0.9 } }, { mc: { value: 0.1 } }],
    ['a recorded PRM', { recordedPrm: 0.9 }, { recordedPrm: 0.1 }],
    ['a judge', { judge: 0.9 }, { judge: 0.1 }],
  ])('decide which steps are low where no model was chosen: %s', (_, right, wrong) => {
    const document = solution(right, wrong);
    const labeled = scored(document, [[0.1, 0.9]], { decides: 'labels' });
    expect(low(labeled).map(([, , isLow]) => isLow)).toEqual([false, true]);
    expect(low(scored(document, [[0.1, 0.9]])).map(([, , isLow]) => isLow)).toEqual([true, false]);
    // The model's score is still shown beside the label.
    expect(labeled.problems[0]!.steps.map(({ values }) => values.prm)).toEqual([0.1, 0.9]);
    expect(hoverAt(labeled, 1)).toContain('| PRM (mini) | 0.10 |');
    expect(solutionValues(labeled.problems[0]!, labeled.problems[0]!.problem.solutions[0]!).aggregates?.source).not.toBe('prm');
  });

  it('decide for a whole path, so the model gives no verdict on steps before or after a labeled one', () => {
    const document = scored(solution({}, { human: -1 }, {}), [[0.1, 0.9, 0.1]], { decides: 'labels' });
    expect(low(document)).toEqual([
      [undefined, undefined, false, false],
      [0, 'human', true, true],
      [undefined, undefined, false, false],
    ]);
  });

  it('leave the solutions without labels to the model', () => {
    const document = scored(sketch([{ question: 'q', solutions: [[{ text: 'a', values: { human: 1 } }], ['b']] }]), [[0.1, 0.2]], {
      decides: 'labels',
    });
    expect(low(document)).toEqual([
      [1, 'human', false, false],
      [0.2, 'prm', true, true],
    ]);
  });

  it('decide exactly on the paths that contain a label, in any tree', () => {
    const forest = fc.array(fc.tuple(fc.boolean(), fc.nat()), { minLength: 1, maxLength: 14 }).map((nodes) =>
      nodes.map(([labeled, parent], i) => ({
        labeled: labeled && i % 3 === 1,
        parent: i === 0 || parent % 4 === 0 ? undefined : parent % i,
      })),
    );
    fc.assert(
      fc.property(forest, (nodes) => {
        const base = sketch([{ question: 'q', solutions: [nodes.map((_, i) => `s${i}`)] }]);
        const [problem] = base.reasoning.problems;
        const steps = problem!.steps.map(({ parent: _, ...step }, i) => {
          const { labeled, parent } = nodes[i]!;
          return { ...step, ...(parent !== undefined && { parent }), values: labeled ? { human: 1 as const } : {} };
        });
        const reasoning = { ...base.reasoning, problems: [{ ...problem!, steps }] };
        const document = scored({ ...base, reasoning }, [nodes.map(() => 0.2)], { decides: 'labels' });
        const ancestors = (at: number): number[] => (nodes[at]!.parent === undefined ? [at] : [at, ...ancestors(nodes[at]!.parent)]);
        nodes.forEach((_, i) => {
          const onPath = nodes.some(({ labeled }, j) => labeled && (ancestors(i).includes(j) || ancestors(j).includes(i)));
          const { source } = document.problems[0]!.steps[i]!;
          expect(source).toBe(nodes[i]!.labeled ? 'human' : onPath ? undefined : 'prm');
        });
      }),
    );
  });
});
