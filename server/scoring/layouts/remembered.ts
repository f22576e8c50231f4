import type { EncodedStep, ProblemEncoder, SegmentEncoder } from './encoder.js';

/** Problems whose steps are kept encoded: an editor comes back to the one that is being edited. */
const mostProblems = 4;
/** Steps kept of each; then it begins anew, so that hours of typing do not add up. */
const mostSteps = 4096;

/** Encodes a text of a problem once: after an edit of one step, encoding all the others again would take half as long as running that step. */
export function remembered(encoder: SegmentEncoder): SegmentEncoder {
  /** Least recently used first. */
  const known = new Map<string, ProblemEncoder>();
  return {
    open(question, images) {
      const key = JSON.stringify([question, images]);
      const problem = known.get(key) ?? rememberedProblem(encoder.open(question, images));
      known.delete(key);
      known.set(key, problem);
      if (known.size > mostProblems) known.delete(known.keys().next().value!);
      return problem;
    },
  };
}

function rememberedProblem(problem: ProblemEncoder): ProblemEncoder {
  const firsts = new Map<string, EncodedStep>();
  const others = new Map<string, EncodedStep>();
  return {
    prompt: problem.prompt,
    step(text, isFirst) {
      const known = isFirst ? firsts : others;
      const encoded = known.get(text) ?? problem.step(text, isFirst);
      if (known.size >= mostSteps) known.clear();
      known.set(text, encoded);
      return encoded;
    },
  };
}
