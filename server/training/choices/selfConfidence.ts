import type { SampleChoice } from './choice.js';

/**
 * After SCAN (arXiv 2509.16548): labels without an error are noisy where the policy seldom solves the problem, so these are
 * taken only when its self-confidence, the share of its solutions that are right, is high enough. Samples with an error are kept.
 */
export const selfConfidence: SampleChoice = {
  id: 'self-confidence',
  title: 'samples without an error only from problems that the policy mostly solves (SCAN)',
  parameter: { meaning: 'smallest share of right solutions', usual: 0.5 },
  exclude({ hasError }, least, share) {
    return hasError || (share !== undefined && share >= least) ? undefined : 'low-confidence';
  },
};
