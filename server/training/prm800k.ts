import type { ExportFormat } from './exportFormat.js';
import { ratingOf } from './labelNodes.js';

/**
 * PRM800K (openai/prm800k, arXiv 2305.20050): people's ratings, one completion a step. Who rated and when is in the label log, not here.
 * `question.images` is ours: PRM800K has none.
 */
export const prm800k: ExportFormat = {
  id: 'prm800k',
  title: "people's labels as PRM800K",
  rules: { threshold: 0, endAtError: false, mixedRootsOnly: false, shortWords: 0, balance: false, peopleOnly: true },
  write(problem, { pieces }) {
    const isWrong = pieces.at(-1)?.value === 0;
    return {
      labeler: null,
      timestamp: null,
      generation: null,
      is_quality_control_question: false,
      is_initial_screening_question: false,
      question: {
        problem: problem.question,
        ground_truth_answer: problem.answer ?? null,
        ...(problem.images.length > 0 && { images: problem.images }),
      },
      label: {
        steps: pieces.map((piece, at) => ({
          completions: [{ text: piece.text, rating: ratingOf(piece), flagged: false }],
          human_completion: null,
          // Nobody continued from a wrong last step.
          chosen_completion: isWrong && at === pieces.length - 1 ? null : 0,
        })),
        total_time: null,
        finish_reason: isWrong ? 'found_error' : 'solution',
      },
    };
  },
};
