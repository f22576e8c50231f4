import { Draw } from '../../scripts/miniature/problems/draw.js';
import { mistakeRate } from '../../scripts/miniature/problems/labeled.js';
import { generateProblem } from '../../scripts/miniature/problems/registry.js';
import { begin, solve } from '../../scripts/miniature/problems/solver.js';
import { createRandom } from '../../server/reasoning/random.js';

/** A seed used nowhere else, so no model was trained or measured on these problems. */
const SEED = 11;

/** A candidate file in MM-PRM's form: word problems that the bundled model knows, with `solutions` attempts each. */
export function generatedCandidates(problems: number, solutions: number): string {
  const records = Array.from({ length: problems }, (_, index) => {
    const problem = generateProblem(SEED, index);
    const attempts = Array.from({ length: solutions }, (_unused, attempt) => {
      const draw = new Draw(createRandom(SEED, `attempt ${index} ${attempt}`));
      return solve(problem, begin(draw), draw, { mistakeRate }).map(({ text }) => text);
    });
    return {
      id: `problem-${index}`,
      question: problem.question,
      answer: String(problem.answer),
      image_path: '',
      solutions_splits: attempts,
    };
  });
  return `${JSON.stringify(records, null, 2)}\n`;
}
