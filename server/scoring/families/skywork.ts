import type { Family } from './family.js';

/** Skywork-o1-Open-PRM-Qwen-2.5-1.5B and -7B: `model_utils/io_utils.py`, `prepare_input`. Every line is a step. */
export const skywork: Family = {
  id: 'skywork-o1-open-prm',
  profile: {
    name: 'Skywork-o1-Open-PRM',
    layout: { kind: 'pieces', before: '{bos}{question}\n', separator: '\n', byLine: true, readBack: 0 },
    trim: 'none',
    readout: { kind: 'sigmoid-head' },
    range: [0, 1],
    threshold: 0.5,
    aggregation: 'min',
    maxTokens: 4096,
  },
  recognizes: ({ architecture, width }) => architecture === 'Qwen2ForPrmModel' && (width === undefined || width === 1),
};
