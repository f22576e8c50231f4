import { FaultList } from '../../formats/faults.js';
import { textLines } from '../../formats/textLines.js';
import { isFinalAnswer } from '../../formats/textMarkers.js';
import { solutionSteps } from '../../formats/textSteps.js';

/**
 * Splits a text that a model wrote into steps, as if it were a solution file: at `<step>..</step>` (the rollouts of
 * MM-PRM's `data_pipeline/llm_utils.py`) or `Step n:` if there are any, else into paragraphs, and a single paragraph
 * into lines (GSM8K). The final answer stays with the last step, where `finalAnswer` reads it. A blank text has no
 * steps.
 */
export function splitSteps(text: string): string[] {
  const lines = textLines(text);
  const steps = solutionSteps({ text, lines, faults: new FaultList() }, { from: 0, to: lines.length, content: 0 });
  const found = steps.map((step) => step.text.trim()).filter((step) => step !== '');
  const [first, ...others] = found;
  return first !== undefined && others.length === 0 && !text.includes('<step>') ? stepLines(first) : found;
}

/** Splits a paragraph into lines. A code fence, a display formula and the final answer stay with the line before. */
function stepLines(paragraph: string): string[] {
  const steps: string[] = [];
  for (const line of textLines(paragraph)) {
    const text = line.text.trim();
    if (steps.length > 0 && (line.inside || isFinalAnswer(text))) steps[steps.length - 1] += `\n${line.inside ? line.text : text}`;
    else if (text !== '') steps.push(text);
  }
  return steps;
}

/** The text before the answer tag, without trailing blanks, and the answer with its tag. */
const ANSWER = /^([\s\S]*?)\s*(<answer>[\s\S]*)$/;

/**
 * Joins steps into a text that `splitSteps` reads. It ends right after `</step>`, so that a model continues with a new
 * step: chat templates would remove a blank at its end, and without tags the model would continue inside the last step.
 */
export function joinSteps(steps: readonly string[]): string {
  return steps
    .map((step) => {
      const [, body = '', answer] = ANSWER.exec(step) ?? [];
      if (answer === undefined) return `<step>${step}</step>`;
      return body === '' ? answer : `<step>${body}</step>\n${answer}`;
    })
    .join('\n');
}

/**
 * Whether nothing can follow: the last step ends with a tagged answer. A step that only mentions the tag does not
 * count.
 */
export function isComplete(steps: readonly string[]): boolean {
  const last = steps.at(-1)?.trimEnd() ?? '';
  const open = last.lastIndexOf('<answer>');
  return open >= 0 && last.endsWith('</answer>') && last.slice(open + '<answer>'.length, -'</answer>'.length).trim() !== '';
}
