import type { Family } from './family.js';

/** URSA-RM-8B: `inference/prm_infer_score.py`. Text alone: its two vision towers and their image sizes are not read. */
export const ursa: Family = {
  id: 'ursa-rm',
  profile: {
    name: 'URSA-RM (text alone)',
    layout: {
      kind: 'chat',
      system: 'You are a helpful assistant.',
      user: 'You are given a problem and a step-by-step solution. You need to check the correctness of each step.\nQuestion:{question}\n{steps}',
      step: '{step} и\n',
      marker: ' и',
    },
    trim: 'steps',
    readout: { kind: 'sigmoid-head' },
    range: [0, 1],
    threshold: 0.5,
    aggregation: 'min',
    maxTokens: 4096,
  },
  recognizes: ({ architecture, width }) => architecture === 'UrsaForTokenClassification' && (width === undefined || width === 1),
};
