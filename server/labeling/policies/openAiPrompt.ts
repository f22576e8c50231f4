import { joinSteps } from './stepText.js';

const TASK =
  'Solve the problem below. Reason step by step: write every step as <step>...</step>, one after another, and behind the last step the final answer alone as <answer>...</answer>.';
const CONTINUE = ' Its first steps are given under "Previous Steps": go on right behind them and do not write them again.';

/**
 * What a chat model is asked. `previous` steps go into the question as MM-PRM's `data_pipeline/omegaprm.py`
 * (`monte_carlo_estimation`) puts them, below `Question:`; the tags are those its policy was trained to write.
 */
export function chatPrompt(question: string, previous: readonly string[] = []): string {
  return previous.length === 0
    ? `${TASK}\n\nQuestion: ${question}`
    : `${TASK}${CONTINUE}\n\nQuestion: ${question}\nPrevious Steps:${joinSteps(previous)}`;
}

/** What a plain completion continues. */
export function completionPrompt(question: string, prefix: readonly string[]): string {
  return `${TASK}\n\nQuestion: ${question}\n\nSolution:\n${joinSteps(prefix)}`;
}
