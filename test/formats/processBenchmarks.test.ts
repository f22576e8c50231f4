import { describe, expect, it } from 'vitest';
import type { JsonFormat } from '../../server/formats/format.js';
import { readAs } from '../../server/formats/jsonFile.js';
import { prmBench } from '../../server/formats/prmBench.js';
import { processBench } from '../../server/formats/processBench.js';
import { detectFormat } from '../../server/formats/registry.js';
import { visualProcessBench } from '../../server/formats/visualProcessBench.js';
import type { ReasoningDocument } from '../../server/reasoning/problem.js';

const visual = {
  image: ['images/a.png', 'images/b.png'],
  question: 'Which is it?',
  answer: 'A',
  response: { steps: ['Look at \u{1F600} it.', 'It is "B".\n\nSo B.', 'Done.'], process_correctness: [0, -1, 1] },
  policy_model: 'P1',
  data_source: 'WeMath',
};
const process = {
  id: 'gsm8k-12',
  generator: 'Qwen',
  problem: '1 + 1?',
  steps: ['One.', 'Two is three.', 'Answer 2.'],
  final_answer_correct: true,
  label: 1,
};
const prm = {
  original_question: 'q?',
  modified_question: 'q, changed?',
  original_process: ['1. a', '2. b'],
  modified_process: ['1. a', '2. c', '3. d'],
  modified_steps: [2],
  error_steps: [2],
  idx: 'prm_test_p1_0',
  question: 'q?',
  classification: 'circular',
};
const all: [JsonFormat, object][] = [
  [visualProcessBench, visual],
  [processBench, process],
  [prmBench, prm],
];

const humans = (document: ReasoningDocument) => document.problems[0]!.steps.map((step) => step.values.human);
const codes = (document: ReasoningDocument) => document.faults.map((fault) => fault.code);

describe.each(all)('$title', (format, record) => {
  it('is recognized by its content, whole or cut off, as an array and as JSON Lines', () => {
    const text = JSON.stringify(record);
    expect(detectFormat(text)).toBe(format);
    expect(detectFormat(text.slice(0, text.length - 30))).toBe(format);
    expect(detectFormat(`[\n${text},\n${text}]`)).toBe(format);
    expect(detectFormat(`${text}\n${text}\n`)).toBe(format);
  });

  it('is read with the exact span of every step', () => {
    const text = `${JSON.stringify(record)}\r\n${JSON.stringify(record, undefined, 1).replace(/\n/g, ' ')}\n`;
    const document = readAs(format, text);
    expect(document.faults).toEqual([]);
    expect(document.problems).toHaveLength(2);
    for (const problem of document.problems) {
      for (const step of problem.steps) expect(JSON.parse(`"${text.slice(step.span.start, step.span.end)}"`)).toBe(step.text);
      expect(problem.solutions).toHaveLength(1);
    }
  });

  it('is read without exceptions when it is broken', () => {
    for (const broken of ['{', JSON.stringify(record).slice(0, 60), JSON.stringify(record).replace(/\[/g, '3,"x":['), '[1, null]']) {
      expect(() => readAs(format, broken)).not.toThrow();
    }
  });
});

describe('the readers of the process benchmarks', () => {
  it('read right, neutral and wrong labels of VisualProcessBench, also after the first error', () => {
    const document = readAs(visualProcessBench, JSON.stringify(visual));
    expect(humans(document)).toEqual([0, -1, 1]);
    expect(document.problems[0]).toMatchObject({
      question: 'Which is it?',
      answer: 'A',
      images: visual.image,
      source: 'WeMath',
      solutions: [{ model: 'P1' }],
    });
  });

  it('label ProcessBench steps as right before the first error and unknown after it, and all as right for -1', () => {
    expect(humans(readAs(processBench, JSON.stringify(process)))).toEqual([1, -1, undefined]);
    expect(humans(readAs(processBench, JSON.stringify({ ...process, label: -1 })))).toEqual([1, 1, 1]);
    expect(readAs(processBench, JSON.stringify(process)).problems[0]).toMatchObject({
      id: 'gsm8k-12',
      source: 'gsm8k',
      question: '1 + 1?',
      solutions: [{ model: 'Qwen', correct: true }],
    });
  });

  it('count the errors of PRMBench from 1, in the modified solution', () => {
    const document = readAs(prmBench, JSON.stringify(prm));
    expect(humans(document)).toEqual([1, -1, 1]);
    expect(document.problems[0]).toMatchObject({ id: 'prm_test_p1_0', source: 'circular', question: 'q, changed?' });
  });

  it('read the scores that a PRM has recorded in the file', () => {
    const document = readAs(processBench, JSON.stringify({ ...process, prm_scores: [0.9, 0.1, 0.4] }));
    expect(document.problems[0]!.steps.map((step) => step.values.recordedPrm)).toEqual([0.9, 0.1, 0.4]);
  });

  it('report an index without a step, a wrong count, a missing key and a wrong type, and read the rest', () => {
    const outside = readAs(processBench, JSON.stringify({ ...process, label: 3 }));
    expect(codes(outside)).toEqual(['out-of-range']);
    expect(humans(outside)).toEqual([undefined, undefined, undefined]);
    const prmOutside = readAs(prmBench, JSON.stringify({ ...prm, error_steps: [2, 34] }));
    expect(codes(prmOutside)).toEqual(['out-of-range']);
    expect(humans(prmOutside)).toEqual([1, -1, 1]);
    const short = readAs(visualProcessBench, JSON.stringify({ ...visual, response: { ...visual.response, process_correctness: [1, 2] } }));
    expect(codes(short).sort()).toEqual(['count-mismatch', 'out-of-range']);
    expect(humans(short)).toEqual([1, undefined, undefined]);
    expect(codes(readAs(visualProcessBench, JSON.stringify({ ...visual, response: { steps: ['a'] } })))).toEqual(['missing-key']);
    expect(codes(readAs(processBench, JSON.stringify({ ...process, label: 'no' })))).toEqual(['wrong-type']);
  });
});
