import type { ExportFormat } from './exportFormat.js';
import { processText } from './selection.js';

/**
 * The training data of MM-PRM: `data_pipeline/traverse.py` (threshold 0, 10 words) and `prm_data_format.py`, with soft
 * values as labels. Only the first image is written, because InternVL's loader takes one path; it is empty for text
 * problems.
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
