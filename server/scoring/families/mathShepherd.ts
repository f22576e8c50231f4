import { type Family, type GoldenExample, isVocabulary } from './family.js';

/** peiyi9979/math-shepherd-mistral-7b-prm: model card. `ки` needs the space before it, else it is another token. */
export const mathShepherd: Family = {
  id: 'math-shepherd',
  profile: {
    name: 'Math-Shepherd',
    layout: { kind: 'marker', before: '{start}{question} ', step: '{step} ки\n', marker: 'ки', encode: 'together' },
    trim: 'none',
    readout: { kind: 'token-pair', positive: '+', negative: '-', lookup: 'text' },
    range: [0, 1],
    threshold: 0.5,
    aggregation: 'min',
    maxTokens: 4096,
  },
  recognizes: (model) => model.architecture === 'MistralForCausalLM' && isVocabulary(model) && model.hasToken('▁ки'),
  golden: [golden(18, 0.9957), golden(17, 0.024)],
};

function golden(dollars: number, last: number): GoldenExample {
  return {
    question:
      "Janet\u2019s ducks lay 16 eggs per day. She eats three for breakfast every morning and bakes muffins for her friends every day with four. She sells the remainder at the farmers' market daily for $2 per fresh duck egg. How much in dollars does she make every day at the farmers' market?",
    steps: [
      "Step 1: Janet's ducks lay 16 eggs per day.",
      'Step 2: She eats three for breakfast every morning, so she has 16 - 3 = 13 eggs left.',
      'Step 3: She bakes muffins for her friends every day with four eggs, so she has 13 - 4 = 9 eggs left.',
      `Step 4: She sells the remainder at the farmers' market daily for $2 per fresh duck egg, so she makes 9 * $2 = $${dollars} every day at the farmers' market. The answer is: ${dollars}`,
    ],
    values: [0.9955, 0.9958, 0.9983, last],
    tolerance: 0.02,
    source: 'model card of peiyi9979/math-shepherd-mistral-7b-prm',
  };
}
