import { Uri, window, workspace } from 'vscode';
import type { Command } from './command.js';

/** Chooses the model that scores: the bundled one, or a folder with a `prm.json`. */
export const selectModel: Command = {
  id: 'steplens.selectModel',
  async run({ settings }) {
    const current = settings.read().modelPath;
    const bundled = { label: '$(package) Bundled model', description: current === '' ? 'in use' : '', detail: 'StepLens mini, for grade-school word problems. Needs no download.' };
    const folder = { label: '$(folder-opened) A folder…', description: current, detail: 'A folder with prm.json, its ONNX graph and tokenizer.json.' };
    const choice = await window.showQuickPick([bundled, folder], { title: 'Process reward model' });
    if (choice === bundled) return settings.write('modelPath', '');
    if (choice !== folder) return;
    const [picked] = (await window.showOpenDialog({ canSelectFolders: true, canSelectFiles: false, title: 'Model folder (with prm.json)', openLabel: 'Use Model' })) ?? [];
    if (!picked) return;
    const profile = Uri.joinPath(picked, 'prm.json');
    if (await exists(profile)) return settings.write('modelPath', picked.fsPath);
    void window.showErrorMessage(`${picked.fsPath} has no prm.json. Choose the folder that holds the model's profile, or write one: the README's section on models says how.`);
  },
};

async function exists(uri: Uri): Promise<boolean> {
  return Promise.resolve(workspace.fs.stat(uri)).then(() => true, () => false);
}
