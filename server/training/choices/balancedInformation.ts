import type { SampleChoice } from './choice.js';

/** Smoothing of the authors' script for a quarter of the samples; for a tenth they use 0.2. */
const ALPHA = 0.05;
const ALPHA_FEW = 0.2;

/**
 * The balanced-information score (arXiv 2602.04145, `scripts/build_bis_subset.py`): (p (1 - p) + α) R, where p is the
 * share of right steps and R their mean value, so that mixed and reliable samples come first. The authors take the best
 * samples of each file; here the best of all files are taken.
 */
export const balancedInformation: SampleChoice = {
  id: 'balanced-information',
  title: 'the most informative samples: mixed labels, reliable right steps (BIS)',
  parameter: { meaning: 'share of the samples that is taken', usual: 0.25 },
  score({ values, threshold }, share) {
    const right = values.filter((value) => value > threshold);
    if (right.length === 0) return 0;
    const p = right.length / values.length;
    const mean = right.reduce((sum, value) => sum + value, 0) / right.length;
    return (p * (1 - p) + (share < 0.25 ? ALPHA_FEW : ALPHA)) * mean;
  },
};
