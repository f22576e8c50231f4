import { commands, type Disposable, type ExtensionContext, l10n, window } from 'vscode';
import { isCancelled, remedyIn } from '../server/protocol/message.js';
import { allowServer } from './commands/allowServer.js';
import { cancelScoring } from './commands/cancelScoring.js';
import { clearCache } from './commands/clearCache.js';
import type { Command } from './commands/command.js';
import { compareRuns } from './commands/compareRuns.js';
import { debugLabeling } from './commands/debugLabeling.js';
import { debugLog } from './commands/debugLog.js';
import { evaluateFile } from './commands/evaluateFile.js';
import { exportTrainingData } from './commands/exportTrainingData.js';
import { forkSearch } from './commands/forkSearch.js';
import { getStarted } from './commands/getStarted.js';
import { goToStep } from './commands/goToStep.js';
import { judgeHere } from './commands/judgeHere.js';
import { judgeNeutral, judgeRight, judgeSkip, judgeUnsure, judgeWrong, undoJudgment } from './commands/judgeStep.js';
import { labelAll } from './commands/labelAll.js';
import { labelProblem } from './commands/labelProblem.js';
import { mapFields } from './commands/mapFields.js';
import { moreRollouts } from './commands/moreRollouts.js';
import { nextLowStep } from './commands/nextLowStep.js';
import { openDebuggedTree } from './commands/openDebuggedTree.js';
import { nextRecords, openRecords, previousRecords } from './commands/openRecords.js';
import { openSample } from './commands/openSample.js';
import { openTree } from './commands/openTree.js';
import { previousLowStep } from './commands/previousLowStep.js';
import { restartServer } from './commands/restartServer.js';
import { reviewSteps } from './commands/reviewSteps.js';
import { revokeServer } from './commands/revokeServer.js';
import { scoreAgain } from './commands/scoreAgain.js';
import { scoreDocument } from './commands/scoreDocument.js';
import { selectDevice } from './commands/selectDevice.js';
import { selectModel } from './commands/selectModel.js';
import { sendRequestAgain } from './commands/sendRequestAgain.js';
import { setServerKey } from './commands/setServerKey.js';
import { setThreshold } from './commands/setThreshold.js';
import { showAgreement } from './commands/showAgreement.js';
import { showImage } from './commands/showImage.js';
import { showLog } from './commands/showLog.js';
import { showRequest } from './commands/showRequest.js';
import { showRun } from './commands/showRun.js';
import { stopLabeling } from './commands/stopLabeling.js';
import { tryPolicy } from './commands/tryPolicy.js';
import { whyNotInTrainingSet } from './commands/whyNotInTrainingSet.js';
import { followMoments, MomentMarks, treeUriOf } from './debug/followMoment.js';
import { debugType, registerDebugger } from './debug/searchDebugger.js';
import { EvaluationPanels } from './panels/evaluationPanels.js';
import { ReviewPanels } from './panels/reviewPanels.js';
import { TreePanels } from './panels/treePanels.js';
import { ActiveFile } from './shell/activeFile.js';
import { Claims } from './shell/claims.js';
import { Client } from './shell/client.js';
import { Contexts } from './shell/contexts.js';
import { createLog, detailsOf, messageForUser } from './shell/log.js';
import { offerRecords } from './shell/recordFiles.js';
import { commandOf } from './shell/remedy.js';
import { ServerConsent } from './shell/serverConsent.js';
import { Settings } from './shell/settings.js';
import { StatusRows } from './shell/status.js';
import type { StepLens } from './shell/stepLens.js';
import { watchTooLarge } from './shell/tooLarge.js';
import { watchUnmapped } from './shell/unmapped.js';
import { registerLanguageModelTools } from './tools/languageModelTools.js';
import { registerMcpServers } from './tools/mcpServers.js';
import { CellOutputs } from './views/cellOutputs.js';
import { FilesView } from './views/filesView.js';
import { JudgeLenses } from './views/judgeLenses.js';
import { RecordDocuments } from './views/recordDocuments.js';
import { Reports } from './views/reports.js';
import { RequestDocuments } from './views/requestDocuments.js';
import { ReviewSession } from './views/reviewSession.js';
import { RunView } from './views/runView.js';
import { watchLabels } from './views/watchLabels.js';

const table: readonly Command[] = [
  getStarted,
  openSample,
  openRecords,
  nextRecords,
  previousRecords,
  openTree,
  nextLowStep,
  previousLowStep,
  goToStep,
  showImage,
  scoreDocument,
  scoreAgain,
  cancelScoring,
  clearCache,
  labelProblem,
  labelAll,
  tryPolicy,
  moreRollouts,
  debugLabeling,
  debugLog,
  openDebuggedTree,
  forkSearch,
  reviewSteps,
  judgeHere,
  judgeWrong,
  judgeNeutral,
  judgeRight,
  judgeUnsure,
  judgeSkip,
  undoJudgment,
  showAgreement,
  compareRuns,
  showRequest,
  showRun,
  sendRequestAgain,
  stopLabeling,
  allowServer,
  revokeServer,
  setServerKey,
  evaluateFile,
  exportTrainingData,
  whyNotInTrainingSet,
  mapFields,
  selectModel,
  selectDevice,
  setThreshold,
  showLog,
  restartServer,
];

/** What `activate` returns to other extensions. */
export interface Api {
  readonly client: Pick<Client, 'status' | 'onDidChangeStatus' | 'isStarted' | 'previewThreshold'>;
}

export function activate(context: ExtensionContext): Api {
  try {
    return start(context);
  } catch (error) {
    // VS Code reports a failed activation only in its own log.
    void window.showErrorMessage(l10n.t('StepLens did not start: {0}', messageForUser(error)));
    throw error;
  }
}

function start(context: ExtensionContext): Api {
  const log = createLog();
  const settings = new Settings();
  const claims = new Claims();
  const active = new ActiveFile(claims);
  const consent = new ServerConsent(context.globalState);
  const client = new Client(context, log, claims, settings, consent);
  const panels = new TreePanels({ client, active, log, extensionUri: context.extensionUri }, claims);
  const evaluations = new EvaluationPanels({ client, active, consent, settings, log, extensionUri: context.extensionUri });
  const review = new ReviewSession(client, context.workspaceState, () => settings.reviewer);
  const reviews = new ReviewPanels({
    client,
    active,
    session: review,
    log,
    extensionUri: context.extensionUri,
    kinds: () => settings.errorKinds,
  });
  const requests = new RequestDocuments(client);
  const records = new RecordDocuments(client);
  const reports = new Reports();
  const marks = new MomentMarks(client);
  const runs = new RunView(client);
  const views = { review, reviews, requests, records, reports, marks, runs };
  // Disposed of in this order: listeners of the claims before the claims.
  const shell = { log, settings, active, claims, consent, client, panels, evaluations };
  const stepLens: StepLens = { context, ...shell, ...views };
  context.subscriptions.push(
    registerMcpServers(context),
    new Contexts(client, active, consent),
    new FilesView(client, claims),
    new CellOutputs(client),
  );
  context.subscriptions.push(...registerLanguageModelTools(context, client));
  context.subscriptions.push(...registerDebugger(client, active, consent));
  context.subscriptions.push(...Object.values(views), offerRecords(client), new JudgeLenses(client, review), watchLabels(client));
  context.subscriptions.push(...followSearch(stepLens));
  context.subscriptions.push(...Object.values(shell), new StatusRows(client, claims, log), watchTooLarge());
  context.subscriptions.push(...watchUnmapped(claims));
  for (const command of table) context.subscriptions.push(register(command, stepLens));
  context.subscriptions.push(
    client.onDidChangeStatus(({ asksFor }) => {
      if (asksFor !== undefined) consent.offer(asksFor);
    }),
  );
  const begin = (): void => claims.start();
  // `npm start` opens a window for a newcomer. The walkthrough in it does not wait for the server and the model.
  if (process.env.STEPLENS_GET_STARTED === '1') void commands.executeCommand(getStarted.id).then(begin, begin);
  else begin();
  return { client };
}

/** Shows the debugger's position in the file and the tree panel. */
function followSearch({ marks, panels, log }: StepLens): Disposable[] {
  const failed = (error: unknown): void => log.debug(`Following the debugger: ${messageForUser(error)}`);
  return followMoments(
    debugType,
    (moment) => {
      void marks.show(moment).catch(failed);
      void panels.showMoment(treeUriOf(moment), moment.event).catch(failed);
    },
    () => {
      const { moment } = marks;
      marks.clear();
      if (moment) void panels.showMoment(treeUriOf(moment), null).catch(failed);
    },
  );
}

/** Registers a command. Every failure is shown to the user, and logged in full. */
function register({ id, run }: Command, stepLens: StepLens): { dispose(): void } {
  return commands.registerCommand(id, async (...args: unknown[]) => {
    try {
      await stepLens.active.open();
      await run(stepLens, ...args);
    } catch (error) {
      // The user cancelled it and needs no message.
      if (isCancelled(error)) return;
      stepLens.log.error(`${id}: ${detailsOf(error)}`);
      const remedy = commandOf(remedyIn(error));
      const buttons = [...(remedy ? [remedy.title] : []), l10n.t('Show Log')];
      const choice = await window.showErrorMessage(`StepLens: ${messageForUser(error)}`, ...buttons);
      if (choice === undefined) return;
      if (choice === remedy?.title) await commands.executeCommand(remedy.command);
      else stepLens.log.show();
    }
  });
}
