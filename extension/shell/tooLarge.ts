import { open } from 'node:fs/promises';
import { commands, type Disposable, env, TabInputText, type Uri, window, workspace } from 'vscode';
import { detectFormat, HEAD_LENGTHS } from '../../server/formats/registry.js';

/** VS Code opens a larger file but hands its text to no extension. */
const limitBytes = 50 * 1024 * 1024;
const names = /\.(json|jsonl|md|txt)$/i;

/** Says once a file that a file StepLens could read is too large for any extension, and what to do instead. */
export function watchTooLarge(): Disposable {
  const told = new Set<string>();
  const look = async (): Promise<void> => {
    const input = window.tabGroups.activeTabGroup.activeTab?.input;
    if (!(input instanceof TabInputText) || input.uri.scheme !== 'file' || !names.test(input.uri.path)) return;
    if (told.has(input.uri.toString()) || !(await isTooLarge(input.uri))) return;
    told.add(input.uri.toString());
    await tell(input.uri);
  };
  return window.tabGroups.onDidChangeTabs(() => void look().catch(() => undefined));
}

async function isTooLarge(uri: Uri): Promise<boolean> {
  const { size } = await workspace.fs.stat(uri);
  return size > limitBytes && detectFormat(await readHead(uri.fsPath)) !== undefined;
}

async function readHead(path: string): Promise<string> {
  const file = await open(path);
  try {
    const length = HEAD_LENGTHS[1]!;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function tell(uri: Uri): Promise<void> {
  const name = workspace.asRelativePath(uri);
  const command = `steplens score "${uri.fsPath}"`;
  const choice = await window.showInformationMessage(
    `${name} is over 50 MB. VS Code hands the text of such a file to no extension, so StepLens cannot mark it here. It can show the records 1,000 at a time; in a terminal: steplens score FILE`,
    'Open Records',
    'Copy Command',
  );
  if (choice === 'Open Records') await commands.executeCommand('steplens.openRecords', uri);
  if (choice === 'Copy Command') await env.clipboard.writeText(command);
}
