/** The tree panel in a real VS Code, by real clicks: editor and tree follow each other. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { root } from '../../scripts/run.mjs';
import { openFile, runCommand, webviewFrame } from '../../scripts/workbench.mjs';
import { useEditor } from './editor.mjs';
import { until } from './until.mjs';

describe('the tree panel beside its file', () => {
  /** @type {string[]} */
  const violations = [];

  const editor = useEditor(async () => ({
    workspace: join(root, 'test', 'fixtures', 'workspace'),
    settings: { 'editor.wordWrap': 'on' },
  }));
  before(async () => {
    editor.page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text()) && /webview|steplens/i.test(message.location().url))
        violations.push(message.text());
    });
    await openFile(editor.page, 'tree.json');
    await runCommand(editor.page, 'StepLens: Open Reasoning Tree');
    await webviewFrame(editor.page).locator('svg g.node').nth(5).waitFor();
  });

  const treeItem = (text) => webviewFrame(editor.page).getByRole('treeitem').filter({ hasText: text }).first();
  // Labels are cut and wrapped to fit, so the node is found by the full text of its tree item.
  const node = async (text) => {
    const id = (await treeItem(text).getAttribute('id')).replace('node-', '');
    return webviewFrame(editor.page).locator(`g[data-node="${id}"] .mark`).first();
  };
  // The drawing itself finds the node under the pointer, so Playwright sees only the drawing there. If the panel's size
  // changes before the click, the node moves: a click without effect is repeated.
  const clickNode = (text) =>
    until(async () => {
      await webviewFrame(editor.page).locator('.drawing[data-rest="yes"]').waitFor();
      await (await node(text)).click({ force: true });
      return (await treeItem(text).getAttribute('aria-selected')) === 'true';
    }, `a click on "${text}" to select it`);
  const line = (text) => editor.page.locator('.view-line').filter({ hasText: text }).first();
  const status = () => editor.page.locator('[id="status.editor.selection"]').innerText();

  it('selects the first low step, not the problem, if the cursor is still where the file opened', async () => {
    const selected = webviewFrame(editor.page).getByRole('treeitem', { selected: true });
    await selected.waitFor({ state: 'attached' });
    assert.notEqual(await selected.getAttribute('aria-level'), '1');
    assert.match(await selected.innerText(), /low/i);
  });

  it('reveals a step when its node is clicked', async () => {
    await clickNode('There are 3 + 4');
    await line('3 + 4 = 7 apples').waitFor();
    await editor.page.locator('.view-overlays .selected-text').first().waitFor();
    assert.equal(await treeItem('3 + 4').getAttribute('aria-selected'), 'true');
    assert.equal(await editor.page.evaluate(() => document.activeElement?.tagName), 'IFRAME', 'the focus stays in the panel');
    await editor.page.keyboard.press('Control+1');
    // "Ln 96, Col 41 (27 selected)": the step's text, without its quotes.
    await until(async () => /\(27 selected\)/.test(await status()), 'the step to be selected');
  });

  it('answers whether the path of a node is training data', async () => {
    await clickNode('There are 3 + 4');
    await webviewFrame(editor.page).getByRole('tree').press('w');
    const answers = editor.page.locator('.quick-input-widget');
    await answers.getByText('In the training set? Node').waitFor();
    await answers.locator('.monaco-list-row').filter({ hasText: 'MM-PRM' }).first().waitFor();
    await editor.page.keyboard.press('Escape');
    await answers.waitFor({ state: 'hidden' });
  });

  it('selects the node of the step at the cursor', async () => {
    await line('7 - 5 = 2').click({ position: { x: 200, y: 8 } });
    await until(async () => (await treeItem('7 - 5 = 2').getAttribute('aria-selected')) === 'true', 'the node to be selected');
    assert.equal(await treeItem('3 + 4').getAttribute('aria-selected'), 'false');
    assert.doesNotMatch(await status(), /selected/, 'the cursor stays where it was put');
  });

  it('follows the keyboard to the previous low step', async () => {
    await line('7 - 5 = 2').click({ position: { x: 200, y: 8 } });
    // The status bar shows this message for a few seconds only.
    const said = editor.page
      .getByText(/Low step \d of \d/)
      .first()
      .waitFor();
    await editor.page.keyboard.press('Alt+k');
    await Promise.all([
      said,
      until(async () => (await treeItem('3 + 4').getAttribute('aria-selected')) === 'true', 'the node of the previous low step'),
    ]);
  });

  it('keeps its selection when the window is reloaded', async () => {
    // VS Code's reload command, unlike the browser's reload, saves the window state first.
    await Promise.all([editor.page.waitForEvent('load'), runCommand(editor.page, 'Developer: Reload Window')]);
    await webviewFrame(editor.page).locator('svg g.node').nth(5).waitFor();
    await until(async () => (await treeItem('3 + 4').getAttribute('aria-selected')) === 'true', 'the selection from before');
  });

  it('does not violate its content security policy', () => assert.deepEqual(violations, []));
});
