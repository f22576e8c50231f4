import type { EncodedStep, ProblemEncoder, SegmentEncoder } from './encoder.js';

/** Problems whose steps are kept encoded: an editor comes back to the one that is being edited. */
const mostProblems = 4;
/** Steps kept of each; then it begins anew, so that hours of typing do not add up. */
const mostSteps = 4096;

/** Encodes a text of a problem once: after an edit of one step, encoding all the others again would take half as long as running that step. */
/** @param isNumbered A step's tokens depend on its number, not only on whether it is the first. */
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
