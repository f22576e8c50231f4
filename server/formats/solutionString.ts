import type { SplitRule } from '../reasoning/problem.js';
import { FaultList } from './faults.js';
import type { DocumentString } from './jsonString.js';
import type { Slice } from './slices.js';
import { textLines } from './textLines.js';
import type { TextStep } from './textParagraphs.js';
import { solutionSteps } from './textSteps.js';

/** The steps of a model's solution from the offset `from`, split like a solution in Markdown. */
export function stepsOfText(text: string, from = 0): TextStep[] {
  const lines = textLines(text);
  const first = lines.findIndex((line) => line.end >= from);
  const region = { from: Math.max(first, 0), to: lines.length, content: from };
  return solutionSteps({ text, lines, faults: new FaultList() }, region).filter((step) => step.text.trim() !== '');
}

/** The same steps for a solution that is one JSON string, with their places in the document. */
export function solutionSlices(source: DocumentString, from = 0): (Slice & { readonly splitBy: SplitRule })[] {
  return stepsOfText(source.text, from).map((step) => ({
    text: step.text,
    span: source.span(step.span.start, step.span.end),
    splitBy: step.splitBy,
  }));
}
