import type { ExportFormat } from './exportFormat.js';

/**
 * Hard labels as Qwen2.5-Math-PRM uses them (arXiv 2501.07301): a step is right when any rollout from it succeeds, and
 * steps after the first wrong one are dropped. Written as that model's chat, with `<extra_0>` after every step and one
 * label for each.
 */
export const qwen: ExportFormat = {
  id: 'qwen',
  title: 'Qwen2.5-Math-PRM hard labels',
  rules: { threshold: 0, endAtError: true, mixedRootsOnly: false, shortWords: 0, balance: false },
  write: (problem, sample, _index, threshold) => ({
    messages: [
      { role: 'system', content: 'Please reason step by step, and put your final answer within \\boxed{}.' },
      { role: 'user', content: problem.question },
      { role: 'assistant', content: sample.pieces.map((piece) => `${piece.text}<extra_0>`).join('') },
    ],
    labels: sample.values.map((value) => (value > threshold ? 1 : 0)),
    ...(problem.images.length > 0 && { images: problem.images }),
  }),
};
