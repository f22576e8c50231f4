import { type Disposable, workspace } from 'vscode';

/**
 * A workspace that is not trusted cannot choose the model or the device: VS Code withholds those settings (the manifest's
 * `restrictedConfigurations`) and the server is informed, so that it does not take them from anywhere else.
 */
export function isTrusted(): boolean {
  return workspace.isTrusted;
}

/** Trust is only ever granted, never taken back, while a window is open. */
export function onDidGrantTrust(listener: () => void): Disposable {
  return workspace.onDidGrantWorkspaceTrust(listener);
}
