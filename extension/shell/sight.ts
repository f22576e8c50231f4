import { type Disposable, type TextDocument, type TextEditor, window } from 'vscode';
import type { Range } from '../../server/reasoning/span.js';

/** Scrolling is reported after it has stopped for this many ms. */
const settleMs = 150;

/** Returns the visible lines of a document; undefined if no editor shows it. */
export function linesInSight(document: TextDocument): Range | undefined {
  const editor = window.visibleTextEditors.find((one) => one.document === document);
  return editor && rangeOf(editor);
}

/** Reports the visible lines of an editor whenever they change. */
export function watchSight(tell: (document: TextDocument, range: Range) => void): Disposable {
  const waiting = new Map<TextEditor, NodeJS.Timeout>();
  const tellNow = (editor: TextEditor): void => {
    waiting.delete(editor);
    const range = rangeOf(editor);
    if (range) tell(editor.document, range);
  };
  const listener = window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => {
    clearTimeout(waiting.get(textEditor));
    waiting.set(
      textEditor,
      setTimeout(() => tellNow(textEditor), settleMs),
    );
  });
  return {
    dispose() {
      listener.dispose();
      for (const timer of waiting.values()) clearTimeout(timer);
    },
  };
}

function rangeOf({ visibleRanges }: TextEditor): Range | undefined {
  const [first, last] = [visibleRanges[0], visibleRanges.at(-1)];
  return first && last && { start: { line: first.start.line, character: 0 }, end: { line: last.end.line, character: 0 } };
}
