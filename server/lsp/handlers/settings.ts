import { DidChangeWorkspaceFoldersNotification, type DidChangeWorkspaceFoldersParams } from 'vscode-languageserver';
import { SettingsChanged } from '../../protocol/settings.js';
import { readSettings } from '../../protocol/settingsTable.js';
import type { EditorSession } from '../session.js';

/** Settings, trust, consent, and the folders of the workspace. */
export function handleSettings(session: EditorSession): void {
  session.door.on(SettingsChanged, ({ settings, isTrusted, allowedServers, allowedLabelingServers }) => {
    session.service.configure(readSettings(settings), isTrusted, allowedServers ?? []);
    session.permit({ isTrusted, allowedLabelingServers: allowedLabelingServers ?? [] });
    session.refreshViews();
  });
  session.connection.onNotification(
    DidChangeWorkspaceFoldersNotification.type,
    ({ event: { added, removed } }: DidChangeWorkspaceFoldersParams) => {
      const gone = new Set(removed.map(({ uri }) => uri));
      session.folders = [...session.folders.filter((uri) => !gone.has(uri)), ...added.map(({ uri }) => uri)];
      // A problem's line offers its images, which may be in a folder that was added or removed.
      session.refreshViews();
    },
  );
}
