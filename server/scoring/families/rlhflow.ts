import { type Family, isVocabulary } from './family.js';

/** RLHFlow/Llama3.1-8B-PRM-Mistral-Data and -Deepseek-Data: `math-rm/prm_evaluate.py`, in the model's own chat template. */
export const rlhflow: Family = {
  id: 'rlhflow',
  profile: {
    name: 'RLHFlow Llama3.1 PRM',
    layout: { kind: 'turns', first: '{question} {step}', next: '{step}', reply: '+' },
    trim: 'steps',
    readout: { kind: 'token-pair', positive: '+', negative: '-', lookup: 'text' },
    range: [0, 1],
    threshold: 0.5,
    aggregation: 'mean',
    maxTokens: 8192,
  },
  recognizes: (model) => model.architecture === 'LlamaForCausalLM' && isVocabulary(model) && model.hasToken('<|eot_id|>'),
};
