import { type Family, isVocabulary } from './family.js';
import { internvlImages, internvlSystem } from './internvl.js';

/**
 * MM-PRM-8B: `modeling_internvl_chat.py`, `prm()`. The text is in the assistant's turn. The user's turn is empty and
 * has no end token, because `get_prompt()` skips it.
 */
export const mmPrm: Family = {
  id: 'mm-prm',
  profile: {
    name: 'MM-PRM',
    layout: {
      kind: 'marker',
      before: `{start}<|im_start|>system\n${internvlSystem}<|im_end|>\n<|im_start|>user\n<|im_start|>assistant\n{images}Question: {question}\nProcess: `,
      step: '{step}<prm>',
      marker: '<prm>',
      encode: 'together',
    },
    trim: 'none',
    readout: { kind: 'token-pair', positive: 'Yes', negative: 'No', lookup: 'piece' },
    images: internvlImages(6),
    range: [0, 1],
    threshold: 0.5,
    aggregation: 'min',
    maxTokens: 8192,
  },
  recognizes: (model) => isVocabulary(model) && model.hasToken('<prm>') && model.hasToken('<IMG_CONTEXT>'),
};
