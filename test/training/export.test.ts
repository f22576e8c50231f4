import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAs } from '../../server/formats/jsonFile.js';
import { mmPrmAnnotation } from '../../server/formats/mmPrmAnnotation.js';
import { mmPrmTree } from '../../server/formats/mmPrmTree.js';
import { visualPrmConversations } from '../../server/formats/visualPrmConversations.js';
import { visualPrmRaw } from '../../server/formats/visualPrmRaw.js';
import type { Problem } from '../../server/reasoning/problem.js';
import { SAMPLE_CHOICES } from '../../server/training/choices/registry.js';
import { explainPath } from '../../server/training/explainPath.js';
import { EXPORT_FORMATS, type ExportFormat, exportProblems } from '../../server/training/exportFormat.js';
import { selectSamples } from '../../server/training/selection.js';

interface Node {
  readonly partial_solution?: string[];
  readonly mc_value: number;
  readonly children: Node[];
}

const format = (id: string): ExportFormat => EXPORT_FORMATS.find((one) => one.id === id)!;
const [mmPrm, visualPrm, trl, qwen] = ['mm-prm', 'visualprm', 'trl', 'qwen'].map(format) as [
  ExportFormat,
  ExportFormat,
  ExportFormat,
  ExportFormat,
];
const long = 'one two three four five six seven eight nine ten eleven';

function node(text: string | string[], mc: number, ...children: Node[]): Node {
  return { partial_solution: typeof text === 'string' ? [text] : text, mc_value: mc, children };
}

function tree(mc: number, ...children: Node[]): Problem {
  const text = JSON.stringify({
    question: 'How many?',
    answer: '4',
    image_path: 'a.png',
    mc_value: mc,
    visit_count: 1,
    correct_rollouts: [],
    incorrect_rollouts: [],
    children,
  });
  return readAs(mmPrmTree, text).problems[0]!;
}

/** `data_pipeline/traverse.py`, line by line, without its random choices: negatives, then all positives. */
function traverse(root: Node & { mc_value: number }): { process: string; labels: number[]; negative: boolean }[] {
  if (root.mc_value === 0 || root.mc_value === 1) return [];
  const found: Record<'negative' | 'positive', Map<string, number[]>> = { negative: new Map(), positive: new Map() };
  const dfs = (at: Node, prefix: string, labels: number[]): void => {
    const process = `${prefix}${at.partial_solution!.map((step) => step.trim()).join('\n\n')}<prm>\n\n`;
    const all = [...labels, at.mc_value];
    const keep = (kind: 'negative' | 'positive'): void => {
      if (process.split(' ').length > 10 && !found[kind].has(process.trim())) found[kind].set(process.trim(), all);
    };
    if (at.mc_value <= 0) return keep('negative');
    if (at.children.length === 0) return keep('positive');
    for (const child of at.children) dfs(child, process, all);
  };
  for (const child of root.children) dfs(child, '', []);
  return (['negative', 'positive'] as const).flatMap((kind) =>
    [...found[kind]].map(([process, labels]) => ({ process, labels, negative: kind === 'negative' })),
  );
}

describe('MM-PRM annotations', () => {
  const words = fc.array(fc.constantFrom('a', 'bb', 'c d', long, 'x\n y'), { minLength: 1, maxLength: 2 });
  const { tree: anyNode } = fc.letrec<{ tree: Node }>((tie) => ({
    tree: fc.record({
      partial_solution: words,
      mc_value: fc.constantFrom(0, 0, 0.25, 0.5, 1),
      children: fc.oneof({ depthSize: 'small' }, fc.constant([] as Node[]), fc.array(tie('tree'), { maxLength: 3 })),
    }),
  }));

  it('are the paths that traverse.py selects: all negatives, and at most as many positives', () => {
    fc.assert(
      fc.property(fc.array(anyNode, { maxLength: 4 }), fc.constantFrom(0, 0.5, 1), (children, mc) => {
        const problem = tree(mc, ...children);
        const reference = traverse({ mc_value: mc, children });
        const { samples, outcomes } = selectSamples(problem, mmPrm.rules, 1);
        const written = samples.map((sample) => ({
          process: sample.pieces.map((piece) => `${piece.text}<prm>`).join('\n\n'),
          labels: [...sample.values],
          negative: sample.hasError,
        }));
        const negatives = reference.filter(({ negative }) => negative);
        const positives = reference.filter(({ negative }) => !negative);
        expect(written.filter(({ negative }) => negative)).toEqual(negatives);
        const drawn = written.filter(({ negative }) => !negative);
        expect(drawn).toHaveLength(Math.min(positives.length, negatives.length));
        for (const one of drawn) expect(positives).toContainEqual(one);
        expect(outcomes.filter(({ sample }) => sample !== undefined)).toHaveLength(samples.length);
        expect(outcomes.filter(({ exclusion }) => exclusion !== undefined)).toHaveLength(outcomes.length - samples.length);
      }),
      { numRuns: 150 },
    );
  });

  const problem = tree(
    0.5,
    node([long, 'and more'], 0.75, node('this goes wrong', 0, node('never reached', 0), node('nor this', 1)), node('right', 1)),
    node('too short', 0),
    node(`${long} again`, 1),
    node(`${long} again`, 1),
    node(`${long} still`, 1),
  );

  it('count every left-out path by its reason', () => {
    const result = exportProblems([problem, tree(1, node(long, 1)), tree(0, node(long, 0))], mmPrm, { seed: 1 });
    expect(result.excluded).toEqual({ 'too-short': 1, duplicate: 1, 'balanced-away': 2, 'root-all-right': 1, 'root-all-wrong': 1 });
    expect(result).toMatchObject({ paths: 8, samplesWithError: 1 });
    expect(result.records).toHaveLength(2);
  });

  it('are read back without faults by the reader of their format', () => {
    const { records } = exportProblems([problem], mmPrm, { seed: 1 });
    const read = readAs(mmPrmAnnotation, records.map((record) => JSON.stringify(record)).join('\n'));
    expect(read.faults).toEqual([]);
    expect(read.problems[0]).toMatchObject({ question: 'How many?', images: ['a.png'] });
    expect(read.problems[0]!.steps.map((step) => [step.text, step.values.mc?.value])).toEqual([
      [`${long}\n\nand more`, 0.75],
      ['this goes wrong', 0],
    ]);
  });

  it('draw the same samples for the same seed, whatever else is exported, and others for another seed', () => {
    const many = tree(
      0.5,
      ...Array.from({ length: 5 }, (_, i) => node(`${long} wrong ${i}`, 0)),
      ...Array.from({ length: 30 }, (_, i) => node(`${long} right ${i}`, 1)),
    );
    const lines = (problems: Problem[], seed: number) =>
      exportProblems(problems, mmPrm, { seed }).records.map((record) => JSON.stringify({ ...record, id: 0 }));
    expect(lines([many], 1)).toEqual(lines([many], 1));
    expect(lines([problem, many], 1).slice(2)).toEqual(lines([many], 1));
    expect(lines([many], 2)).not.toEqual(lines([many], 1));
  });

  it('explain for every node why it is in the set or not', () => {
    const explain = (id: number) => explainPath(problem, id, mmPrm, { seed: 1 }).sentence;
    expect(explain(0)).toContain('no step to label');
    expect(explain(1)).toMatch(/^In the set as the beginning of \d samples?: 2 paths continue/);
    expect(explain(2)).toBe('In the set, as a sample with an error.');
    expect(explain(3)).toBe('In the set, up to node 2 of the path, whose value is not above 0, as a sample with an error.');
    expect(explain(6)).toContain('too short');
    expect(explain(8)).toContain('another path gives the same text');
    const positives = [5, 7, 9].map((id) => explainPath(problem, id, mmPrm, { seed: 1 }));
    expect(positives.filter(({ included }) => included)).toHaveLength(1);
    expect(positives.filter(({ exclusion }) => exclusion === 'balanced-away')).toHaveLength(2);
    expect(explainPath(tree(1, node(long, 1)), 1, mmPrm, { seed: 1 }).exclusion).toBe('root-all-right');
  });
});

describe('Monte-Carlo labels', () => {
  const raw = (...scores: [number, number, number][]): Problem =>
    readAs(
      visualPrmRaw,
      JSON.stringify({
        image: ['a.png'],
        question: 'How many?',
        answer: '4',
        steps_with_score: scores.map(([score, correct, total], i) => ({
          step: `${long} ${i}`,
          score,
          num_mc_correct: correct,
          num_mc_total: total,
        })),
      }),
    ).problems[0]!;
  const stopped = raw([0.5, 8, 16], [0, 0, 16], [0, 0, 0]);
  const full = raw([1, 16, 16], [0.25, 4, 16], [0, 0, 16], [0.125, 2, 16]);

  it('give MM-PRM paths that end at the first error, so unsampled steps after it do not matter', () => {
    const { records, excluded } = exportProblems([stopped], mmPrm, { seed: 1 });
    expect(records[0]).toMatchObject({ conversations: [{}, { value: [0.5, 0] }] });
    expect(excluded).toEqual({});
  });

  it('give VisualPRM readable turns, and leave a path with an unsampled step out instead of calling it wrong', () => {
    const unknown = raw([1, 16, 16], [0, 0, 0], [0, 0, 16]);
    const { records, excluded } = exportProblems([unknown, full], visualPrm, { seed: 1 });
    expect(excluded).toEqual({ 'missing-value': 1 });
    const read = readAs(visualPrmConversations, JSON.stringify(records[0]));
    expect(read.faults).toEqual([]);
    expect(read.problems[0]).toMatchObject({ question: 'How many?', images: ['a.png'] });
    expect(read.problems[0]!.steps.map((step) => step.values.mc?.value)).toEqual([1, 1, 0, 1]);
    expect(explainPath(unknown, 2, visualPrm, { seed: 1 })).toMatchObject({ included: false, exclusion: 'missing-value' });
  });

  it('give every trainer format the steps up to the first error after an early stop', () => {
    for (const one of EXPORT_FORMATS.filter(({ rules }) => !rules.peopleOnly)) {
      const { records, excluded, samplesWithError } = exportProblems([stopped], one, { seed: 1 });
      expect([one.id, records.length, samplesWithError, excluded]).toEqual([one.id, 1, 1, {}]);
      const text = JSON.stringify(records[0]);
      expect([one.id, text.includes(`${long} 1`), text.includes(`${long} 2`)]).toEqual([one.id, true, false]);
    }
    const { included, sentence } = explainPath(stopped, 2, trl, { seed: 1 });
    expect([included, sentence]).toEqual([
      true,
      'In the set, up to step 2 of the path, whose value is not above 0, as a sample with an error.',
    ]);
  });

  it('have an empty image for text problems, as in the reference', () => {
    const text = { ...full, images: [] };
    const error = { ...stopped, images: [] };
    expect(exportProblems([error], mmPrm, { seed: 1 }).records[0]).toMatchObject({ image: '' });
    const [record] = exportProblems([text], visualPrm, { seed: 1 }).records;
    expect(record).toMatchObject({ image: '' });
    for (const [format, written] of [
      [visualPrmConversations, record],
      [mmPrmAnnotation, exportProblems([error], mmPrm, { seed: 1 }).records[0]],
    ] as const)
      expect(readAs(format, JSON.stringify(written))).toMatchObject({ faults: [], problems: [{ images: [] }] });
  });

  const right = (i: number): Problem => ({
    ...raw([1, 16, 16], [0.5, 8, 16]),
    id: `r${i}`,
    steps: raw([1, 16, 16], [0.5, 8, 16]).steps.map((step) => ({ ...step, text: `${step.text} of ${i}` })),
  });
  const wrong = (i: number): Problem => ({
    ...stopped,
    id: `w${i}`,
    steps: stopped.steps.map((step) => ({ ...step, text: `${step.text} of ${i}` })),
  });

  it('are balanced across the solutions of a problem, each of which is a separate record', () => {
    const { samplesWithError, records, excluded } = exportProblems([right(1), wrong(1), right(2), wrong(2), right(3)], mmPrm, { seed: 1 });
    expect([records.length, samplesWithError, excluded]).toEqual([4, 2, { 'balanced-away': 1 }]);
    // A problem without a wrong solution is removed completely, as in the reference.
    const other = { ...right(4), question: 'Another?' };
    expect(exportProblems([wrong(1), other, right(1)], mmPrm, { seed: 1 }).records).toHaveLength(1);
    const group = [right(1), wrong(1)];
    expect(explainPath(group[0]!, 1, mmPrm, { seed: 1 }).exclusion).toBe('balanced-away');
    expect(explainPath(group[0]!, 1, mmPrm, { seed: 1 }, group)).toMatchObject({ included: true });
  });

  it('have no duplicates of the same question and solution', () => {
    const other = { ...right(1), question: 'Another?' };
    const { records, excluded } = exportProblems([right(1), right(1), wrong(1), other, right(1)], trl, { seed: 1 });
    expect([records.length, excluded]).toEqual([3, { duplicate: 2 }]);
  });

  it('leave out problems that are too hard, too easy or held out for an evaluation', () => {
    const named = (question: string, ...problems: Problem[]): Problem[] => problems.map((one) => ({ ...one, question }));
    const problems = [
      ...named('easy', right(1), right(2)),
      ...named('mixed', right(1), wrong(2)),
      ...named('hard', wrong(1), wrong(2)),
      ...named('tested', right(1), wrong(2)),
    ];
    const { records, excluded } = exportProblems(problems, trl, {
      seed: 1,
      difficulty: { least: 0.1, most: 0.9 },
      heldOut: new Set(['tested']),
    });
    expect(records.map((record) => (record as { prompt: string }).prompt)).toEqual(['mixed', 'mixed']);
    expect(excluded).toEqual({ 'too-easy': 2, 'too-hard': 2, 'held-out': 2 });
  });

  it('have the number of right and of all rollouts beside each value when counts are requested', () => {
    expect(exportProblems([stopped], qwen, { seed: 1, counts: true }).records[0]).toMatchObject({
      labels: [1, 0],
      correct: [8, 0],
      total: [16, 16],
    });
    expect(exportProblems([stopped], qwen, { seed: 1 }).records[0]).not.toHaveProperty('total');
  });

  describe('selected by a further rule', () => {
    const judged = (problem: Problem, ...judge: number[]): Problem => ({
      ...problem,
      steps: problem.steps.map((step, i) => ({ ...step, values: { ...step.values, ...(judge[i] !== undefined && { judge: judge[i] }) } })),
    });
    const chosen = (id: string, parameter?: number) => {
      const choice = SAMPLE_CHOICES.find((one) => one.id === id)!;
      return { seed: 1, choices: [{ choice, parameter: parameter ?? choice.parameter?.usual ?? 0 }] };
    };

    it('are those on which rollouts and a judge agree, with "consensus"', () => {
      const problems = [
        judged(wrong(1), 0.9, 0.1),
        judged(wrong(2), 0.1, 0.1),
        judged(wrong(3), 0.9, 0.9),
        judged(right(1), 0.9, 0.8),
        judged(right(2), 0.9, 0.2),
        wrong(4),
      ];
      const { records, excluded } = exportProblems(problems, qwen, chosen('consensus'));
      expect(records.map((record) => (record as { labels: number[] }).labels)).toEqual([
        [1, 0],
        [1, 1],
      ]);
      expect(excluded).toEqual({ 'no-consensus': 3, 'not-judged': 1 });
    });

    it('leave out solutions without an error of problems that the policy rarely solves, with "self-confidence"', () => {
      const problems = [
        ...[right(1), wrong(1), wrong(2)].map((one) => ({ ...one, question: 'hard' })),
        ...[right(1), right(2), wrong(3)].map((one) => ({ ...one, question: 'easy' })),
      ];
      const { records, excluded } = exportProblems(problems, trl, chosen('self-confidence'));
      expect(records).toHaveLength(5);
      expect(excluded).toEqual({ 'low-confidence': 1 });
      expect(exportProblems(problems, trl, chosen('self-confidence', 0.9)).records).toHaveLength(3);
    });

    it('are the requested share with the highest scores, in file order, with "balanced-information"', () => {
      // Half right with certain values, half right with uncertain values, all right, all wrong.
      const sure = { ...raw([1, 16, 16], [0, 0, 16]), question: 'sure' };
      const unsure = { ...raw([0.125, 2, 16], [0, 0, 16]), question: 'unsure' };
      const allRight = { ...raw([1, 16, 16], [1, 16, 16]), question: 'right' };
      const allWrong = { ...raw([0, 0, 16], [0, 0, 16]), question: 'wrong' };
      const prompts = (share: number) =>
        exportProblems([allWrong, allRight, unsure, sure], trl, chosen('balanced-information', share)).records.map(
          (record) => (record as { prompt: string }).prompt,
        );
      expect(prompts(0.25)).toEqual(['sure']);
      // The order of the file is kept.
      expect(prompts(0.5)).toEqual(['right', 'sure']);
      expect(prompts(1)).toHaveLength(4);
      // (p (1 - p) + α) R of the authors' script.
      const bis = SAMPLE_CHOICES.find(({ id }) => id === 'balanced-information')!;
      const sample = selectSamples(unsure, trl.rules, 1).samples[0]!;
      expect(bis.score!(sample, 0.25)).toBeCloseTo((0.25 + 0.05) * 0.125, 12);
      expect(bis.score!(sample, 0.1)).toBeCloseTo((0.25 + 0.2) * 0.125, 12);
      const equal = Array.from({ length: 10 }, (_, i) => ({ ...sure, question: `q${i}` }));
      expect(exportProblems(equal, trl, chosen('balanced-information', 0.3))).toMatchObject({
        records: { length: 3 },
        excluded: { 'less-informative': 7 },
      });
    });
  });

  it('are right only above the requested threshold', () => {
    const labels = (threshold: number) => (exportProblems([full], trl, { seed: 1, threshold }).records[0] as { labels: boolean[] }).labels;
    expect(labels(0)).toEqual([true, true, false, true]);
    expect(labels(0.25)).toEqual([true, false, false, false]);
  });

  it('give TRL lists of texts and booleans with the same length', () => {
    expect(exportProblems([full], trl, { seed: 1 }).records).toEqual([
      { prompt: 'How many?', completions: [0, 1, 2, 3].map((i) => `${long} ${i}`), labels: [true, true, false, true], images: ['a.png'] },
    ]);
  });

  it('give Qwen hard labels up to the first wrong step, with one marker for each label', () => {
    const record = exportProblems([full], qwen, { seed: 1 }).records[0] as { messages: { content: string }[]; labels: number[] };
    expect(record.labels).toEqual([1, 1, 0]);
    expect(record.messages[2]!.content.split('<extra_0>')).toHaveLength(4);
  });

  it('give no records when no step has a label', () => {
    const unlabeled = { ...full, steps: full.steps.map((step) => ({ ...step, values: { prm: 0.5 } })) };
    for (const one of EXPORT_FORMATS)
      expect(exportProblems([unlabeled], one, { seed: 1 })).toMatchObject({ records: [], excluded: { 'missing-value': 1 } });
  });
});
