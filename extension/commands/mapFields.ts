import { l10n, type QuickPickItem, type TextDocument, type Uri, window, workspace } from 'vscode';
import { readAs } from '../../server/formats/jsonFile.js';
import type { LabelKind, Mapping } from '../../server/formats/mapping.js';
import { MAPPING_FILE, mappedFormat, readMappings } from '../../server/formats/mappingFile.js';
import { fieldsOf, type RecordField } from '../../server/formats/unrecognized.js';
import { type Claims, mappingPlaceOf } from '../shell/claims.js';
import { messageForUser } from '../shell/log.js';
import { writeOwn } from '../shell/writeOwn.js';
import type { Command } from './command.js';

/** Characters of a file that are searched for its fields. */
const headLength = 1_000_000;
const none = l10n.t('None');

const kinds: readonly (QuickPickItem & { readonly labelKind: LabelKind })[] = [
  { labelKind: 'human', label: l10n.t('Verdicts'), detail: l10n.t('true, 1, "+" or false, 0, -1, "-" for each step') },
  { labelKind: 'prm', label: l10n.t('Scores of a PRM'), detail: l10n.t('a probability for each step') },
  { labelKind: 'mc', label: l10n.t('Monte-Carlo values'), detail: l10n.t('the share of rollouts that succeeded, for each step') },
  { labelKind: 'firstError0', label: l10n.t('First error, counted from 0'), detail: l10n.t('one number; -1 means no error') },
  { labelKind: 'firstError1', label: l10n.t('First error, counted from 1'), detail: l10n.t('one number; 0 or -1 means no error') },
];

/**
 * Asks for the meaning of the keys in the active file's records, shows what the mapping reads, and writes it to
 * `steplens.json` beside the file.
 */
export const mapFields: Command = {
  id: 'steplens.mapFields',
  async run({ claims }) {
    const document = window.activeTextEditor?.document;
    const fields = document === undefined ? [] : fieldsOf(document.getText().slice(0, headLength));
    if (document === undefined || fields.length === 0) {
      void window.showInformationMessage(l10n.t('Open a file of JSON records to map their fields.'));
      return;
    }
    const place = mappingPlaceOf(document.uri);
    if (place === undefined) {
      void window.showInformationMessage(l10n.t('Save the file first: its mapping is written to {0} beside it.', MAPPING_FILE));
      return;
    }
    const mapping = await askMapping(document, fields);
    if (mapping === undefined) return;
    const before = await writeMapping(place, mapping);
    await claims.readAgain(place.mapping);
    // The command ends without waiting: the message stays until it is answered or closed.
    offerUndo(claims, place.mapping, before).catch((error: unknown) => void window.showErrorMessage(`StepLens: ${messageForUser(error)}`));
  },
};

async function askMapping(document: TextDocument, fields: readonly RecordField[]): Promise<Mapping | undefined> {
  const steps = await pick(document, fields, l10n.t('Which field has the steps?'), (path) => ({ steps: path }));
  if (steps === undefined || steps === none) return undefined;
  const question = await pick(document, fields, l10n.t('Which field has the question?'), (path) => ({ steps, question: path }), true);
  if (question === undefined) return undefined;
  const base: Mapping = { steps, ...(question !== none && { question }) };
  const labels = await pick(
    document,
    fields,
    l10n.t('Which field has the labels or scores of the steps?'),
    (path) => ({ ...base, labels: path }),
    true,
  );
  if (labels === undefined) return undefined;
  const ask = { title: l10n.t('What is in "{0}"?', labels), ignoreFocusOut: true };
  const kind = labels === none ? undefined : await window.showQuickPick(kinds, ask);
  if (labels !== none && kind === undefined) return undefined;
  const answer = await pick(document, fields, l10n.t('Which field has the reference answer?'), (path) => ({ ...base, answer: path }), true);
  if (answer === undefined) return undefined;
  return { ...base, ...(kind && { labels, labelKind: kind.labelKind }), ...(answer !== none && { answer }) };
}

/** Asks for a field. The title previews what the mapping reads with the highlighted field. Undefined when cancelled. */
function pick(
  document: TextDocument,
  fields: readonly RecordField[],
  title: string,
  mappingWith: (path: string) => Mapping,
  isOptional = false,
): Promise<string | undefined> {
  const picker = window.createQuickPick();
  const head = document.getText().slice(0, headLength);
  picker.title = title;
  picker.ignoreFocusOut = true;
  picker.items = [
    ...(isOptional ? [{ label: none, description: l10n.t('the file has none') }] : []),
    ...fields.map(({ path, sample }) => ({ label: path, description: sample })),
  ];
  picker.onDidChangeActive(([active]) => {
    picker.title = active === undefined || active.label === none ? title : `${title}  ${preview(head, mappingWith(active.label))}`;
  });
  return new Promise((resolve) => {
    picker.onDidAccept(() => {
      resolve(picker.activeItems[0]?.label);
      picker.dispose();
    });
    picker.onDidHide(() => {
      resolve(undefined);
      picker.dispose();
    });
    picker.show();
  });
}

/** Previews what a mapping reads from the first record. */
function preview(head: string, mapping: Mapping): string {
  const [problem] = readAs(mappedFormat(mapping), head).problems;
  const count = problem?.steps.length ?? 0;
  const first = problem?.steps[0];
  if (problem === undefined || first === undefined) return l10n.t('→ no steps');
  const question = problem.question === '' ? '' : `“${problem.question.slice(0, 40)}” `;
  return `→ ${question}${count} ${count === 1 ? 'step' : 'steps'}: “${first.text.slice(0, 40)}”`;
}

/** Reports where the mapping is and offers to undo it: to restore the file `before`, or to delete it if it is new. */
async function offerUndo(claims: Claims, target: Uri, before: string | undefined): Promise<void> {
  const showFile = l10n.t('Open');
  const undo = l10n.t('Undo');
  const choice = await window.showInformationMessage(
    l10n.t('The fields are mapped in {0}.', workspace.asRelativePath(target)),
    showFile,
    undo,
  );
  if (choice === showFile) await window.showTextDocument(target);
  if (choice !== undo) return;
  if (before === undefined) await workspace.fs.delete(target);
  else await writeOwn(target, before);
  await claims.readAgain(target);
}

/** Puts a mapping of this file before the existing ones. Returns the file's previous text, undefined if it is new. */
async function writeMapping(
  { mapping: target, name }: NonNullable<ReturnType<typeof mappingPlaceOf>>,
  mapping: Mapping,
): Promise<string | undefined> {
  const written = await workspace.fs.readFile(target).then(
    (bytes) => new TextDecoder().decode(bytes),
    () => undefined,
  );
  const before = written === undefined ? [] : readMappings(written).filter(({ files }) => files !== name);
  const mappings = [
    { files: name, ...mapping },
    ...before.map((one) => ({ ...(one.files !== undefined && { files: one.files }), ...one.mapping })),
  ];
  await writeOwn(target, `${JSON.stringify({ mappings }, null, 2)}\n`);
  return written;
}
