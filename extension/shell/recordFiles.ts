import { commands, type Disposable, l10n, type Uri, window } from 'vscode';
import { detectFormat } from '../../server/formats/registry.js';
import { looksLikeReasoning } from '../../server/formats/unrecognized.js';
import { RecordPage, RecordTexts } from '../../server/protocol/records.js';
import type { Client } from './client.js';

const NAMES = /\.(?:gz|zst|zstd|zip|parquet)$/i;

/** Whether a file's name is that of a compressed file, an archive or a table. */
export function isOfRecords(uri: Uri): boolean {
  return NAMES.test(uri.path);
}

/** Offers once per opened file to show its records, if a format claims them or their keys look like reasoning data. */
export function offerRecords(client: Client): Disposable {
  const offered = new Set<string>();
  const look = async (): Promise<void> => {
    const input = window.tabGroups.activeTabGroup.activeTab?.input;
    const uri = typeof input === 'object' && input !== null && 'uri' in input ? (input.uri as Uri) : undefined;
    if (uri?.scheme !== 'file' || !isOfRecords(uri) || offered.has(uri.toString())) return;
    offered.add(uri.toString());
    if (!(await hasRecords(client, uri))) return;
    const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
    const choice = await window.showInformationMessage(
      l10n.t('{0} has records of reasoning. StepLens can show them as text.', name),
      l10n.t('Open Records'),
    );
    if (choice) await commands.executeCommand('steplens.openRecords', uri);
  };
  // A file that cannot be read is not offered. The command reports why.
  return window.tabGroups.onDidChangeTabs(() => void look().catch(() => undefined));
}

async function hasRecords(client: Client, uri: Uri): Promise<boolean> {
  const file = uri.toString();
  const { entries } = await client.request(RecordTexts, { file });
  for (const entry of entries.slice(0, 3)) {
    const { text } = await client.request(RecordPage, { file, entry, first: 0 });
    if (detectFormat(text) !== undefined || looksLikeReasoning(text.slice(0, 65_536))) return true;
  }
  return false;
}
