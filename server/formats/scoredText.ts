import type { DocumentString } from './jsonString.js';
import type { RecordReader } from './record.js';
import { type Slice, splitSlices } from './slices.js';
import { type LabeledStep, reportCounts } from './stepLabels.js';

/** Separators of steps in a text, the most specific first. */
const SEPARATORS: readonly RegExp[] = [/ки\n?/g, /<extra_0>/g, /<end_of_step>/g, /\n\s*\n/g, /\n/g];

/**
 * The steps of a solution that is one text, with one recorded score per step. The separator that gives as many steps as
 * there are scores is used. If there is none, the first separator in the text is used, and the difference is reported.
 */
export function scoredText(reader: RecordReader, source: DocumentString, scoresAt: number | undefined): LabeledStep[] {
  const list = scoresAt === undefined || !reader.json.isArray(scoresAt) ? undefined : reader.json.items(scoresAt);
  const splits = SEPARATORS.map((separator) => splitSlices(source, separator));
  const fitting = list === undefined ? undefined : splits.find((split) => split.length === list.length);
  const slices: readonly Slice[] = fitting ?? splits.find((split) => split.length > 1) ?? splits[0]!;
  const steps = slices.map((slice): LabeledStep => ({ slice, values: {} }));
  if (list === undefined || scoresAt === undefined) return steps;
  if (fitting === undefined) reportCounts(reader, reader.json.span(scoresAt), reader.json.path(scoresAt), list.length, steps.length);
  steps.forEach((step, at) => {
    const recordedPrm = list[at] === undefined ? undefined : reader.scoreAt(list[at]);
    if (recordedPrm !== undefined) step.values = { recordedPrm };
  });
  return steps;
}
