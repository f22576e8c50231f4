import { english } from '../l10n.js';
import type { StepValues } from '../reasoning/stepValue.js';
import type { DocumentString } from './jsonString.js';
import type { RecordReader } from './record.js';
import { type Slice, stepSlice } from './slices.js';

const MARKER = '<prm>';

/**
 * The steps of a text in which every step ends in `<prm>`, with their labels (soft `mc` values). Each marker has one
 * label and is one tree node (`data_pipeline/traverse.py`), so such a step may have several paragraphs. Text after the
 * last marker is a step without a label. `labels`: ids of the label values; `labelsAt`: the array that has them.
 */
export function labeledSteps(
  reader: RecordReader,
  source: DocumentString,
  from: number,
  labels: readonly number[],
  labelsAt: number | undefined,
): { readonly slice: Slice; readonly values: StepValues }[] {
  const { text } = source;
  const steps: { slice: Slice; values: StepValues }[] = [];
  let start = from;
  let markers = 0;
  for (let at = text.indexOf(MARKER, start); at >= 0; at = text.indexOf(MARKER, start)) {
    const label = labels[markers++];
    const value = label === undefined ? undefined : reader.shareAt(label);
    steps.push({ slice: stepSlice(source, start, at), values: value === undefined ? {} : { mc: { value } } });
    start = at + MARKER.length;
  }
  const rest = stepSlice(source, start);
  if (rest.text !== '') steps.push({ slice: rest, values: {} });
  if (labelsAt !== undefined && labels.length !== markers) {
    reader.countMismatch(reader.json.span(labelsAt), () =>
      english(
        'The number of labels ({0}) and of {1} markers ({2}) differ; they were paired from the front. Each marker needs one label.',
        labels.length,
        MARKER,
        markers,
      ),
    );
  }
  return steps;
}
