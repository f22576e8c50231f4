import { l10n, window } from 'vscode';
import { type Command, filesOf } from './command.js';

/**
 * Shows Best-of-N of candidate sets and scores of process benchmarks in a panel: for the files chosen in the explorer,
 * else the open one.
 */
export const evaluateFile: Command = {
  id: 'steplens.evaluateFile',
  run(stepLens, target, selected) {
    const uris = filesOf(stepLens, target, selected);
    if (uris.length > 0) return stepLens.evaluations.open(uris);
    void window.showInformationMessage(
      l10n.t('Open a file to evaluate first: a candidate set with verdicts, or a file of VisualProcessBench, ProcessBench or PRMBench.'),
    );
  },
};
