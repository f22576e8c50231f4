import type { SplitRule } from '../reasoning/problem.js';
import { FaultList } from './faults.js';
import type { DocumentString } from './jsonString.js';
import type { Slice } from './slices.js';
import { textLines } from './textLines.js';
import { solutionSteps } from './textSteps.js';

/** The steps of a solution that a model wrote and that is stored as one string: split as a solution in Markdown is. */
export function solutionSlices(source: DocumentString, from = 0): (Slice & { readonly splitBy: SplitRule })[] {
  const { text } = source;
  const lines = textLines(text);
  const first = lines.findIndex((line) => line.end >= from);
  const region = { from: Math.max(first, 0), to: lines.length, content: from };
  return solutionSteps({ text, lines, faults: new FaultList() }, region)
    .filter((step) => step.text.trim() !== '')
    .map((step) => ({ text: step.text, span: source.span(step.span.start, step.span.end), splitBy: step.splitBy }));
}
