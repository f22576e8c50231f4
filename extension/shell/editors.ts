import { Range, Selection, type TabGroup, type TextEditor, TextEditorRevealType, type Uri, ViewColumn, window, workspace } from 'vscode';
import type { Range as ProtocolRange } from '../../server/reasoning/span.js';

export function toRange(range: ProtocolRange): Range {
  return new Range(range.start.line, range.start.character, range.end.line, range.end.character);
}

/** Returns the editor that shows a document, the active one first. */
export function visibleEditor(uri: Uri): TextEditor | undefined {
  const key = uri.toString();
  const shows = (editor: TextEditor | undefined): boolean => editor?.document.uri.toString() === key;
  return shows(window.activeTextEditor) ? window.activeTextEditor : window.visibleTextEditors.find(shows);
}

/**
 * Shows a range of a document and selects it (or puts the cursor at its start). Uses the editor that already shows the
 * document. Moves the focus only if requested.
 */
export async function reveal(uri: Uri, range: Range, how: { readonly focus: boolean; readonly select: boolean }): Promise<TextEditor> {
  const selection = how.select ? new Selection(range.start, range.end) : new Selection(range.start, range.start);
  let editor = visibleEditor(uri);
  if (!editor || how.focus) {
    editor = await window.showTextDocument(await workspace.openTextDocument(uri), {
      viewColumn: editor?.viewColumn ?? columnOf(uri) ?? ViewColumn.One,
      preserveFocus: !how.focus,
      preview: false,
    });
  }
  editor.selection = selection;
  editor.revealRange(range, TextEditorRevealType.InCenterIfOutsideViewport);
  return editor;
}

/** Returns the column of a tab that has the document but is hidden behind another tab. */
function columnOf(uri: Uri): ViewColumn | undefined {
  const holds = (group: TabGroup): boolean =>
    group.tabs.some(({ input }) => typeof input === 'object' && input !== null && 'uri' in input && String(input.uri) === uri.toString());
  return window.tabGroups.all.find(holds)?.viewColumn;
}
