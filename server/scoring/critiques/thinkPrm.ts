import { strip } from '../../models/pythonStrip.js';
import type { CritiqueScript } from './script.js';

/**
 * launch/ThinkPRM-1.5B, -7B and -14B: the template is from `format_verification_cot_for_thinkprm`, the stop texts
 * and the question after them are from `APIThinkPRMVerifier`. A step's value is the value of the solution up to it.
 */
export const thinkPrm: CritiqueScript = {
  id: 'thinkprm',
  name: 'ThinkPRM',
  source: 'mukhal/ThinkPRM, 214cce98: utils/helper.py, prm/thinkprm_api.py',
  threshold: 0.5,
  aggregation: 'last',
  maxTokens: 16_384,
  samples: 1,
  temperature: 0,
  maxReply: 8192,
  turns(question, steps) {
    const solution = steps.map((step, i) => `Step ${i + 1}: ${strip(step.replaceAll(/Step \d+:/g, ''))}`).join('\n');
    return [
      `You are given a math problem and a proposed step-by-step solution:\n\n[Math Problem]\n\n${question}\n\n[Solution]\n\n${solution}\n\nReview and critique each step in the proposed solution to determine whether each step is correct. If the solution is incomplete, only verify the provided steps.`,
    ];
  },
  // The chat template of the base model writes `<think>`, but only if it begins the reply itself.
  begin: (_, onServer) => `${onServer ? '<think>\n' : ''}\nLet's verify step by step:`,
  stops([turn = '']) {
    const numbers = [...turn.matchAll(/Step (\d+):/g)].map(([, number]) => Number(number));
    return ['Is the solution correct?', '</think>', `Step ${Math.max(1, ...numbers) + 1}:`];
  },
  ask: () => '\nIs the solution correct?',
  close: '',
  positive: 'Yes',
  negative: 'No',
};
