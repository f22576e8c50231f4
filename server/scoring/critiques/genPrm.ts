import type { CritiqueScript } from './script.js';

/**
 * GenPRM/GenPRM-1.5B, -7B and -32B, analyzing without code (`--analyze`): `_single_inference`, `get_reward_score` and the loop of
 * `prm_evaluate.py`, in which every earlier paragraph was answered with its own critique. With `--verify --execute` the authors run Python that
 * the model wrote; StepLens runs no code of a model.
 */
export const genPrm: CritiqueScript = {
  id: 'genprm',
  name: 'GenPRM',
  source: 'RyanLiu112/GenPRM, cc80f47f: src/prm_evaluation/genprm_inference.py, src/prm_evaluation/prm_evaluate.py, src/utils/util.py',
  threshold: 0.5,
  aggregation: 'min',
  maxTokens: 16_384,
  samples: 1,
  temperature: 0.6,
  topP: 0.95,
  maxReply: 2048,
  system: 'You are a math teacher. Your task is to review and critique the paragraphs in solution step by step.',
  turns: (question, steps) => steps.map((step, i) => (i === 0 ? `${question}\n${step}` : step)),
  endsOpen: true,
  begin: (index) => `<analyze>\nLet's analyze the Paragraph ${index} step by step: `,
  stops: () => ['</analyze>\n'],
  ask: (isStopped) => `${isStopped ? '</analyze>\n' : ''}<output>\n**Judgement**: $\\boxed{`,
  close: '}$\n</output>\n',
  positive: 'Yes',
  negative: 'No',
};
