import { type Family, isVocabulary } from './family.js';

/**
 * PRIME-RL/EurusPRM-Stage1 and -Stage2, and other implicit PRMs on a chat model: `eval/prm_eval_utils.py` of PRIME-RL/ImplicitPRM, the reward
 * "single". `beta` is the one of training (PRIME's `beta_train`); the authors' scripts scale by 0.001 or 0.005, which changes no order.
 */
export const eurusPrm: Family = {
  id: 'eurus-prm',
  profile: {
    name: 'EurusPRM',
    layout: { kind: 'chat', user: '{question}', assistant: '{steps}', step: '{step}\n\n' },
    // A blank line separates steps. More blank lines around a step would be tokenized together with it.
    trim: 'steps',
    readout: { kind: 'log-ratio', beta: 0.05 },
    range: [0, 1],
    threshold: 0.5,
    aggregation: 'min',
    maxTokens: 4096,
  },
  recognizes: (model) => model.hasReference && isVocabulary(model),
};
