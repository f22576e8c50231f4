import { type Disposable, type TextDocument, type TextEditor, window } from 'vscode';
import type { Range } from '../../server/reasoning/span.js';

/** Scrolling is reported when it has been at rest for this long. */
const settleMs = 150;

/** The lines in sight of a document's editor; undefined where none shows it. */
export function linesInSight(document: TextDocument): Range | undefined {
  const editor = window.visibleTextEditors.find((one) => one.document === document);
  return editor && rangeOf(editor);
}

/** Reports what is in sight of an editor whenever it changes. */
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
