import { CodeActionKind, type Connection, type InitializeResult, TextDocumentSyncKind, TextDocuments } from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { setTexts } from '../l10n.js';
import { handleComparison } from './handlers/comparison.js';
import { handleDebug } from './handlers/debug.js';
import { handleEvaluation } from './handlers/evaluation.js';
import { handleLabeling } from './handlers/labeling.js';
import { handleLanguage } from './handlers/language.js';
import { handleModels } from './handlers/models.js';
import { handleRecords } from './handlers/records.js';
import { handleRequests } from './handlers/requests.js';
import { handleReview } from './handlers/review.js';
import { handleRun } from './handlers/run.js';
import { handleScoring } from './handlers/scoring.js';
import { handleSettings } from './handlers/settings.js';
import { handleSteps } from './handlers/steps.js';
import { handleTools } from './handlers/tools.js';
import { handleTraining } from './handlers/training.js';
import { EditorSession } from './session.js';
import type { ServerWorld } from './world.js';

/** One function per topic: it registers the requests of that topic. */
const handlers: readonly ((session: EditorSession) => void)[] = [
  handleSettings,
  handleLanguage,
  handleScoring,
  handleSteps,
  handleComparison,
  handleLabeling,
  handleEvaluation,
  handleTraining,
  handleModels,
  handleDebug,
  handleRecords,
  handleRequests,
  handleReview,
  handleRun,
  handleTools,
];

/**
 * Serves one client: opens its session, registers the handlers, and follows its documents. The returned function stops
 * all work in progress and resolves when it has ended.
 */
export function startServer(connection: Connection, world: ServerWorld): () => Promise<void> {
  const texts = new TextDocuments(TextDocument);
  let session: EditorSession | undefined;

  connection.onInitialize(async (params): Promise<InitializeResult> => {
    setTexts(await world.texts(params.locale));
    const opened = await EditorSession.open(connection, world, texts, params);
    session = opened;
    for (const handle of handlers) handle(opened);
    return {
      serverInfo: { name: 'StepLens', version: world.version },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
        hoverProvider: true,
        inlayHintProvider: true,
        codeLensProvider: {},
        codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, CodeActionKind.Refactor] },
        documentSymbolProvider: true,
        // VS Code folds JSON itself. With two providers it asks both at every pause and redraws all folds of a file.
        foldingRangeProvider: { documentSelector: [{ language: 'markdown' }, { language: 'plaintext' }] },
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
      },
    };
  });
  const stop = async (): Promise<void> => session?.dispose();
  connection.onShutdown(stop);
  texts.onDidChangeContent(({ document }) => session?.service.update(document));
  texts.onDidOpen(({ document }) => void session?.review.load(document.uri));
  texts.onDidClose(({ document }) => session?.close(document.uri));
  texts.listen(connection);
  connection.listen();
  return stop;
}
