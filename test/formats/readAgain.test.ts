import { describe, expect, it } from 'vitest';
import { readAgain } from '../../server/formats/readAgain.js';
import { readDocument } from '../../server/formats/registry.js';

describe('incremental reading after an edit (`readAgain`)', () => {
  it('reuses the problems before the edit, and shifts the spans after it', () => {
    const record = (n: number) => ({
      question: `Question ${n}`,
      solutions_splits: [[`Step ${n}.`, 'Then more.'], ['Another.']],
      labels: [1, 0],
    });
    const text = JSON.stringify([record(1), record(2), record(3)], null, 2);
    const before = readDocument(text, 'json')!;
    const read = readAgain(before, text, text.replace('Step 2.', 'Step 2 is longer.'))!;
    expect(read.problems[0]).toBe(before.problems[0]);
    expect(read.problems[1]!.steps[0]!.text).toBe('Step 2 is longer.');
    expect(read.problems[2]!.steps.map((step) => step.span.start)).toEqual(before.problems[2]!.steps.map((step) => step.span.start + 10));
  });
});
