import type { ExportFormat } from './exportFormat.js';
import { type LabelNode, ratingOf } from './labelNodes.js';
import type { TrainingSample } from './selection.js';

/**
 * PRM800K (openai/prm800k, arXiv 2305.20050): people's ratings. The completions of a step are that of the path, which is the chosen one,
 * and the other pieces after the same prefix that people judged. Who rated and when is in the label log, not here.
 * `question.images` is ours: PRM800K has none.
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
          // Of a step without a choice, readers follow the first completion.
          completions: completions.map((one) => ({ text: one.text, rating: ratingOf(one), flagged: false })),
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

/** For every piece of a path: itself, then what people judged instead of it after the same prefix, each text once. */
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
