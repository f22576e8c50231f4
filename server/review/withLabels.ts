import type { ReasoningDocument } from '../reasoning/problem.js';
import { applyLabels } from './applyLabels.js';
import { labelFileOf, readLabelFile } from './labelFile.js';
import { currentLabels } from './labelRecord.js';

/**
 * Adds people's verdicts on steps to the document of a data file as `values.human`, so that evaluation and exports use
 * them. A log that cannot be read leaves the document as it is: the data is still usable, and the editor reports the
 * log.
 */
export async function withLabels(dataPath: string, document: ReasoningDocument): Promise<ReasoningDocument> {
  const { records } = await readLabelFile(labelFileOf(dataPath)).catch(() => ({ records: [] }));
  return applyLabels(document, currentLabels(records)).document;
}
