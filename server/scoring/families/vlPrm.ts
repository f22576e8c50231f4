import { type Family, isVocabulary } from './family.js';
import { qwenVlImages } from './qwenVl.js';

/** The later of two `PRM_SYSTEM_PROMPT_NORMAL_TOK_V2` texts in the authors' `prompts.py`; training used it, too. */
const system = [
  '**You are a process supervision model for visual reasoning tasks. You will receive an image and an image-based problem statement, followed by solution steps to evaluate.**',
  '',
  'First round: problem statement and first solution step.  ',
  'Subsequent rounds: one new step per round.',
  '',
  'Assess the cumulative correctness of the entire solution up to each step.',
  '',
  '## Evaluation Criteria:',
  '',
  '1. **Visual Accuracy**: Are visual elements from the image correctly identified (shapes, colors, positions, quantities, spatial relationships)?',
  '',
  '2. **Logical Validity**: Do all inferences and calculations follow correctly from the image and previous steps?',
  '',
  '## Response:',
  '- **"+"** if correct up to this step',
  '- **"-"** if any error exists up to this step',
  '',
  'Only respond with "+" or "-". No explanations.',
  '',
  'An error in any step invalidates all subsequent steps.',
].join('\n');

/**
 * Qwen-VL-PRM-3B and -7B (VL-PRM, arXiv 2509.23250), a Qwen2.5-VL: theogbrand/vlprm, `eval/tts_eval/reward_guided_search/VisualPRMv2.py`,
 * `get_reward()`. Each step is one turn, answered with `+` whatever the model's verdict is. The step's value is
 * the probability of that answer. The search's own reward divides this value by the length of the text.
 */
export const vlPrm: Family = {
  id: 'vl-prm',
  profile: {
    name: 'VL-PRM',
    layout: {
      kind: 'turns',
      system,
      first: '{images}### Question:\n{question}\n\n### Solution Process:\n{step}',
      next: '{step}',
      reply: '+',
    },
    trim: 'none',
    readout: { kind: 'token-pair', positive: '+', negative: '-', lookup: 'text' },
    images: qwenVlImages([4, 16_384], [256, 1280]),
    range: [0, 1],
    threshold: 0.5,
    aggregation: 'mean',
    maxTokens: 16_384,
  },
  recognizes: (model) =>
    isVocabulary(model) && model.architecture === 'Qwen2_5_VLForConditionalGeneration' && model.hasToken('<|image_pad|>'),
};
