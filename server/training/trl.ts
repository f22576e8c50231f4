import type { ExportFormat } from './exportFormat.js';

/** TRL's stepwise supervision, which its `PRMTrainer` reads: a step is true when its value is above the threshold. */
export const trl: ExportFormat = {
  id: 'trl',
  title: 'TRL stepwise supervision',
  rules: { threshold: 0, endAtError: false, mixedRootsOnly: false, shortWords: 0, balance: false },
  write: (problem, sample, _index, threshold) => ({
    prompt: problem.question,
    completions: sample.pieces.map((piece) => piece.text),
    labels: sample.values.map((value) => value > threshold),
    ...(problem.images.length > 0 && { images: problem.images }),
  }),
};
