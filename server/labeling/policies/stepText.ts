import { FaultList } from '../../formats/faults.js';
import { textLines } from '../../formats/textLines.js';
import { isFinalAnswer } from '../../formats/textMarkers.js';
import { solutionSteps } from '../../formats/textSteps.js';

/**
 * The steps of a text that a model wrote, as a solution file with this text is read: `<step>..</step>` (the rollouts of
 * MM-PRM's `data_pipeline/llm_utils.py`) or `Step n:` where there are any, else the paragraphs, and the lines of a text of one
 * paragraph (GSM8K). The final answer stays with the last step: `finalAnswer` reads it there. No steps for a blank text.
 */
export function splitSteps(text: string): string[] {
  const lines = textLines(text);
  const steps = solutionSteps({ text, lines, faults: new FaultList() }, { from: 0, to: lines.length, content: 0 });
  const found = steps.map((step) => step.text.trim()).filter((step) => step !== '');
  const [first, ...others] = found;
  return first !== undefined && others.length === 0 && !text.includes('<step>') ? stepLines(first) : found;
}

/** The lines of a paragraph; a code fence, a display formula and the final answer go with the line before. */
function stepLines(paragraph: string): string[] {
  const steps: string[] = [];
  for (const line of textLines(paragraph)) {
    const text = line.text.trim();
    if (steps.length > 0 && (line.inside || isFinalAnswer(text))) steps[steps.length - 1] += `\n${line.inside ? line.text : text}`;
    else if (text !== '') steps.push(text);
  }
  return steps;
}

/** The text before the answer in its tag, without the blanks between them, and the answer. */
const ANSWER = /^([\s\S]*?)\s*(<answer>[\s\S]*)$/;

/**
 * Steps as the text that `splitSteps` reads. It ends right behind `</step>`, so that a model continues with a new step:
 * a prefix that ended in a blank would lose it in chat templates, one without tags would be continued inside its last step.
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

/** Whether nothing can follow: the last step ends with the answer in its tag. A step that only mentions the tag does not. */
export function isComplete(steps: readonly string[]): boolean {
  const last = steps.at(-1)?.trimEnd() ?? '';
  const open = last.lastIndexOf('<answer>');
  return open >= 0 && last.endsWith('</answer>') && last.slice(open + '<answer>'.length, -'</answer>'.length).trim() !== '';
}
