import type { ExportFormat } from './exportFormat.js';
import { processText } from './selection.js';

/**
 * What MM-PRM trains on: `data_pipeline/traverse.py` (threshold 0, 10 words) and `prm_data_format.py`, soft values as labels.
 * The first image is written, as InternVL's loader takes one path; text problems have an empty one.
 */
export const mmPrm: ExportFormat = {
  id: 'mm-prm',
  title: 'MM-PRM annotation (soft values)',
  rules: { threshold: 0, endAtError: true, mixedRootsOnly: true, shortWords: 10, balance: true },
  write: (problem, sample, id) => ({
    id,
    image: problem.images[0] ?? '',
    conversations: [
      { from: 'human', value: `Question: ${problem.question}\nProcess: ${processText(sample)}` },
      { from: 'gpt', value: sample.values },
    ],
  }),
};
