import { describe, expect, it } from 'vitest';
import { Draw } from '../../scripts/miniature/problems/draw.js';
import { judgeSteps } from '../../scripts/miniature/problems/exactSteps.js';
import { figurePixels } from '../../scripts/miniature/problems/figurePixels.js';
import { figureSvg, figureText } from '../../scripts/miniature/problems/figureSvg.js';
import { generateSolution } from '../../scripts/miniature/problems/labeled.js';
import { slips } from '../../scripts/miniature/problems/mistakes.js';
import type { GeneratedProblem } from '../../scripts/miniature/problems/problem.js';
import { generateProblem, kinds } from '../../scripts/miniature/problems/registry.js';
import { begin, solve } from '../../scripts/miniature/problems/solver.js';
import { finalAnswer } from '../../server/reasoning/finalAnswer.js';
import { createRandom } from '../../server/reasoning/random.js';

const COUNT = 1800;
const solutions = Array.from({ length: COUNT }, (_, i) => generateSolution(11, i));

/** Every `a + b = c` in a text. */
function equations(text: string): { a: number; operation: string; b: number; result: number }[] {
  return [...text.matchAll(/(\d+) ([-+*/]) (\d+) = (\d+)/g)].map(([, a, operation, b, result]) => ({
    a: Number(a),
    operation: operation!,
    b: Number(b),
    result: Number(result),
  }));
}

const holds = ({ a, operation, b, result }: ReturnType<typeof equations>[number]): boolean =>
  (operation === '+' ? a + b : operation === '-' ? a - b : operation === '*' ? a * b : a / b) === result;

describe('generated problems', () => {
  it('are the same for the same seed and different for another seed', () => {
    for (const index of [0, 5, 17, 400]) {
      expect(generateProblem(3, index)).toEqual(generateProblem(3, index));
      expect(generateSolution(3, index)).toEqual(generateSolution(3, index));
    }
    expect(generateProblem(3, 5).question).not.toBe(generateProblem(4, 5).question);
  });

  it('have at least 12 kinds, 2 to 6 steps, and whole answers above zero', () => {
    const problems = solutions.map((solution) => solution.problem);
    expect(new Set(problems.map((problem) => problem.kind)).size).toBe(kinds.length);
    expect(kinds.length).toBeGreaterThanOrEqual(12);
    for (const problem of problems) {
      expect(problem.steps.length).toBeGreaterThanOrEqual(2);
      expect(problem.steps.length).toBeLessThanOrEqual(6);
      expect(Number.isInteger(problem.answer) && problem.answer > 0 && problem.answer < 3000, problem.question).toBe(true);
      problem.givens.forEach((given, i) => {
        const told = problem.inFigure[i] ? figureText(problem.figure!) : problem.question;
        if (!(problem.inFigure[i] && problem.figure?.shape === 'table'))
          expect(told).toMatch(new RegExp(`(^|\\D)${given}(\\D|$)|\\bhalf\\b`));
      });
    }
  });

  it('have needed numbers only in a figure in 45 % to 55 % of the problems', () => {
    const needed = ({ steps, inFigure }: GeneratedProblem): boolean =>
      steps.some(({ left, apply }) => [left, apply?.right].some((operand) => operand?.from === 'given' && inFigure[operand.index]));
    const share = solutions.filter(({ problem }) => needed(problem)).length / COUNT;
    expect(share).toBeGreaterThan(0.45);
    expect(share).toBeLessThan(0.55);
    for (const { problem } of solutions.slice(0, 300)) {
      problem.givens.forEach((given, i) => {
        if (problem.inFigure[i] && given > 20) expect(problem.question, `${given}`).not.toMatch(new RegExp(`(^|\\D)${given}(\\D|$)`));
      });
    }
  });

  it('draw figures that still differ at a third of their width and height', async () => {
    const figures = solutions.flatMap(({ problem }) => problem.figure ?? []).slice(0, 27);
    const seen = new Map<string, string>();
    for (const figure of figures) {
      const pixels = await figurePixels(figure);
      expect(pixels).toHaveLength(80 * 128);
      expect(Math.min(...pixels)).toBeLessThan(100);
      const key = Buffer.from(pixels).toString('base64');
      expect(seen.get(key) ?? figureText(figure)).toBe(figureText(figure));
      seen.set(key, figureText(figure));
    }
    expect(seen.size).toBeGreaterThan(24);
  });

  it('have a glyph for every character in their figures', () => {
    const figures = solutions.slice(0, 900).flatMap(({ problem }) => problem.figure ?? []);
    expect(figures.length).toBeGreaterThan(0);
    for (const figure of figures) expect(figureSvg(figure)).toMatch(/^<svg[^]*<\/svg>\s*$/);
  });
});

describe('exact verdicts on the steps of a solution', () => {
  it('find the planted first error, and none in right solutions', () => {
    let missed = 0;
    for (const { problem, steps, firstError, mistake } of solutions.slice(0, 900)) {
      const verdict = judgeSteps(problem, steps);
      const told = `${problem.question}\n${steps.join('\n')}`;
      expect(verdict.solved, told).toBe(firstError < 0);
      if (firstError < 0) expect(verdict.firstError, told).toBe(-1);
      // The solver reports a skipped step where its result is missing, the verdict at the step's own position.
      else expect(verdict.firstError, told).toBeLessThanOrEqual(firstError);
      if (verdict.firstError !== firstError && mistake !== 'skip') missed++;
      else if (mistake === 'operation') expect(verdict.error).toBe('operation');
      else if (mistake === 'copy') expect(verdict.error).toBe('answer');
    }
    expect(missed / 900).toBeLessThan(0.01);
  });

  it('distinguish a number misread in the figure from one misread in the question', () => {
    const misread = solutions.filter((solution) => solution.mistake === 'misread');
    const errors = misread.map(({ problem, steps }) => judgeSteps(problem, steps).error);
    expect(errors.filter((error) => error === 'figure').length).toBeGreaterThan(20);
    expect(errors.filter((error) => error === 'question').length).toBeGreaterThan(20);
    expect(errors.every((error) => error === 'figure' || error === 'question')).toBe(true);
  });

  it('treat other words as wrong, an unfinished solution as unsolved, and a swapped sum as right', () => {
    const problem = generateProblem(5, 0);
    const draw = new Draw(createRandom(5, 'right'));
    const steps = solve(problem, begin(draw), draw, { mistakeRate: 0 }).map((step) => step.text);
    expect(judgeSteps(problem, steps.slice(0, 2))).toEqual({ firstError: -1, solved: false });
    expect(judgeSteps(problem, ['Let me think.', ...steps])).toMatchObject({ firstError: 0, error: 'form' });
    const swapped = steps.map((step) => step.replace(/(\d+) \+ (\d+) =/, '$2 + $1 ='));
    expect(swapped).not.toEqual(steps);
    expect(judgeSteps(problem, swapped)).toEqual({ firstError: -1, solved: true });
  });
});

describe('labeled solutions', () => {
  it('are right in every equation and in the answer when labeled right', () => {
    const right = solutions.filter((solution) => solution.firstError < 0);
    expect(right.length).toBeGreaterThan(COUNT / 5);
    for (const { problem, steps } of right) {
      for (const equation of equations(steps.join('\n'))) expect(holds(equation), steps.join('\n')).toBe(true);
      expect(finalAnswer(steps.at(-1)!)).toBe(String(problem.answer));
    }
  });

  it('have only right equations and known numbers before the first error', () => {
    for (const { problem, steps, firstError } of solutions.slice(0, 300).filter((solution) => solution.firstError > 0)) {
      const numbers = equations(steps.slice(0, firstError).join('\n'));
      for (const equation of numbers) expect(holds(equation), steps.join('\n')).toBe(true);
      const known = new Set([...problem.givens, ...problem.results, 2, 3, 4, 5, 180]);
      for (const { a, b, result } of numbers) expect(known.has(a) && known.has(b) && known.has(result), steps.join('\n')).toBe(true);
    }
  });

  it('name the mistake of the first error', () => {
    for (const { mistake } of solutions.filter((solution) => solution.firstError >= 0)) expect(mistake).toBeDefined();
    for (const mistake of ['slip', 'operand', 'operation', 'misread', 'skip', 'copy']) {
      expect(solutions.filter((solution) => solution.mistake === mistake).length, mistake).toBeGreaterThan(20);
    }
  });

  it('end with the right answer in under 3 % of cases when they are wrong', () => {
    const wrong = solutions.filter((solution) => solution.firstError >= 0);
    const lucky = wrong.filter(({ problem, steps }) => finalAnswer(steps.at(-1)!) === String(problem.answer));
    expect(lucky.length / wrong.length).toBeLessThan(0.03);
  });
});

describe('the solver', () => {
  it('makes no mistake at rate 0, and resumes from any step to the same answer', () => {
    for (let index = 0; index < 60; index++) {
      const problem = generateProblem(5, index);
      const draw = new Draw(createRandom(5, String(index)));
      const whole = solve(problem, begin(draw), draw, { mistakeRate: 0 });
      expect(whole.every((step) => step.right)).toBe(true);
      for (const { after } of whole) {
        const rest = solve(problem, after, draw, { mistakeRate: 0 });
        const last = rest.at(-1) ?? whole.at(-1)!;
        expect(finalAnswer(last.text)).toBe(String(problem.answer));
      }
    }
  });

  it('never recovers once it is wrong', () => {
    for (const { problem } of solutions.slice(0, 200)) {
      const draw = new Draw(createRandom(9, problem.question));
      const rights = solve(problem, begin(draw), draw, { mistakeRate: 0.5 }).map((step) => step.right);
      expect(rights).toEqual([...rights].sort((a, b) => Number(b) - Number(a)));
    }
  });

  it('slips to another positive number', () => {
    for (const value of [1, 9, 10, 11, 47, 100, 180]) {
      expect(slips(value)).not.toContain(value);
      for (const slip of slips(value)) expect(slip).toBeGreaterThan(0);
    }
  });
});
