import { l10n, ProgressLocation, Uri, window } from 'vscode';
import type { RecordsPlace } from '../../server/formats/recordsUri.js';
import { RecordTexts } from '../../server/protocol/records.js';
import { isOfRecords } from '../shell/recordFiles.js';
import type { StepLens } from '../shell/stepLens.js';
import type { Command } from './command.js';

/** How many records to go back, at most: the number that the server reads at a time. */
const PAGE = 1000;

/** Shows the records of a compressed, archived or very large file: the given, active or a chosen one. */
export const openRecords: Command = {
  id: 'steplens.openRecords',
  async run(stepLens, target) {
    const file = target instanceof Uri ? target : (activeFile() ?? (await chosenFile()));
    if (file === undefined) return;
    const { entries } = await withProgress(l10n.t('Looking into {0}', nameOf(file)), () =>
      stepLens.client.request(RecordTexts, { file: file.toString() }),
    );
    const entry = entries.length === 1 ? entries[0] : await window.showQuickPick(entries, { title: l10n.t('Texts in {0}', nameOf(file)) });
    if (entry !== undefined) await show(stepLens, { file: file.toString(), entry, first: 0 });
  },
};

/** Shows the records after those of the active document. */
export const nextRecords: Command = {
  id: 'steplens.nextRecords',
  async run(stepLens) {
    const uri = window.activeTextEditor?.document.uri;
    const place = uri && stepLens.records.after(uri);
    if (place) await show(stepLens, place);
    else void window.showInformationMessage(l10n.t('No records follow.'));
  },
};

/** Shows the records before those of the active document. */
export const previousRecords: Command = {
  id: 'steplens.previousRecords',
  async run(stepLens) {
    const place = stepLens.records.placeOf(window.activeTextEditor?.document.uri);
    if (place && place.first > 0) await show(stepLens, { ...place, first: Math.max(0, place.first - PAGE) });
    else void window.showInformationMessage(l10n.t('No records come before these.'));
  },
};

async function show({ records }: StepLens, place: RecordsPlace): Promise<void> {
  const uri = records.uriOf(place);
  await withProgress(l10n.t('Reading records of {0}', nameOf(Uri.parse(place.file))), () =>
    window.showTextDocument(uri, { preview: false }),
  );
}

function withProgress<T>(title: string, task: () => Thenable<T>): Thenable<T> {
  return window.withProgress({ location: ProgressLocation.Window, title }, task);
}

function nameOf(file: Uri): string {
  return file.path.slice(file.path.lastIndexOf('/') + 1);
}

function activeFile(): Uri | undefined {
  const input = window.tabGroups.activeTabGroup.activeTab?.input;
  const uri = typeof input === 'object' && input !== null && 'uri' in input && input.uri instanceof Uri ? input.uri : undefined;
  return uri !== undefined && uri.scheme === 'file' && isOfRecords(uri) ? uri : undefined;
}

async function chosenFile(): Promise<Uri | undefined> {
  const [file] =
    (await window.showOpenDialog({
      title: l10n.t('File with records'),
      filters: { Records: ['gz', 'zst', 'zstd', 'zip', 'parquet', 'jsonl', 'json'] },
    })) ?? [];
  return file;
}
