import { createRandom } from '../../server/reasoning/random.js';
import { Draw } from '../models/mini/problems/draw.js';
import { generateProblem } from '../models/mini/problems/registry.js';
import { begin, solve, type SolvedStep } from '../models/mini/problems/solver.js';

interface Written {
  readonly path: string;
  readonly text: string;
}

/** Solutions as people keep them in Markdown: marked by `Step n:`, by blank lines, and with formulas and code. */
export function writtenSolutions(seed: number): Written[] {
  return [right(seed), wrong(seed), formulas()];
}

/** Attempts of the solver until one is as wanted; the attempts are seeded, so always the same one is found. */
function attempt(seed: number, index: number, wanted: (steps: readonly SolvedStep[]) => boolean): { question: string; steps: string[] } {
  const problem = generateProblem(seed, index);
  const draw = new Draw(createRandom(seed, `written ${index}`));
  for (;;) {
    const solved = solve(problem, begin(draw), draw, { mistakeRate: 0.3 });
    if (wanted(solved)) return { question: problem.question, steps: solved.map((step) => step.text) };
  }
}

function right(seed: number): Written {
  const { question, steps } = attempt(seed, 6, (solved) => solved.length >= 4 && solved.every((step) => step.right));
  const numbered = steps.map((step, i) => `Step ${i + 1}: ${step}`).join('\n\n');
  return { path: 'solutions/right.md', text: `# Problem\n\n${question}\n\n## Solution\n\n${numbered}\n` };
}

/** Goes wrong in its second step, in the arithmetic, and carries the wrong number on. */
function wrong(seed: number): Written {
  const { question, steps } = attempt(seed, 0, (solved) => solved.length >= 4 && solved[1]!.mistake === 'slip');
  return { path: 'solutions/wrong.md', text: `# Problem\n\n${question}\n\n## Solution\n\n${steps.join('\n\n')}\n` };
}

/** Written by hand: what must not be split. The bundled model has never seen formulas; its scores here mean little. */
function formulas(): Written {
  return {
    path: 'solutions/formulas.md',
    text: String.raw`# Problem

A garden is 14 meters long and 6 meters wide. A pond in it is 5 meters by 3 meters. How many square meters are left?

## Solution

Step 1: The area of the whole garden is

$$
A = 14 \cdot 6

  = 84
$$

Step 2: The pond takes $5 \cdot 3 = 15$ square meters.

Step 3: A short program checks the rest:

${'```'}python
garden = 14 * 6

pond = 5 * 3
print(garden - pond)
${'```'}

Step 4: It prints \( 84 - 15 = 69 \). The answer is \boxed{69}.
`,
  };
}
