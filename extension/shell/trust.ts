import { type Disposable, workspace } from 'vscode';

/**
 * A workspace that is not trusted cannot choose the model or the device: VS Code withholds those settings (the
 * manifest's `restrictedConfigurations`), and the server is informed so that it does not take them from elsewhere.
 */
export function isTrusted(): boolean {
  return workspace.isTrusted;
}

/** Trust can be granted but not withdrawn while a window is open. */
export function onDidGrantTrust(listener: () => void): Disposable {
  return workspace.onDidGrantWorkspaceTrust(listener);
}
