import type { CancellationToken } from 'vscode-languageserver';
import { momentTexts } from '../../debug/moment.js';
import { codeActions } from '../../language/codeActions.js';
import { codeLens } from '../../language/codeLens.js';
import { documentSymbols } from '../../language/documentSymbols.js';
import { foldingRanges } from '../../language/foldingRanges.js';
import { hover } from '../../language/hover.js';
import { inlayHints } from '../../language/inlayHints.js';
import type { ScoredDocument } from '../../language/scoredDocument.js';
import { placeAt } from '../../language/stepAt.js';
import { LookedAt } from '../../protocol/steps.js';
import type { EditorSession } from '../session.js';

/** Handles the standard LSP features. A document that is not open, or that no format claims, has none of them. */
export function handleLanguage(session: EditorSession): void {
  const { connection, service } = session;
  /** Resolves with the document after its edits are read, so that an edit is read once and not once per feature. */
  const readDocument = async (
    { textDocument: { uri } }: { readonly textDocument: { readonly uri: string } },
    token: CancellationToken,
  ): Promise<ScoredDocument | undefined> => {
    const document = await session.readDocument(uri);
    return token.isCancellationRequested ? undefined : document;
  };

  connection.onHover(async (params, token) => {
    const document = await readDocument(params, token);
    const place = document && placeAt(document, params.position);
    if (!place) return null;
    const { uris, refusals } = await session.findImages(document.uri, place.problem.problem.images);
    const known = place.step === undefined ? [] : momentTexts(session.moments, place.problem.problem, place.step.step.index);
    return hover(document, params.position, uris, refusals, known);
  });
  connection.languages.inlayHint.on(async (params, token) => {
    const document = await readDocument(params, token);
    if (!document || !service.settings.inlayHints) return [];
    const place = placeAt(document, params.range.start);
    service.look(document.uri, place?.problem.problem.index ?? 0);
    return inlayHints(document, params.range, service.settings.inlayHintsPosition);
  });
  connection.onCodeLens(async (params, token) => {
    const document = await readDocument(params, token);
    if (!document || !service.settings.codeLens) return [];
    return codeLens(document, await session.labelingResults(document.uri), session.lensWindow(document));
  });
  session.door.on(LookedAt, ({ uri, range }) => session.lookAt(uri, range));
  connection.onCodeAction(async (params, token) => {
    const document = await readDocument(params, token);
    const text = session.texts.get(params.textDocument.uri);
    // The document may be older than the text while the user types.
    if (!document || text?.version !== document.version) return [];
    return codeActions(document, text.getText(), params.range, params.context.diagnostics);
  });
  // Watched event logs change when a run in another process continues.
  connection.onDidChangeWatchedFiles(() => session.refreshViews());
  connection.onDocumentSymbol(async (params, token) => {
    const document = await readDocument(params, token);
    return document ? documentSymbols(document, session.problemsInSight(document)) : [];
  });
  connection.onFoldingRanges(async (params, token) => {
    const document = await readDocument(params, token);
    return document ? foldingRanges(document) : [];
  });
}
