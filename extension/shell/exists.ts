import { type Uri, workspace } from 'vscode';

/** Whether there is a file or folder at an address. */
export function exists(uri: Uri): Promise<boolean> {
  return Promise.resolve(workspace.fs.stat(uri)).then(
    () => true,
    () => false,
  );
}
