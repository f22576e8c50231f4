import { commands, l10n, type QuickPickItem, type Uri, window } from 'vscode';
import type { StepAtResult } from '../../server/protocol/steps.js';
import { ExplainTraining, type ExplainTrainingParams, type TrainingExplanation } from '../../server/protocol/training.js';
import { type Command, isIndex, placeIn, targetOf } from './command.js';
import { exportSeed, exportThresholds } from './exportTrainingData.js';

/**
 * Shows for every format whether the paths through a place are in the training set, why not, and the rules used. The
 * place is the given problem and node, else the step at the cursor.
 */
export const whyNotInTrainingSet: Command = {
  id: 'steplens.whyNotInTrainingSet',
  async run(stepLens, target, problem, node, step) {
    const uri = targetOf(stepLens, target);
    if (!uri) return;
    const given: StepAtResult | null =
      isIndex(problem) && (isIndex(node) || isIndex(step))
        ? { problem, ...(isIndex(node) && { node }), ...(isIndex(step) && { step }) }
        : null;
    const place = given ?? (await placeIn(stepLens, uri));
    if (!place || (place.node === undefined && place.step === undefined)) {
      void window.showInformationMessage(l10n.t('Put the cursor on a step first: the question is asked of the paths through it.'));
      return;
    }
    const params: ExplainTrainingParams = {
      uri: uri.toString(),
      problem: place.problem,
      seed: exportSeed,
      thresholds: exportThresholds(stepLens.context),
      ...(place.node !== undefined && { node: place.node }),
      ...(place.step !== undefined && { step: place.step }),
    };
    const answers = await stepLens.client.request(ExplainTraining, params);
    if (answers.length === 0) throw new Error(l10n.t('The file has changed: this step is no longer in it.'));
    const title = l10n.t(
      'In the training set? {0} of problem {1}',
      place.node === undefined ? l10n.t('Step {0}', (place.step ?? 0) + 1) : l10n.t('Node {0}', place.node),
      place.problem + 1,
    );
    const chosen = await window.showQuickPick(answers.map(itemOf), {
      title,
      placeHolder: l10n.t('Choose a format to read its answer in full'),
      matchOnDetail: true,
    });
    if (chosen) void showAnswer(chosen.answer, uri, place);
  },
};

/** Shows an answer and offers a review of the step, because its labels can change the answer. */
async function showAnswer({ title, why, rules }: TrainingExplanation, uri: Uri, { problem, step }: StepAtResult): Promise<void> {
  const review = l10n.t('Review…');
  const detail = `${l10n.t('The rules used, with seed {0}:', exportSeed)}\n${rules.join('\n')}`;
  const chosen = await window.showInformationMessage(`${title}: ${why}`, { modal: true, detail }, ...(step === undefined ? [] : [review]));
  if (chosen === review) await commands.executeCommand('steplens.reviewSteps', uri, undefined, { problem, step });
}

function itemOf(answer: TrainingExplanation): QuickPickItem & { answer: TrainingExplanation } {
  const { included, title, threshold, why } = answer;
  return {
    answer,
    label: `$(${included ? 'check' : 'circle-slash'}) ${title}`,
    description: included ? l10n.t('in, threshold {0}', threshold) : l10n.t('not in, threshold {0}', threshold),
    detail: why,
  };
}
