import { FileType, l10n, type Uri, workspace } from 'vscode';
import { isTrusted } from './trust.js';

/**
 * Writes a file into a folder whose content may come from others. Rejects when the workspace is not trusted, and when
 * the file is a link, which would be followed.
 */
export async function writeOwn(uri: Uri, text: string): Promise<void> {
  if (!isTrusted())
    throw new Error(l10n.t('This workspace is not trusted, so nothing is written. Trust it first: "Workspaces: Manage Workspace Trust".'));
  const there = await workspace.fs.stat(uri).then(
    ({ type }) => type,
    () => FileType.Unknown,
  );
  if ((there & FileType.SymbolicLink) !== 0)
    throw new Error(l10n.t('{0} is a link, and nothing is written through it. Remove it first.', uri.fsPath));
  await workspace.fs.writeFile(uri, new TextEncoder().encode(text));
}
