import { isAbsolute, join } from 'node:path';
import { ConfigurationTarget, type Disposable, type Event, EventEmitter, workspace } from 'vscode';
import {
  extensionSettings,
  readConfiguration,
  type ServerSettings,
  type Setting,
  settingsTable,
} from '../../server/protocol/settingsTable.js';

/** The only reader and writer of VS Code's configuration. A value of the wrong type counts as the manifest's default. */
export class Settings implements Disposable {
  readonly #changed = new EventEmitter<void>();
  readonly #listener = workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration('steplens')) this.#changed.fire();
  });

  get onDidChange(): Event<void> {
    return this.#changed.event;
  }

  /** Reads the window's settings. The server reads those with a `resource` scope, for the file of each request. */
  read(): ServerSettings {
    const configuration = workspace.getConfiguration('steplens');
    const settings = readConfiguration((id) => configuration.get(id));
    return { ...settings, modelPath: inWorkspace(settings.modelPath) };
  }

  /** Reviewer's name in the labels; empty = the user's account. */
  get reviewer(): string {
    return valueOf(extensionSettings.reviewer);
  }

  /** Kinds of error a reviewer chooses from. */
  get errorKinds(): readonly string[] {
    return valueOf(extensionSettings.errorKinds);
  }

  /** Writes a setting where the user has already set it: workspace folder or workspace, else the user settings. */
  async write<K extends keyof ServerSettings>(name: K, value: ServerSettings[K]): Promise<void> {
    const configuration = workspace.getConfiguration('steplens');
    const set = configuration.inspect(settingsTable[name].id);
    const target =
      set?.workspaceFolderValue !== undefined
        ? ConfigurationTarget.WorkspaceFolder
        : set?.workspaceValue !== undefined
          ? ConfigurationTarget.Workspace
          : ConfigurationTarget.Global;
    await configuration.update(settingsTable[name].id, value, target);
  }

  dispose(): void {
    this.#listener.dispose();
    this.#changed.dispose();
  }
}

function valueOf<T>({ id, read }: Setting<T>): T {
  return read(workspace.getConfiguration('steplens').get(id));
}

/** Resolves a relative path from the first folder of the workspace. */
function inWorkspace(path: string): string {
  const folder = workspace.workspaceFolders?.[0]?.uri;
  return path === '' || isAbsolute(path) || folder?.scheme !== 'file' ? path : join(folder.fsPath, path);
}
