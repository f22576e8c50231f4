import { joinSteps } from './stepText.js';

const TASK =
  'Solve the problem below. Reason step by step: write every step as <step>...</step>, one after another, and behind the last step the final answer alone as <answer>...</answer>.';
const CONTINUE = ' Its first steps are given under "Previous Steps": go on right behind them and do not write them again.';

export interface PromptOptions {
  readonly systemPrompt?: string;
  /** Template of the question, with `{question}`, and `{steps}` for the previous steps. */
  readonly template?: string;
  /** Text that the model writes between two steps, such as a blank line. Default: its tags or paragraphs. */
  readonly stepDelimiter?: string;
}

/** Builds the prompts for a model. */
export class Prompts {
  readonly #options: PromptOptions;

  constructor(options: PromptOptions) {
    this.#options = options;
  }

  /**
   * Returns the question for a chat model. `previous` steps go below `Question:`, as in MM-PRM's
   * `data_pipeline/omegaprm.py` (`monte_carlo_estimation`). The tags are those that its policy was trained to write.
   */
  chat(question: string, previous: readonly string[] = []): string {
    const { template } = this.#options;
    if (template !== undefined) return this.#filled(template, question, previous);
    return previous.length === 0
      ? `${TASK}\n\nQuestion: ${question}`
      : `${TASK}${CONTINUE}\n\nQuestion: ${question}\nPrevious Steps:${this.steps(previous)}`;
  }

  /** Returns the text that a plain completion continues. */
  completion(question: string, prefix: readonly string[]): string {
    const { template } = this.#options;
    return template === undefined
      ? `${TASK}\n\nQuestion: ${question}\n\nSolution:\n${this.steps(prefix)}`
      : this.#filled(template, question, prefix);
  }

  /** Steps as the model writes them. */
  steps(steps: readonly string[]): string {
    const { stepDelimiter } = this.#options;
    return stepDelimiter === undefined || steps.length === 0 ? joinSteps(steps) : `${steps.join(stepDelimiter)}${stepDelimiter}`;
  }

  #filled(template: string, question: string, steps: readonly string[]): string {
    return template.replace(/\{(question|steps)\}/g, (_, name: string) => (name === 'question' ? question : this.steps(steps)));
  }
}
