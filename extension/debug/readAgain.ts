import { commands, type DebugProtocolMessage, window, workspace } from 'vscode';

/** What is read of a reply to `stackTrace`. */
interface StackReply {
  readonly command?: unknown;
  readonly body?: { readonly stackFrames?: readonly { readonly line: number; readonly source?: { readonly path?: string } }[] };
}

/**
 * Before a stack is shown: where VS Code has the log open without the line of the stack's top, it is read again. VS Code hears late of
 * lines that another process writes, and of those written while their folder was new it does not hear at all.
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
