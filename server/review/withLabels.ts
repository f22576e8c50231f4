import type { ReasoningDocument } from '../reasoning/problem.js';
import { applyLabels } from './applyLabels.js';
import { labelFileOf, readLabelFile } from './labelFile.js';
import { currentLabels } from './labelRecord.js';

/**
 * The document of a data file with what people said of its steps as `values.human`, so that evaluation and exports use it. A log that
 * cannot be read leaves the document as it is: the data counts without it, and the editor reports the log.
 */
export async function withLabels(dataPath: string, document: ReasoningDocument): Promise<ReasoningDocument> {
  const { records } = await readLabelFile(labelFileOf(dataPath)).catch(() => ({ records: [] }));
  return applyLabels(document, currentLabels(records)).document;
}
