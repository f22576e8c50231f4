import { open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { commands, type Disposable, env, l10n, TabInputText, UIKind, type Uri, window, workspace } from 'vscode';
import { detectFormat, HEAD_LENGTHS } from '../../server/formats/registry.js';

/** VS Code opens a larger file but gives its text to no extension. */
const limitBytes = 50 * 1024 * 1024;
/** Over a remote connection VS Code asks before it loads a file larger than this. */
const remoteLimitBytes = 10 * 1024 * 1024;
/** ms within which VS Code has the text of a file that it loads without asking. */
const loadMs = 5_000;
const names = /\.(json|jsonl|md|txt)$/i;

/** Notifies once per file that a file of a known format is too large for any extension, and what to do instead. */
export function watchTooLarge(): Disposable {
  const told = new Set<string>();
  const look = async (): Promise<void> => {
    const input = window.tabGroups.activeTabGroup.activeTab?.input;
    if (!(input instanceof TabInputText) || input.uri.scheme !== 'file' || !names.test(input.uri.path)) return;
    const { uri } = input;
    const limit = told.has(uri.toString()) ? undefined : await exceeded(uri);
    if (limit === undefined || told.has(uri.toString())) return;
    told.add(uri.toString());
    await tell(uri, limit);
  };
  return window.tabGroups.onDidChangeTabs(() => void look().catch(() => undefined));
}

/** Returns the limit, in bytes, that keeps the text of a file of a known format from extensions, else undefined. */
async function exceeded(uri: Uri): Promise<number | undefined> {
  const { size } = await workspace.fs.stat(uri);
  const isRemote = env.remoteName !== undefined || env.uiKind === UIKind.Web;
  const limit = size > limitBytes ? limitBytes : isRemote && size > remoteLimitBytes ? remoteLimitBytes : undefined;
  if (limit === undefined || detectFormat(await readHead(uri.fsPath)) === undefined) return undefined;
  if (limit === limitBytes) return limit;
  await pause(loadMs);
  return workspace.textDocuments.some((document) => document.uri.toString() === uri.toString()) ? undefined : limit;
}

async function readHead(path: string): Promise<string> {
  const file = await open(path);
  try {
    const length = HEAD_LENGTHS[1];
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function tell(uri: Uri, limit: number): Promise<void> {
  const name = workspace.asRelativePath(uri);
  const command = `steplens score "${uri.fsPath}"`;
  const size = limit / 2 ** 20;
  const message =
    limit === limitBytes
      ? l10n.t(
          '{0} is over {1} MB. VS Code hands the text of such a file to no extension, so StepLens cannot mark it here. It can show the records 1,000 at a time; in a terminal: steplens score FILE',
          name,
          size,
        )
      : l10n.t(
          '{0} is over {1} MB. Over this connection VS Code asks before it loads such a file, so StepLens cannot mark it here. It can show the records 1,000 at a time; in a terminal: steplens score FILE',
          name,
          size,
        );
  const openRecords = l10n.t('Open Records');
  const copyCommand = l10n.t('Copy Command');
  const choice = await window.showInformationMessage(message, openRecords, copyCommand);
  if (choice === openRecords) await commands.executeCommand('steplens.openRecords', uri);
  if (choice === copyCommand) await env.clipboard.writeText(command);
}
