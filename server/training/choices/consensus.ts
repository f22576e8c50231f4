import type { SampleChoice } from './choice.js';

/**
 * Qwen's consensus filter (arXiv 2501.07301): a sample is taken when rollouts and a judge have the same first error, or
 * neither has one. For the judge, a step below 0.5 is wrong. About 40 % of their samples remained.
 */
export const consensus: SampleChoice = {
  id: 'consensus',
  title: 'rollouts and judge name the same first error',
  exclude({ pieces, firstError }) {
    const judged = pieces.flatMap(({ judge }) => judge ?? []);
    if (judged.length < pieces.length) return 'not-judged';
    return judged.findIndex((value) => value < 0.5) === firstError ? undefined : 'no-consensus';
  },
};
