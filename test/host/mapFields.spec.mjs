/** Map Fields… in a real VS Code, by real keys: the preview, the file it writes, reading by that file, and undo. */
import { strict as assert } from 'node:assert';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { capture, root } from '../../scripts/run.mjs';
import { openFile, runCommand } from '../../scripts/workbench.mjs';
import { useEditor } from './editor.mjs';
import { until } from './until.mjs';

const rows = [
  { ask: 'What is 1 + 1?', moves: ['Add one.', 'It is 3.'], marks: [1, 0], gold: '2' },
  { ask: 'What is 2 + 2?', moves: ['Add two.', 'It is 4.'], marks: [1, 1], gold: '4' },
];

describe('mapping fields', () => {
  const editor = useEditor((folder) => writeFile(join(folder, 'moves.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join('')));
  before(() => openFile(editor.page, 'moves.jsonl'));

  const lens = () => editor.page.locator('.codelens-decoration').filter({ hasText: 'Reasoning tree' }).first();
  const title = (text) => editor.page.locator('.quick-input-title').filter({ hasText: text }).waitFor();

  /** Waits for the question, chooses a row, and checks the preview. */
  async function answer(question, row, preview) {
    await title(question);
    const found = editor.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: row }).first();
    await found.waitFor();
    await editor.page.keyboard.type(row);
    if (preview) await title(preview);
    await editor.page.keyboard.press('Enter');
  }

  it('shows what each field would read and writes the mapping beside the data', async () => {
    await runCommand(editor.page, 'StepLens: Map Fields…');
    await answer('Which field has the steps?', 'moves', /2 steps: “Add one\.”/);
    await answer('Which field has the question?', 'ask', /“What is 1 \+ 1\?” 2 steps/);
    await answer('Which field has the labels', 'marks', /2 steps/);
    await answer('What is in "marks"?', 'Verdicts');
    await answer('Which field has the reference answer?', 'gold');
    await until(() => access(join(editor.folder, 'steplens.json')).then(() => true), 'the mapping to be written');
    assert.deepEqual(JSON.parse(await readFile(join(editor.folder, 'steplens.json'), 'utf8')), {
      mappings: [{ files: 'moves.jsonl', steps: 'moves', question: 'ask', labels: 'marks', labelKind: 'human', answer: 'gold' }],
    });
  });

  it('applies the mapping to the open file at once', async () => {
    await lens().waitFor();
  });

  it('applies to the command line, too', async () => {
    const { output } = await capture([
      process.execPath,
      join(root, 'dist', 'cli.js'),
      'score',
      join(editor.folder, 'moves.jsonl'),
      '--json',
    ]);
    const [first] = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      first.steps.map(({ text, values }) => [text, values.human]),
      [
        ['Add one.', 1],
        ['It is 3.', -1],
      ],
    );
  });

  it('writes a file that its schema allows, and marks a value that the schema does not allow', async () => {
    await openFile(editor.page, 'steplens.json');
    const squiggles = editor.page.locator('.squiggly-warning, .squiggly-error');
    await editor.page.keyboard.press('Control+End');
    const path = join(editor.folder, 'steplens.json');
    const text = await readFile(path, 'utf8');
    assert.equal(await squiggles.count(), 0);
    await writeFile(path, text.replace('"human"', '"person"'));
    await squiggles.first().waitFor();
    await writeFile(path, text);
    await squiggles.first().waitFor({ state: 'detached' });
  });

  it('can be undone: the file is deleted, and the data is no longer read', async () => {
    await openFile(editor.page, 'moves.jsonl');
    await lens().waitFor();
    const notification = editor.page.locator('.notification-list-item').filter({ hasText: 'steplens.json' }).first();
    if (!(await notification.isVisible())) await runCommand(editor.page, 'Notifications: Show Notifications');
    await notification.hover();
    await notification.getByRole('button', { name: 'Undo' }).click();
    await lens().waitFor({ state: 'detached' });
    await assert.rejects(access(join(editor.folder, 'steplens.json')));
  });
});
