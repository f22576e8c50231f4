import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commands, Selection, TabInputWebview, Uri, window } from 'vscode';
import { closeAll, fixture, show, until } from './support.js';

describe('evaluation and training data', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'steplens-host-'));
  });
  after(async () => {
    await closeAll();
    rmSync(folder, { recursive: true });
  });

  it('opens one evaluation panel a file', async () => {
    const uri = fixture('tree.json');
    await show(uri);
    const panels = () =>
      window.tabGroups.all
        .flatMap(({ tabs }) => tabs)
        .filter(({ input }) => input instanceof TabInputWebview && input.viewType.endsWith('steplens.evaluation'));
    await commands.executeCommand('steplens.evaluateFile', uri);
    await until('the panel', () => panels().length === 1);
    await commands.executeCommand('steplens.evaluateFile', uri, [uri]);
    assert.equal(panels().length, 1);
    assert.equal(panels()[0]!.label, 'Evaluation: tree.json');
  });

  it('writes training data of the document as it is, and opens it', async () => {
    const uri = fixture('tree.json');
    const out = Uri.file(join(folder, 'out.jsonl'));
    await commands.executeCommand('steplens.exportTrainingData', uri, undefined, { format: 'trl', threshold: 0, out: out.toString() });
    const records = readFileSync(out.fsPath, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { completions: string[]; labels: boolean[] });
    assert.ok(records.length > 0);
    for (const { completions, labels } of records) assert.equal(labels.length, completions.length);
    await until('the file to be shown', () => window.activeTextEditor?.document.uri.toString() === out.toString());
  });

  it('asks why a path is not in the training set, for the step at the cursor', async () => {
    const document = await show(fixture('tree.json'));
    const editor = window.activeTextEditor!;
    const at = document.positionAt(document.getText().lastIndexOf('There are 3 + 4 = 7 apples.') + 3);
    editor.selection = new Selection(at, at);
    const asked = commands.executeCommand('steplens.whyNotInTrainingSet');
    // The answer is a list. Closing it ends the command.
    let isDone = false;
    void asked.then(() => (isDone = true));
    await until('the list to be left', async () => {
      await commands.executeCommand('workbench.action.closeQuickOpen');
      return isDone;
    });
  });
});
