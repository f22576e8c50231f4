import { l10n, Uri, window } from 'vscode';
import { type RecognizedFamily, RecognizeModel } from '../../server/protocol/models.js';
import { exists } from '../shell/exists.js';
import { writeOwn } from '../shell/writeOwn.js';
import type { Command } from './command.js';

/**
 * Asks for the model that scores: the bundled one, or a folder with a `prm.json`. If the file is missing and the model
 * is of a known family, offers to write it.
 */
export const selectModel: Command = {
  id: 'steplens.selectModel',
  async run({ settings, client }) {
    const current = settings.read().modelPath;
    const bundled = {
      label: `$(package) ${l10n.t('Bundled model')}`,
      description: current === '' ? l10n.t('in use') : '',
      detail: l10n.t('StepLens mini, for grade-school word problems. Needs no download.'),
    };
    const folder = {
      label: `$(folder-opened) ${l10n.t('A folder…')}`,
      description: current,
      detail: l10n.t('A folder with prm.json, its ONNX graph and tokenizer.json.'),
    };
    const choice = await window.showQuickPick([bundled, folder], { title: l10n.t('Process reward model'), ignoreFocusOut: true });
    if (choice === bundled) return settings.write('modelPath', '');
    if (choice !== folder) return;
    const [picked] =
      (await window.showOpenDialog({
        canSelectFolders: true,
        canSelectFiles: false,
        title: l10n.t('Model folder (with prm.json)'),
        openLabel: l10n.t('Use Model'),
      })) ?? [];
    if (!picked) return;
    const profile = Uri.joinPath(picked, 'prm.json');
    if (!(await exists(profile))) {
      const text = await offerProfile(picked, await client.request(RecognizeModel, { folder: picked.fsPath }));
      if (text === undefined) return;
      await writeOwn(profile, `${text}\n`);
    }
    return settings.write('modelPath', picked.fsPath);
  },
};

/** Returns the text of the profile to write, as chosen by the user; undefined to write none. */
async function offerProfile(folder: Uri, found: readonly RecognizedFamily[]): Promise<string | undefined> {
  if (found.length === 0) {
    void window.showErrorMessage(
      l10n.t(
        "{0} has no prm.json, and by its files it is of no family that StepLens knows. Choose the folder that holds the model's profile, or write one: the README's section on models says how.",
        folder.fsPath,
      ),
    );
    return undefined;
  }
  const items = found.map(({ name, profile }) => ({ label: `$(file-add) ${name}`, detail: profile, profile }));
  const choice = await window.showQuickPick(items, {
    title: l10n.t('{0} has no prm.json', folder.fsPath),
    placeHolder: l10n.t('By its files the model is one of these. Write the profile?'),
    ignoreFocusOut: true,
  });
  return choice?.profile;
}
