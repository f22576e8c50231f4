import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CodeAction, commands, Range, Uri, workspace } from 'vscode';
import { closeAll, show, until } from './support.js';

describe('quick fixes', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'steplens-fixes-'))));
  after(async () => {
    await closeAll();
    rmSync(folder, { recursive: true, force: true });
  });

  it('correct the wrong result of a calculation in a step', async () => {
    const path = join(folder, 'wrong.md');
    writeFileSync(path, '# Problem\n\nHow many apples are 3 and 4?\n\nStep 1: There are 3 + 4 = 8 apples.\n\nStep 2: The answer is 8.\n');
    const document = await show(Uri.file(path));
    const line = document.lineAt(4).range;
    const fix = await until('the quick fix', async () => {
      const actions = await commands.executeCommand<CodeAction[]>(
        'vscode.executeCodeActionProvider',
        document.uri,
        new Range(line.start.translate(0, 10), line.end),
      );
      return actions.find(({ title }) => title.startsWith('Correct the result'));
    });
    assert.equal(fix.title, 'Correct the result: 3 + 4 = 7');
    assert.ok(fix.edit && (await workspace.applyEdit(fix.edit)));
    assert.equal(document.lineAt(4).text, 'Step 1: There are 3 + 4 = 7 apples.');
    await commands.executeCommand('workbench.action.files.save');
  });

  it('offer to map fields where records are not recognized', async () => {
    const path = join(folder, 'mixed.jsonl');
    const good = { prompt: 'q', completions: ['a', 'b'], labels: [true, false] };
    writeFileSync(path, `${JSON.stringify(good)}\n${JSON.stringify({ something: 'else' })}\n`);
    const document = await show(Uri.file(path));
    const fixes = await until('the quick fix', async () => {
      const actions = await commands.executeCommand<CodeAction[]>(
        'vscode.executeCodeActionProvider',
        document.uri,
        document.lineAt(1).range,
      );
      return actions.length > 0 && actions;
    });
    assert.deepEqual(
      fixes.map(({ command }) => command?.command),
      ['steplens.mapFields'],
    );
  });
});
