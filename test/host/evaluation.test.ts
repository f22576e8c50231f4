import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commands, TabInputWebview, Uri, window } from 'vscode';
import { closeAll, fixture, show, until } from './support.js';

describe('the commands for evaluation and training data', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'steplens-host-'));
  });
  after(async () => {
    await closeAll();
    rmSync(folder, { recursive: true });
  });

  it('open one evaluation panel per file', async () => {
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

  it('write training data of the open document, and open the written file', async () => {
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
});
