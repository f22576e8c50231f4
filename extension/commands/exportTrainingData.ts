import { type ExtensionContext, l10n, ProgressLocation, type QuickPickItem, Uri, window, workspace } from 'vscode';
import {
  type ExportOutcome,
  ExportTraining,
  type ExportTrainingParams,
  type TrainingFormat,
  TrainingFormats,
} from '../../server/protocol/training.js';
import { type Command, filesOf } from './command.js';

/** The command line's own, so that both write the same file. */
export const exportSeed = 1;
const thresholdsKey = 'steplens.export.thresholds';

/** Training data from trees and labeled solutions: format, threshold, source and target are asked for, in this order. */
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
    const result = await window.withProgress({ location: ProgressLocation.Notification, title: `Exporting ${format.title}` }, () =>
      stepLens.client.request(ExportTraining, params),
    );
    await window.showTextDocument(out, { preview: false });
    void tell(result, format, threshold, sources);
  },
};

/** Thresholds the last exports of this workspace used, by format. */
export function exportThresholds({ workspaceState }: ExtensionContext): Readonly<Record<string, number>> {
  return workspaceState.get<Record<string, number>>(thresholdsKey, {});
}

function rememberThreshold({ workspaceState }: ExtensionContext, { id }: TrainingFormat, threshold: number): Thenable<void> {
  return workspaceState.update(thresholdsKey, { ...workspaceState.get<Record<string, number>>(thresholdsKey, {}), [id]: threshold });
}

/** Nothing is open or chosen: files, or the folder of a run. */
async function pickSource(): Promise<readonly Uri[]> {
  return (
    (await window.showOpenDialog({
      canSelectFiles: true,
      canSelectFolders: true,
      canSelectMany: true,
      title: l10n.t('Trees and labeled solutions, or the folder of a run'),
      openLabel: 'Export From Here',
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
    prompt: `A step whose value is at or below this is an error. From 0 to 1; usual is ${threshold}.`,
    value: String(last ?? threshold),
    validateInput: (value) => (numberOf(value) >= 0 && numberOf(value) <= 1 ? undefined : 'A number from 0 to 1'),
  });
  return text === undefined ? undefined : numberOf(text);
}

function askTarget(source: Uri, { id, title }: TrainingFormat): Thenable<Uri | undefined> {
  const stem = source.path.replace(/\/$/, '').replace(/\.[^./]*$/, '');
  return window.showSaveDialog({
    defaultUri: source.with({ path: `${stem}.${id}.jsonl` }),
    filters: { 'JSON Lines': ['jsonl'] },
    title: `Save ${title}`,
  });
}

async function tell(outcome: ExportOutcome, format: TrainingFormat, threshold: number, sources: readonly Uri[]): Promise<void> {
  const { samples, samplesWithError, paths, excluded } = outcome;
  const left = excluded.map(({ reason, count }) => `${count} ${reason}`).join(', ');
  const message = `${samples} ${samples === 1 ? 'sample' : 'samples'} of ${paths} paths written, ${samplesWithError} with an error.${left === '' ? ' Nothing was left out.' : ` Left out: ${left}.`}`;
  const details = 'Show What Was Left Out';
  const choice = await window.showInformationMessage(message, ...(excluded.length + outcome.faults.length > 0 ? [details] : []));
  if (choice !== details) return;
  await window.showTextDocument(
    await workspace.openTextDocument({
      language: 'markdown',
      content: exportReport(
        outcome,
        format,
        threshold,
        sources.map((uri) => workspace.asRelativePath(uri)),
      ),
    }),
    { preview: true },
  );
}

/** Every exclusion by reason, with the rules, as Markdown. */
export function exportReport(
  { files, samples, samplesWithError, paths, excluded, faults }: ExportOutcome,
  { title, rules }: TrainingFormat,
  threshold: number,
  sources: readonly string[],
): string {
  const rows = excluded.map(({ reason, meaning, count }) => `| ${reason} | ${count} | ${meaning} |\n`).join('');
  const usual = rules
    .slice(1)
    .map((rule) => `- ${rule}\n`)
    .join('');
  return [
    `# ${title}\n\nFrom ${sources.join(', ')} (${files} ${files === 1 ? 'file' : 'files'}), seed ${exportSeed}.\n`,
    `| | paths |\n|---|---:|\n| written without an error | ${samples - samplesWithError} |\n| written with an error | ${samplesWithError} |\n| left out | ${paths - samples} |\n| all | ${paths} |\n`,
    `## Left out\n\n${rows === '' ? 'Nothing.\n' : `| reason | paths | what it means |\n|---|---:|---|\n${rows}`}`,
    `## Rules\n\n- A value at or below ${threshold} is an error.\n${usual}`,
    ...(faults.length === 0 ? [] : [`## Could not be read\n\n${faults.map(({ uri, message }) => `- ${uri}: ${message}\n`).join('')}`]),
  ].join('\n');
}
