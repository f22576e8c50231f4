import type { Uri } from 'vscode';
import { type Disposable, workspace } from 'vscode';
import { LabelsChanged } from '../../server/protocol/review.js';
import type { Client } from '../shell/client.js';

const suffix = '.steplens-labels.jsonl';

/** Merges a document with its labels again when its label log changes on disk: others' labels arrive through git. */
export function watchLabels(client: Client): Disposable {
  const watcher = workspace.createFileSystemWatcher(`**/*${suffix}`);
  const changed = (log: Uri): void => {
    if (!client.isStarted) return;
    const uri = log.with({ path: log.path.slice(0, -suffix.length) }).toString();
    void client.request(LabelsChanged, { uri }).catch(() => undefined);
  };
  watcher.onDidCreate(changed);
  watcher.onDidChange(changed);
  watcher.onDidDelete(changed);
  return watcher;
}
