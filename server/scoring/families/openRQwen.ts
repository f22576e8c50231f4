import { type Family, isVocabulary } from './family.js';

/**
 * OpenR's PRM on Qwen2.5-Math: `prm/infer_fns.py`, `_qwen_math_infer_fn`, and `train/mat/models/qwen_prm.py`, which strips every step. A blank
 * and five line breaks are one token there. OpenR's other PRM is Math-Shepherd's.
 */
export const openRQwen: Family = {
  id: 'openr-qwen',
  profile: {
    name: 'OpenR Qwen PRM',
    layout: { kind: 'marker', before: '{question} ', step: '{step} \n\n\n\n\n ', marker: ' \n\n\n\n\n', encode: 'together' },
    trim: 'steps',
    readout: { kind: 'token-pair', positive: ' +', negative: ' -', lookup: 'text' },
    range: [0, 1],
    threshold: 0.5,
    aggregation: 'min',
    maxTokens: 4096,
  },
  // Any language model on Qwen2.5 looks like it.
  recognizes: (model) =>
    model.architecture === 'Qwen2ForCausalLM' &&
    isVocabulary(model) &&
    !model.hasReference &&
    !model.hasToken('<extra_0>') &&
    model.hasToken('ĠĊĊĊĊĊ'),
};
