import { type ExtensionContext, l10n, ProgressLocation, type QuickPickItem, Uri, window, workspace } from 'vscode';
import {
  type ExportOutcome,
  ExportTraining,
  type ExportTrainingParams,
  type TrainingFormat,
  TrainingFormats,
} from '../../server/protocol/training.js';
import type { Reports } from '../views/reports.js';
import { type Command, filesOf } from './command.js';

/** The same seed as the command line's, so that both write the same file. */
export const exportSeed = 1;
const thresholdsKey = 'steplens.export.thresholds';

/** Exports training data from trees and labeled solutions. Asks for source, format, threshold and target, in order. */
export const exportTrainingData: Command = {
  id: 'steplens.exportTrainingData',
  async run(stepLens, target, selected, options) {
    const given = (options ?? {}) as Partial<{ format: string; threshold: number; out: string }>;
    const uris = filesOf(stepLens, target, selected);
    const sources = uris.length > 0 ? uris : await pickSource();
    const [first] = sources;
    if (first === undefined) return;
    const formats = await stepLens.client.request(TrainingFormats, {});
    const format = formats.find(({ id }) => id === given.format) ?? (await pickFormat(formats));
    if (!format) return;
    const threshold = given.threshold ?? (await askThreshold(format, exportThresholds(stepLens.context)[format.id]));
    if (threshold === undefined) return;
    await rememberThreshold(stepLens.context, format, threshold);
    const out = typeof given.out === 'string' ? Uri.parse(given.out, true) : await askTarget(first, format);
    if (!out) return;
    for (const uri of sources) if (uri.scheme !== 'file') await workspace.openTextDocument(uri);
    const params: ExportTrainingParams = { uris: sources.map(String), format: format.id, threshold, seed: exportSeed, out: out.toString() };
    const result = await window.withProgress(
      { location: ProgressLocation.Notification, title: l10n.t('Exporting {0}', format.title) },
      () => stepLens.client.request(ExportTraining, params),
    );
    await window.showTextDocument(out, { preview: false });
    void tell(stepLens.reports, result, format, threshold, sources);
  },
};

/** Returns the thresholds of this workspace's last exports, by format. */
export function exportThresholds({ workspaceState }: ExtensionContext): Readonly<Record<string, number>> {
  return workspaceState.get<Record<string, number>>(thresholdsKey, {});
}

function rememberThreshold({ workspaceState }: ExtensionContext, { id }: TrainingFormat, threshold: number): Thenable<void> {
  return workspaceState.update(thresholdsKey, { ...workspaceState.get<Record<string, number>>(thresholdsKey, {}), [id]: threshold });
}

/** If nothing is open or chosen, asks for files or the folder of a run. */
async function pickSource(): Promise<readonly Uri[]> {
  return (
    (await window.showOpenDialog({
      canSelectFiles: true,
      canSelectFolders: true,
      canSelectMany: true,
      title: l10n.t('Trees and labeled solutions, or the folder of a run'),
      openLabel: l10n.t('Export From Here'),
    })) ?? []
  );
}

async function pickFormat(formats: readonly TrainingFormat[]): Promise<TrainingFormat | undefined> {
  const items = formats.map((format): QuickPickItem & { format: TrainingFormat } => ({
    format,
    label: format.title,
    description: format.id,
    detail: format.rules.join(' '),
  }));
  return (await window.showQuickPick(items, { title: l10n.t('Format of the training data'), matchOnDescription: true }))?.format;
}

async function askThreshold({ title, threshold }: TrainingFormat, last: number | undefined): Promise<number | undefined> {
  const numberOf = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text.replace(',', '.')));
  const text = await window.showInputBox({
    title,
    prompt: l10n.t('A step whose value is at or below this is an error. From 0 to 1; usual is {0}.', threshold),
    value: String(last ?? threshold),
    ignoreFocusOut: true,
    validateInput: (value) => (numberOf(value) >= 0 && numberOf(value) <= 1 ? undefined : l10n.t('A number from 0 to 1')),
  });
  return text === undefined ? undefined : numberOf(text);
}

function askTarget(source: Uri, { id, title }: TrainingFormat): Thenable<Uri | undefined> {
  const stem = source.path.replace(/\/$/, '').replace(/\.[^./]*$/, '');
  return window.showSaveDialog({
    defaultUri: source.with({ path: `${stem}.${id}.jsonl` }),
    filters: { 'JSON Lines': ['jsonl'] },
    title: l10n.t('Save {0}', title),
  });
}

async function tell(
  reports: Reports,
  outcome: ExportOutcome,
  format: TrainingFormat,
  threshold: number,
  sources: readonly Uri[],
): Promise<void> {
  const { samples, samplesWithError, paths, excluded } = outcome;
  const left = excluded.map(({ reason, count }) => `${count} ${reason}`).join(', ');
  const message = [
    l10n.t('Samples written: {0} of {1} paths, {2} with an error.', samples, paths, samplesWithError),
    left === '' ? l10n.t('Nothing was left out.') : l10n.t('Left out: {0}.', left),
  ].join(' ');
  const details = l10n.t('Show What Was Left Out');
  const choice = await window.showInformationMessage(message, ...(excluded.length + outcome.faults.length > 0 ? [details] : []));
  if (choice !== details) return;
  const names = sources.map((uri) => workspace.asRelativePath(uri));
  await reports.show(l10n.t('What an export left out'), exportReport(outcome, format, threshold, names));
}

/** Returns every exclusion by reason, with the rules, as Markdown. */
function exportReport(
  { files, samples, samplesWithError, paths, excluded, faults }: ExportOutcome,
  { title, rules }: TrainingFormat,
  threshold: number,
  sources: readonly string[],
): string {
  return `${[
    `# ${title}`,
    l10n.t('Sources: {0}. Files: {1}. Seed: {2}.', sources.join(', '), files, exportSeed),
    table(
      ['', l10n.t('paths')],
      [
        [l10n.t('written without an error'), samples - samplesWithError],
        [l10n.t('written with an error'), samplesWithError],
        [l10n.t('left out'), paths - samples],
        [l10n.t('all'), paths],
      ],
    ),
    `## ${l10n.t('Left out')}`,
    excluded.length === 0
      ? l10n.t('Nothing was left out.')
      : table(
          [l10n.t('reason'), l10n.t('paths'), l10n.t('what it means')],
          excluded.map(({ reason, meaning, count }) => [reason, count, meaning]),
        ),
    `## ${l10n.t('Rules')}`,
    [l10n.t('A value at or below {0} is an error.', threshold), ...rules.slice(1)].map((rule) => `- ${rule}`).join('\n'),
    ...(faults.length === 0
      ? []
      : [`## ${l10n.t('Could not be read')}`, faults.map(({ uri, message }) => `- ${uri}: ${message}`).join('\n')]),
  ].join('\n\n')}\n`;
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
