import { type Family, isVocabulary } from './family.js';
import { internvlImages, internvlSystem } from './internvl.js';

/** InternVL's conversation template, the same for every vocabulary; `{start}` is what the tokenizer puts first. */
const template =
  "{start}{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}";

/** VisualPRM-8B and -8B-v1_1: model card. Their vocabularies differ, so the answers are looked up by name in either. */
export const visualPrm: Family = {
  id: 'visualprm',
  profile: {
    name: 'VisualPRM',
    layout: {
      kind: 'turns',
      system: internvlSystem,
      first: '### Question:\n{images}{question}\n\n### Solution Process:\n{step}',
      next: '{step}',
      reply: '+',
      template,
    },
    trim: 'none',
    readout: { kind: 'token-pair', positive: '+', negative: '-', lookup: 'piece' },
    images: internvlImages(12),
    range: [0, 1],
    threshold: 0.85,
    aggregation: 'mean',
    maxTokens: 8192,
  },
  recognizes: (model) => isVocabulary(model) && model.hasToken('<IMG_CONTEXT>') && !model.hasToken('<prm>'),
};
