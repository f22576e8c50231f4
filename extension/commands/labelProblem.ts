import { type CancellationToken, commands, l10n, type Progress, ProgressLocation, Uri, window, workspace } from 'vscode';
import { type LabelingParams, type LabelOutcome, LabelProblem } from '../../server/protocol/labeling.js';
import { isCancelled, remedyIn } from '../../server/protocol/message.js';
import { consentToLabel } from '../shell/labelingConsent.js';
import { listed } from '../shell/listed.js';
import { detailsOf, messageForUser } from '../shell/log.js';
import { commandOf } from '../shell/remedy.js';
import type { StepLens } from '../shell/stepLens.js';
import { type Command, problemIn, targetOf } from './command.js';

/** Labels a problem (the given one, else at the cursor) with the policy of the settings, and shows its growing tree. */
export const labelProblem: Command = {
  id: 'steplens.labelProblem',
  async run(stepLens, target, problem) {
    const uri = targetOf(stepLens, target);
    if (!uri) {
      void window.showInformationMessage(
        l10n.t('Open a file with problems first: a list of problems with their answers, or any file of solutions that has both.'),
      );
      return;
    }
    const index = await problemIn(stepLens, uri, problem);
    const outcome = await label(stepLens, uri, index, false);
    if (outcome?.state === 'known') await offerAgain(stepLens, uri, index, outcome);
    else if (outcome) await tell(stepLens, uri, index, outcome);
  },
};

/** Labels one problem, with a notification that shows progress and can cancel. Undefined for a (reported) failure. */
export async function label(
  stepLens: StepLens,
  uri: Uri,
  problem: number,
  again: boolean,
  { name, showsTree } = { name: l10n.t('Labeling'), showsTree: true },
): Promise<LabelOutcome | undefined> {
  if (!(await consentToLabel(stepLens))) return undefined;
  await workspace.openTextDocument(uri);
  return window.withProgress(
    { location: ProgressLocation.Notification, title: `StepLens: ${name}`, cancellable: true },
    async (progress, token) => {
      // Shown once: if the user closes the tree, it does not open again.
      let isShown = !showsTree;
      const listener = stepLens.client.onDidChangeLabeling((params) => {
        if (params.uri !== uri.toString() || params.problem !== problem || params.state === 'ended') return;
        if (params.state === 'running') report(progress, params);
        if (!isShown) void stepLens.panels.showLabeling(Uri.parse(params.file, true));
        isShown = true;
      });
      try {
        return await ask(stepLens, uri, problem, again, token);
      } catch (error) {
        if (token.isCancellationRequested || isCancelled(error)) throw error;
        void offerHelp(stepLens, uri, problem, again, error);
        return undefined;
      } finally {
        listener.dispose();
      }
    },
  );
}

/** Reports why a run failed and what can be done. When the cause is gone, the same run continues. */
async function offerHelp(stepLens: StepLens, uri: Uri, problem: number, again: boolean, error: unknown): Promise<void> {
  stepLens.log.error(`Labeling ${uri.toString()}, problem ${problem + 1}: ${detailsOf(error)}`);
  const [retry, tryOnce, showLog] = [l10n.t('Retry'), l10n.t('Try the Policy Once'), l10n.t('Show Log')];
  const remedy = commandOf(remedyIn(error));
  const helps = remedy ? [remedy.title] : [];
  const choice = await window.showErrorMessage(`StepLens: ${messageForUser(error)}`, ...helps, retry, tryOnce, showLog);
  if (choice !== undefined && choice === remedy?.title) await commands.executeCommand(remedy.command);
  if (choice === showLog) stepLens.log.show();
  if (choice === tryOnce) await commands.executeCommand('steplens.tryPolicy', uri, problem);
  if (choice !== retry) return;
  const outcome = await label(stepLens, uri, problem, again);
  if (outcome) await tell(stepLens, uri, problem, outcome);
}

async function ask(
  { client }: StepLens,
  uri: Uri,
  problem: number,
  again: boolean,
  token: CancellationToken,
): Promise<LabelOutcome | undefined> {
  return client.request(LabelProblem, { uri: uri.toString(), problem, again }, token);
}

function report(progress: Progress<{ message: string }>, { rollouts, budget, searches, resumed, servers, waiting }: LabelingParams): void {
  if (waiting !== undefined) return progress.report({ message: waiting });
  progress.report({
    message: listed([
      budget === undefined ? l10n.t('{0} rollouts', rollouts) : l10n.t('{0} of {1} rollouts', rollouts, budget),
      ...(resumed === 0 ? [] : [l10n.t('{0} of them from before', resumed)]),
      ...(searches === 0 ? [] : [l10n.t('search {0}', searches)]),
      ...(servers.length === 0 ? [] : [l10n.t('sent to {0}', listed(servers.map((origin) => new URL(origin).host)))]),
    ]),
  });
}

/** Reports the outcome in one sentence, with the next action. */
async function tell(
  stepLens: StepLens,
  uri: Uri,
  problem: number,
  { state, file, rollouts, failures, undecided, resumed }: LabelOutcome,
): Promise<void> {
  const facts = [
    l10n.t('{0} rollouts', rollouts),
    resumed > 0 ? l10n.t('{0} of them from before', resumed) : '',
    failures > 0 ? l10n.t('{0} failed', failures) : '',
    undecided > 0 ? l10n.t('{0} undecided', undecided) : '',
  ];
  const counts = listed(facts.filter((text) => text !== ''));
  const message =
    state === 'cancelled'
      ? l10n.t('Labeling was cancelled after {0}. They are kept: resume now, or label the problem again later.', counts)
      : l10n.t('The problem is labeled: {0}.', counts);
  const [openTree, showRun, resume] = [l10n.t('Open Tree'), l10n.t('Show Run'), l10n.t('Resume')];
  const choice = await window.showInformationMessage(message, openTree, state === 'cancelled' ? resume : showRun);
  if (choice === openTree) await stepLens.panels.open(Uri.parse(file, true), 0);
  if (choice === showRun) await stepLens.runs.show(Uri.joinPath(Uri.parse(file, true), '..'));
  if (choice !== resume) return;
  const outcome = await label(stepLens, uri, problem, false);
  if (outcome) await tell(stepLens, uri, problem, outcome);
}

async function offerAgain(stepLens: StepLens, uri: Uri, problem: number, outcome: LabelOutcome): Promise<void> {
  const [openTree, again] = [l10n.t('Open Tree'), l10n.t('Label Again')];
  const choice = await window.showInformationMessage(l10n.t('This problem was labeled with these settings before.'), openTree, again);
  if (choice === openTree) await stepLens.panels.open(Uri.parse(outcome.file, true), 0);
  if (choice !== again) return;
  const second = await label(stepLens, uri, problem, true);
  if (second) await tell(stepLens, uri, problem, second);
}
