import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { judgeSteps } from '../../scripts/miniature/problems/exactSteps.js';
import { generateProblem } from '../../scripts/miniature/problems/registry.js';
import { bestOfN } from '../../server/evaluation/bestOfN.js';
import { candidateSet, recordedScores } from '../../server/evaluation/evaluationInput.js';
import { readDocument } from '../../server/formats/registry.js';
import type { Problem } from '../../server/reasoning/problem.js';

const folder = new URL('../../media/samples/', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, folder), 'utf8');
const problemsOf = (file: string) => readDocument(read(file))!.problems;
const readme = read('README.md');
const rows = new Map(
  [...readme.matchAll(/^\| (`.+?) \| (.+) \|$/gm)].flatMap(([, files, what]) =>
    [...files!.matchAll(/`([^`]+)`/g)].map(([, file]) => [file!, what!] as const),
  ),
);
const ordinals = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh'];

/** Position of the first wrong step by the generator's exact rules, and its text. */
function firstError({ question, steps }: Problem, index: number): { at: number; text: string } {
  const generated = generateProblem(7, index);
  expect(generated.question).toBe(question);
  const { firstError: at } = judgeSteps(
    generated,
    steps.map(({ text }) => text),
  );
  return { at, text: steps[at]?.text ?? '' };
}

describe('the README of the sample workspace', () => {
  it('has a row for every file, and no row without one', () => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((file) => file.replaceAll('\\', '/'))
      .filter((file) => /\.\w+$/.test(file) && file !== 'README.md');
    expect(files.length).toBeGreaterThan(20);
    const patterns = [...rows.keys()].map((file) => new RegExp(`^${file.replaceAll('.', '\\.').replaceAll('*', '[^/]+')}$`));
    for (const file of files)
      expect(
        patterns.some((pattern) => pattern.test(file)),
        file,
      ).toBe(true);
    for (const pattern of patterns)
      expect(
        files.some((file) => pattern.test(file)),
        String(pattern),
      ).toBe(true);
  });

  it('names the wrong step of solutions/wrong.md and its equation', () => {
    const [, ordinal, equation] = /its (\w+) step says ([\d +\-*/=]+\d)/.exec(rows.get('solutions/wrong.md')!)!;
    const [problem] = problemsOf('solutions/wrong.md');
    const { at, text } = firstError(problem!, 21);
    expect(ordinals[at]).toBe(ordinal);
    expect(text).toContain(equation);
    expect(firstError(problemsOf('solutions/right.md')[0]!, 37).at).toBe(-1);
  });

  it('has the right counts of problems, candidates and benchmark solutions', () => {
    const numbers = (file: string) => [...rows.get(file)!.matchAll(/\d+/g)].map(Number);
    expect(problemsOf('problems.json')).toHaveLength(numbers('problems.json')[0]!);
    const candidates = problemsOf('candidates.json');
    expect(candidates.map(({ solutions }) => solutions.length)).toEqual(
      Array.from({ length: numbers('candidates.json')[1]! }, () => numbers('candidates.json')[0]),
    );
    expect(problemsOf('process-benchmark.jsonl').flatMap(({ solutions }) => solutions)).toHaveLength(
      numbers('process-benchmark.jsonl')[0]!,
    );
    for (const { images } of candidates) for (const image of images) expect(existsSync(new URL(image, folder)), image).toBe(true);
  });

  it('has the accuracy of each way to choose a candidate, and these differ by problem', () => {
    const sets = problemsOf('candidates.json').map((problem) => candidateSet(problem, recordedScores(problem), String(problem.index)));
    const { curves } = bestOfN(sets, 1);
    const at16 = (selection: 'pass' | 'random' | 'selfConsistency' | 'min') => Math.round(100 * curves[selection].at(-1)!.value);
    const told =
      /that is (\d+) % for the vote and (\d+) % for the PRM's lowest step score, against (\d+) % for one solution and (\d+) %/.exec(
        readme.replace(/\s+/g, ' '),
      )!;
    expect([at16('selfConsistency'), at16('min'), at16('random'), at16('pass')]).toEqual(told.slice(1).map(Number));
    // Each problem alone: whether the vote and the PRM choose a right answer, as the README says.
    const alone = sets.map((set) => {
      const { curves: own } = bestOfN([set], 1);
      return [own.selfConsistency.at(-1)!.value, own.min.at(-1)!.value];
    });
    expect(alone).toEqual([
      [1, 1],
      [0, 1],
      [0, 1],
      [1, 0],
      [0, 0],
    ]);
  });
});
