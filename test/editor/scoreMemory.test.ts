import fc from 'fast-check';
import { expect, it } from 'vitest';
import { recallAll, ScoreMemory } from '../../server/editor/scoreMemory.js';
import type { Problem } from '../../server/reasoning/problem.js';
import { sketch } from '../language/fixture.js';

/** A score that depends on question and prefix only, as a model's does. */
function scoresOf(problem: Problem): Float64Array {
  const prefixes: string[] = [];
  for (const { parent, text } of problem.steps) prefixes.push(`${parent === undefined ? problem.question : prefixes[parent]}\n${text}`);
  return Float64Array.from(
    prefixes,
    (prefix) => ([...prefix].reduce((sum, c) => (sum * 31 + c.codePointAt(0)!) % 99_999_999_977, 7) + 1) / 99_999_999_978,
  );
}

const problems = fc.array(
  fc.record({
    question: fc.constantFrom('q', 'p'),
    solutions: fc.array(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 }), { maxLength: 3 }),
  }),
  { maxLength: 3 },
);

it('`ScoreMemory` recalls a score for every step with the same question and prefix, and for no other', () => {
  fc.assert(
    fc.property(problems, problems, (before, after) => {
      const old = sketch(before).reasoning.problems;
      const memory = new ScoreMemory(old.map((problem) => ({ problem, scored: { scores: scoresOf(problem), skipped: new Map() } })));
      const seen = new Set(old.flatMap((problem) => [...scoresOf(problem)]));
      for (const problem of sketch(after).reasoning.problems) {
        const truth = scoresOf(problem);
        const { scores, pending } = memory.recall(problem);
        for (const { index } of problem.steps) {
          expect(pending!.has(index)).toBe(!seen.has(truth[index]!));
          if (!pending!.has(index)) expect(scores[index]).toBe(truth[index]);
        }
      }
    }),
  );
});

it("`ScoreMemory` recalls a judge's value only for the same reference answer, and a model's for any", () => {
  const [problem] = sketch([{ question: 'q', solutions: [['a', 'b']] }]).reasoning.problems;
  const scored = { scores: Float64Array.of(0.9, 0.8), skipped: new Map<number, string>() };
  const pendingWith = (answer: string | undefined, source?: 'judge') => {
    const memory = new ScoreMemory([{ problem: { ...problem!, answer: '4' }, scored: { ...scored, ...(source && { source }) } }]);
    const { answer: _none, ...unanswered } = problem!;
    return memory.recall(answer === undefined ? unanswered : { ...problem!, answer }).pending!.size;
  };
  expect([pendingWith('4', 'judge'), pendingWith('5', 'judge'), pendingWith(undefined, 'judge')]).toEqual([0, 2, 2]);
  expect([pendingWith('4'), pendingWith('5'), pendingWith(undefined)]).toEqual([0, 0, 0]);
});

it('`ScoreMemory` recalls why a step has no score', () => {
  const [problem] = sketch([{ question: 'q', solutions: [['a']] }]).reasoning.problems;
  for (const outOfScope of [new Set<number>(), new Set([0])]) {
    const scored = { scores: Float64Array.of(NaN), skipped: new Map([[0, 'not this']]), outOfScope };
    const memory = new ScoreMemory([{ problem: problem!, scored }]);
    expect(memory.recall(problem!)).toMatchObject({ skipped: new Map([[0, 'not this']]), outOfScope, pending: new Set() });
  }
});

it('`recallAll` keeps the scores of problems around an edit, and recalls only right scores in edited ones', () => {
  fc.assert(
    fc.property(problems, problems, problems, problems, (head, removed, added, tail) => {
      const before = sketch([...head, ...removed, ...tail]).reasoning.problems;
      const after = sketch([...head, ...added, ...tail]).reasoning.problems;
      const scores = before.map((problem) => ({ scores: scoresOf(problem), skipped: new Map<number, string>() }));
      const recalled = recallAll(before, scores, after);
      head.forEach((_, at) => expect(recalled[at]).toBe(scores[at]));
      after.forEach((problem, at) => {
        const truth = scoresOf(problem);
        for (const { index } of problem.steps)
          if (!recalled[at]!.pending?.has(index)) expect(recalled[at]!.scores[index]).toBe(truth[index]);
      });
      const waiting = recalled.filter(({ pending }) => pending !== undefined && pending.size > 0);
      expect(waiting.length).toBeLessThanOrEqual(added.length);
    }),
  );
});
