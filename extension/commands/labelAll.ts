import { l10n, Uri, window } from 'vscode';
import type { LabelOutcome } from '../../server/protocol/labeling.js';
import { ProblemViewRequest } from '../../server/protocol/problemView.js';
import { consentToLabel } from '../shell/labelingConsent.js';
import { listed } from '../shell/listed.js';
import type { StepLens } from '../shell/stepLens.js';
import { type Command, targetOf } from './command.js';
import { label } from './labelProblem.js';

/** Labels every problem of a file, one after the other. Cancelling stops the command; the next run resumes there. */
export const labelAll: Command = {
  id: 'steplens.labelAll',
  async run(stepLens, target) {
    const uri = targetOf(stepLens, target);
    if (!uri) return;
    const view = await stepLens.client.request(ProblemViewRequest, { uri: uri.toString(), problem: 0 });
    const count = view?.problemCount ?? 0;
    if (!(await consentToLabel(stepLens))) return;
    const outcomes: LabelOutcome[] = [];
    for (let problem = 0; problem < count; problem++) {
      const outcome = await label(stepLens, uri, problem, false, {
        name: l10n.t('Labeling problem {0} of {1}', problem + 1, count),
        showsTree: false,
      });
      // The failure was reported, with a Retry button.
      if (outcome === undefined) return;
      outcomes.push(outcome);
      if (outcome.state !== 'cancelled') continue;
      void window.showInformationMessage(
        l10n.t('Labeling was cancelled at problem {0} of {1}. What was sampled is kept: run it again to resume.', problem + 1, count),
      );
      return;
    }
    await tellAll(stepLens, outcomes);
  },
};

async function tellAll({ runs }: StepLens, outcomes: readonly LabelOutcome[]): Promise<void> {
  const last = outcomes.at(-1);
  if (!last) return;
  const before = outcomes.filter(({ state }) => state === 'known').length;
  const failures = outcomes.reduce((sum, one) => sum + one.failures, 0);
  const rollouts = outcomes.reduce((sum, one) => sum + one.rollouts, 0);
  const parts = [
    l10n.t('{0} rollouts', rollouts.toLocaleString('en')),
    before > 0 ? l10n.t('{0} labeled before', before) : '',
    failures > 0 ? l10n.t('{0} rollouts failed', failures) : '',
  ];
  const message = l10n.t('All {0} problems are labeled: {1}.', outcomes.length, listed(parts.filter((part) => part !== '')));
  const choice = await window.showInformationMessage(message, l10n.t('Show Run'));
  if (choice) await runs.show(Uri.joinPath(Uri.parse(last.file, true), '..'));
}
