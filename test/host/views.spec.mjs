/** The view in the activity bar as a screen reader sees it, and the status row that leads to it. */
import { strict as assert } from 'node:assert';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, it } from 'mocha';
import { root, slowness } from '../../scripts/run.mjs';
import { openFile, runCommand, webviewFrame } from '../../scripts/workbench.mjs';
import { useEditor } from './editor.mjs';
import { answerNotification } from './notification.mjs';
import { until } from './until.mjs';

const samples = join(root, 'media', 'samples');
/** Labels decide: nothing needs to be scored. */
const unscored = { 'steplens.scoreOnOpen': false };
/** Files that VS Code does not pass to an extension automatically, and the limit that each exceeds, in MB. */
const large = [
  ['connection.jsonl', 10],
  ['any.jsonl', 50],
];

describe('the view of open files', () => {
  const editor = useEditor(async (folder) => {
    const records = await readFile(join(samples, 'visualprm400k.jsonl'), 'utf8');
    await cp(join(samples, 'trees', 'number-line.json'), join(folder, 'number-line.json'));
    await writeFile(join(folder, 'packed.jsonl.gz'), gzipSync(records));
    await writeFile(join(folder, 'many.jsonl'), records.trim().concat('\n').repeat(60));
    // Slightly above VS Code's limit for loading over a connection, and above its limit for extensions.
    const size = Buffer.byteLength(records);
    for (const [name, megabytes] of large)
      await writeFile(
        join(folder, name),
        records
          .trim()
          .concat('\n')
          .repeat(Math.ceil((megabytes * 2 ** 20) / size) + 1),
      );
    return { settings: unscored };
  });
  const rows = () => editor.page.locator('.part.sidebar .monaco-list-row');
  const labeled = (label) => editor.page.locator(`.part.sidebar .monaco-list-row[aria-label^="${label}"]`).first();

  it('describes the kind and the findings of every row to screen readers', async () => {
    await openFile(editor.page, 'number-line.json');
    await runCommand(editor.page, 'View: Show StepLens');
    await labeled('File number-line.json: ').waitFor();
    await labeled('First low step 0.00. ').waitFor();
    for (const label of await rows().evaluateAll((all) => all.map((row) => row.getAttribute('aria-label'))))
      assert.match(label, /^(File .+: \d+ first low steps?|(First low|Low) step \d\.\d\d\. .+: .+)/);
  });

  it('has no accessibility violation that axe finds in its rows', async () => {
    await editor.page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    const found = await editor.page.evaluate(async () => {
      const rules = [
        'aria-treeitem-name',
        'aria-command-name',
        'aria-valid-attr',
        'aria-valid-attr-value',
        'aria-allowed-attr',
        'image-alt',
      ];
      const { violations } = await globalThis.axe.run('.part.sidebar .tree-explorer-viewlet-tree-view', { runOnly: rules });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    });
    assert.deepEqual(found, []);
  });

  it('can be used by keyboard to go to a step, find a file and open its tree', async () => {
    const { page } = editor;
    const focused = () => page.locator('.part.sidebar .monaco-list-row.focused').first().getAttribute('aria-label');
    const press = async (key, label) => {
      await page.keyboard.press(key);
      await until(async () => label.test(await focused()), `${key} to lead to ${String(label)}`);
    };
    await runCommand(page, 'StepLens: Focus on Reasoning Files View');
    await press('Home', /^File number-line\.json/);
    await press('ArrowDown', /^(First low|Low) step/);
    await page.keyboard.press('Enter');
    await until(
      async () => !/^Ln 1,/.test(await page.locator('[id="status.editor.selection"]').innerText()),
      'Enter to go to the step in the file',
    );
    await runCommand(page, 'StepLens: Focus on Reasoning Files View');
    await press('End', /^(First low|Low) step|^\d+ more/);
    await press('n', /^File number-line\.json/);
    await page.keyboard.press('Shift+F10');
    const item = page.getByRole('menuitem', { name: 'Open Reasoning Tree' });
    await item.waitFor();
    await until(async () => {
      await page.keyboard.press('ArrowDown');
      return item.evaluate((one) => one.closest('.action-item')?.classList.contains('focused') ?? false);
    }, 'the arrow key to lead to the item of the menu');
    await page.keyboard.press('Enter');
    await webviewFrame(page).locator('svg g.node').first().waitFor();
  });

  for (const [name, megabytes] of large)
    it(`shows a file over ${megabytes} MB, which VS Code does not pass to extensions, as marked pages`, async () => {
      const { page } = editor;
      await runCommand(page, 'View: Close All Editors');
      await openFile(page, name);
      await answerNotification(page, `${name} is over ${megabytes} MB`, 'Open Records');
      await page.locator('.codelens-decoration a').filter({ hasText: 'first low step' }).first().waitFor();
    });

  it('lists the low steps of records from a compressed file', async () => {
    await runCommand(editor.page, 'View: Close All Editors');
    await openFile(editor.page, 'packed.jsonl.gz');
    await runCommand(editor.page, 'StepLens: Open Records');
    await runCommand(editor.page, 'View: Show StepLens');
    await labeled('File packed.jsonl: ').waitFor();
    await labeled('Problem 1, ').waitFor();
  });

  it('opens from the status if the Problems panel does not list all low steps', async () => {
    await runCommand(editor.page, 'View: Close All Editors');
    await openFile(editor.page, 'many.jsonl');
    await runCommand(editor.page, 'View: Show Explorer');
    const item = editor.page.locator('[id="status.languageStatus"]');
    await item.waitFor();
    await until(async () => {
      await item.hover();
      return (await editor.page.getByText('Show all in the View').count()) > 0;
    }, 'the row of the status to offer all');
    await editor.page.getByText('Show all in the View').first().click();
    await labeled('File many.jsonl: ').waitFor();
  });
});

describe('the extension in Chinese', () => {
  const editor = useEditor(async (folder) => {
    await cp(join(samples, 'trees', 'number-line.json'), join(folder, 'number-line.json'));
    const good = { prompt: 'q', completions: ['a', 'b'], labels: [true, false] };
    await writeFile(join(folder, 'broken.jsonl'), `${JSON.stringify(good)}\n${JSON.stringify({ ...good, labels: ['good', false] })}\n`);
    return { settings: unscored, language: 'zh-cn' };
  });

  it('reports what is wrong with a file, and offers the fix', async () => {
    const { page } = editor;
    await openFile(page, 'broken.jsonl');
    await runCommand(page, 'View: Focus Problems');
    const row = page.locator('.markers-panel .monaco-list-row').filter({ hasText: '应为“+”或“-”' }).first();
    await row.waitFor();
    await row.dblclick();
    await page.locator('.monaco-editor.focused').first().waitFor();
    await page
      .locator('[id="status.editor.selection"]')
      .filter({ hasText: /^Ln 2,/ })
      .waitFor();
    // A key pressed before the focus has moved is lost, so the test presses it again, as a user would.
    const fix = page.getByText('将 "good" 替换为 "+"').first();
    const offered = async () => {
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+.');
      return fix.waitFor({ timeout: 5000 * slowness }).then(() => true);
    };
    await until(offered, 'the fix in the menu of code actions');
    await page.keyboard.press('Escape');
    await runCommand(page, 'View: Hide Panel');
    await runCommand(page, 'View: Close All Editors');
  });

  it('has Chinese texts in code lenses and the tree panel', async () => {
    const { page } = editor;
    await openFile(page, 'number-line.json');
    const lens = (text) => page.locator('.codelens-decoration a').filter({ hasText: text }).first();
    await lens('转到第一个').waitFor();
    await lens('推理树').click();
    const panel = webviewFrame(page);
    await panel.getByRole('button', { name: '图例：颜色和形状的含义' }).waitFor();
    await panel.getByRole('tab', { name: '统计' }).click();
    await panel.getByText('步骤分值').first().waitFor();
    assert.equal(await panel.locator('html').getAttribute('lang'), 'zh-cn');
    // Texts of the file are not translated, nor is the toolkit's name for its field, which our name replaces.
    const own = await readFile(join(editor.folder, 'number-line.json'), 'utf8');
    const texts = await panel
      .locator('body')
      .evaluate((body) =>
        [...body.querySelectorAll('[aria-label], [title]')].flatMap((one) => [one.getAttribute('aria-label'), one.getAttribute('title')]),
      );
    const english = texts.filter((text) => text !== null && /[a-z]{3,} [a-z]{2,}/.test(text) && !/\p{Script=Han}/u.test(text));
    assert.deepEqual(
      english.filter((text) => !own.includes(text.slice(0, 24)) && text !== 'Text field'),
      [],
    );
  });
});
