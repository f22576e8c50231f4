import type { EncodedStep, ProblemEncoder, SegmentEncoder } from './encoder.js';

/** Number of problems whose encoded steps are kept: an editor returns to the problem that is being edited. */
const mostProblems = 4;
/** Maximum number of steps kept per problem. Then all are dropped, so that hours of typing do not fill the memory. */
const mostSteps = 4096;

/**
 * Encodes each step once. After an edit, encoding the others would take half as long as running the edited one.
 *
 * @param isNumbered Whether a step's tokens depend on its number, and not only on whether it is the first.
 */
export function remembered(encoder: SegmentEncoder, isNumbered = false): SegmentEncoder {
  /** Least recently used first. */
  const known = new Map<string, ProblemEncoder>();
  return {
    open(question, images) {
      const key = JSON.stringify([question, images]);
      const problem = known.get(key) ?? rememberedProblem(encoder.open(question, images), isNumbered);
      known.delete(key);
      known.set(key, problem);
      const [oldest] = known.keys();
      if (known.size > mostProblems && oldest !== undefined) known.delete(oldest);
      return problem;
    },
  };
}

function rememberedProblem(problem: ProblemEncoder, isNumbered: boolean): ProblemEncoder {
  const byNumber = new Map<number, Map<string, EncodedStep>>();
  let count = 0;
  return {
    prompt: problem.prompt,
    step(text, index) {
      const number = isNumbered ? index : Math.min(index, 1);
      const found = byNumber.get(number)?.get(text);
      if (found) return found;
      const encoded = problem.step(text, index);
      if (count >= mostSteps) byNumber.clear();
      if (byNumber.size === 0) count = 0;
      const known = byNumber.get(number) ?? new Map<string, EncodedStep>();
      byNumber.set(number, known.set(text, encoded));
      count++;
      return encoded;
    },
  };
}
