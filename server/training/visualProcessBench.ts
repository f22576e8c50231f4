import type { ExportFormat } from './exportFormat.js';
import { ratingOf } from './labelNodes.js';

/**
 * VisualProcessBench `test.jsonl` (arXiv 2503.10291): people's label of every step, right (1), neutral (0) or wrong
 * (-1).
 */
export const visualProcessBench: ExportFormat = {
  id: 'visualprocessbench',
  title: "people's labels as VisualProcessBench",
  rules: { threshold: 0, endAtError: false, mixedRootsOnly: false, shortWords: 0, balance: false, peopleOnly: true },
  write: (problem, { pieces }) => ({
    image: problem.images,
    question: problem.question,
    answer: problem.answer ?? '',
    response: { steps: pieces.map(({ text }) => text), process_correctness: pieces.map(ratingOf) },
    policy_model: problem.solutions.find(({ model }) => model !== undefined)?.model ?? '',
    data_source: problem.source ?? '',
  }),
};
