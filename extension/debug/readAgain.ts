import { commands, type DebugProtocolMessage, window, workspace } from 'vscode';

/** The fields used of a reply to `stackTrace`. */
interface StackReply {
  readonly command?: unknown;
  readonly body?: { readonly stackFrames?: readonly { readonly line: number; readonly source?: { readonly path?: string } }[] };
}

/**
 * Reads an open log again before a stack is shown, if VS Code's copy lacks the line at the top of the stack. VS Code
 * learns late of lines that another process writes, and never of lines written while their folder was new.
 */
export async function readAgainToStack(message: DebugProtocolMessage): Promise<void> {
  const { command, body } = message as StackReply;
  const [top] = (command === 'stackTrace' && body?.stackFrames) || [];
  const document = workspace.textDocuments.find(({ uri }) => uri.scheme === 'file' && uri.fsPath === top?.source?.path);
  // Every line of a log ends with a line break.
  if (top === undefined || document === undefined || document.isDirty || document.lineCount > top.line) return;
  const shown = window.visibleTextEditors.find((editor) => editor.document === document);
  await window.showTextDocument(document, shown?.viewColumn);
  await commands.executeCommand('workbench.action.files.revert');
}
