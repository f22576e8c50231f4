import type { ExportFormat } from './exportFormat.js';
import { type LabelNode, ratingOf } from './labelNodes.js';
import type { TrainingSample } from './selection.js';

/**
 * PRM800K (openai/prm800k, arXiv 2305.20050): people's ratings. The completions of a step are the one on the path,
 * which is the chosen one, and the other pieces after the same prefix that people judged. The label log records who
 * rated and when; this format does not. `question.images` is an addition: PRM800K has none.
 */
export const prm800k: ExportFormat = {
  id: 'prm800k',
  title: "people's labels as PRM800K",
  rules: { threshold: 0, endAtError: false, mixedRootsOnly: false, shortWords: 0, balance: false, peopleOnly: true },
  write(problem, sample) {
    const { pieces } = sample;
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
        steps: completionsOf(sample).map((completions, at) => ({
          // Readers follow the first completion of a step without a choice.
          completions: completions.map((one) => ({ text: one.text, rating: ratingOf(one), flagged: false })),
          human_completion: null,
          // A wrong last step was not continued.
          chosen_completion: isWrong && at === pieces.length - 1 ? null : 0,
        })),
        total_time: null,
        finish_reason: isWrong ? 'found_error' : 'solution',
      },
    };
  },
};

/**
 * For every piece of a path: the piece itself, then the alternatives after the same prefix that people judged, each
 * text once.
 */
function completionsOf({ forest, pieces }: TrainingSample): LabelNode[][] {
  const steps = pieces.map((piece): { texts: Set<string>; completions: LabelNode[] } => ({
    texts: new Set([piece.text]),
    completions: [piece],
  }));
  const stepAfter = new Map(steps.map((step) => [step.completions[0]?.parent, step]));
  for (const node of forest.nodes) {
    const step = stepAfter.get(node.parent);
    if (step === undefined || node.value === undefined || step.texts.has(node.text)) continue;
    step.texts.add(node.text);
    step.completions.push(node);
  }
  return steps.map(({ completions }) => completions);
}
