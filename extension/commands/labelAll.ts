import { window } from 'vscode';
import { ProblemViewRequest } from '../../server/protocol/problemView.js';
import { consentToLabel } from '../shell/labelingConsent.js';
import { type Command, targetOf } from './command.js';
import { label } from './labelProblem.js';

/** Labels every problem of a file, one after the other; cancelling one stops here, and running it again resumes from there. */
export const labelAll: Command = {
  id: 'steplens.labelAll',
  async run(stepLens, target) {
    const uri = targetOf(stepLens, target);
    if (!uri) return;
    const view = await stepLens.client.request(ProblemViewRequest, { uri: uri.toString(), problem: 0 });
    const count = view?.problemCount ?? 0;
    if (!(await consentToLabel(stepLens))) return;
    for (let problem = 0; problem < count; problem++) {
      const outcome = await label(stepLens, uri, problem, false, {
        name: `Labeling problem ${problem + 1} of ${count}`,
        showsTree: false,
      });
      // It failed, which was said, with Retry.
      if (outcome === undefined) return;
      if (outcome.state !== 'cancelled') continue;
      void window.showInformationMessage(
        `Labeling was cancelled at problem ${problem + 1} of ${count}. What was sampled is kept: run it again to resume.`,
      );
      return;
    }
    void window.showInformationMessage(`All ${count} problems are labeled.`);
  },
};
