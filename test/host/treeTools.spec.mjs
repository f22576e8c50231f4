/** The tools above the tree panel's drawing, in a real VS Code. The browser suite checks the same in a bare page. */
import { strict as assert } from 'node:assert';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { generatedSearch } from '../../scripts/gallery/generatedSearch.mjs';
import { root } from '../../scripts/run.mjs';
import { openFile, runCommand, webviewFrame } from '../../scripts/workbench.mjs';
import { useEditor } from './editor.mjs';
import { until } from './until.mjs';

const file = 'search.json';
const search = generatedSearch({ nodes: 700 });

describe('the tools of the tree panel', () => {
  const editor = useEditor(async (folder) => {
    await cp(join(root, 'test', 'fixtures', 'workspace'), folder, { recursive: true });
    await writeFile(join(folder, file), search);
    return { settings: { 'steplens.scoreOnOpen': false, 'files.simpleDialog.enable': true } };
  });
  before(async () => {
    await editor.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await openFile(editor.page, file);
    // After the file is read, the cursor at its start is in the root.
    await editor.page.locator('.codelens-decoration').filter({ hasText: 'first low steps' }).first().waitFor();
    await runCommand(editor.page, 'StepLens: Open Reasoning Tree');
    await panel().locator('.drawing[data-rest="yes"] g.node').first().waitFor();
  });

  const panel = () => webviewFrame(editor.page);
  const tree = () => panel().getByRole('tree', { name: 'Reasoning tree' });
  const atRest = () => panel().locator('.drawing[data-rest="yes"]').waitFor({ state: 'attached' });
  const selected = async () => (await tree().getAttribute('aria-activedescendant'))?.replace('node-', '');
  const searchField = () => panel().locator('.search-field input').first();
  const key = async (name) => {
    await tree().focus();
    await editor.page.keyboard.press(name);
    await atRest();
  };
  const clipboard = () => editor.page.evaluate(() => globalThis.navigator.clipboard.readText());
  const choose = async (name) => {
    await key('Shift+F10');
    await panel().getByRole('menuitem', { name }).click();
  };
  const picked = async (name) => {
    await panel().getByRole('combobox', { name: 'Values shown' }).click();
    await panel().getByRole('option', { name }).click();
  };

  it('start at the first low step with its siblings, not at the root alone', async () => {
    await until(async () => (await selected()) !== undefined && (await selected()) !== '0', 'a selected node');
    assert.ok((await panel().locator('g.node').count()) > 2);
    assert.equal(await panel().locator('.node.selected .first-low').count(), 1);
  });

  it('stack assumed nodes, and show them one by one', async () => {
    await key('0');
    assert.ok((await panel().locator('.node.stacked, .block').count()) > 0);
    const rows = await panel().getByRole('treeitem').count();
    await panel().getByRole('button', { name: 'Show assumed nodes one by one' }).click();
    await until(async () => (await panel().getByRole('treeitem').count()) > rows, 'the assumed nodes');
    await panel().getByRole('button', { name: 'Stack assumed nodes' }).click();
    await until(async () => (await panel().getByRole('treeitem').count()) === rows, 'the stacks');
  });

  it('draw a minimap of a large tree that moves the view', async () => {
    await panel().getByRole('button', { name: 'Zoom in (+)' }).click();
    await atRest();
    const frame = () =>
      panel()
        .locator('.minimap-frame')
        .evaluate((node) => node.style.transform);
    const from = await frame();
    const { width, height } = await panel().locator('.minimap').boundingBox();
    await panel()
      .locator('.minimap')
      .click({ position: { x: width - 8, y: height - 6 } });
    await until(async () => (await frame()) !== from, 'the frame of the minimap to move');
  });

  it('show the node under the pointer in a tooltip', async () => {
    await key('0');
    await until(async () => {
      await panel().locator('g.node .mark').first().hover({ force: true });
      return (await panel().locator('.tooltip').textContent()).length > 5;
    }, 'the tooltip');
  });

  it('open a menu on a node that copies its step, path and JSON pointer', async () => {
    await panel().getByRole('button', { name: 'Go to the first low step' }).click();
    await until(async () => (await panel().locator('.node.selected .first-low').count()) === 1, 'the first low step');
    await choose('Copy the step');
    const steps = await until(clipboard, 'the copied step');
    for (const step of steps.split('\n\n')) assert.ok(search.includes(JSON.stringify(step).slice(1, -1)), step);
    await choose('Copy the path to here');
    await until(async () => (await clipboard()).endsWith(steps) && (await clipboard()).length >= steps.length, 'the copied path');
    await choose('Copy its place in the file (JSON pointer)');
    const pointer = await until(async () => /^\/children\/\d+.*$/.exec(await clipboard())?.[0], 'the copied place');
    const found = pointer
      .split('/')
      .slice(1)
      .reduce((at, part) => at[part], JSON.parse(search));
    assert.ok(steps.startsWith(found.partial_solution?.[0] ?? found));
  });

  it('show one subtree alone, and the whole tree again', async () => {
    await key('Home');
    await key('ArrowRight');
    await key('0');
    const all = await panel().getByRole('treeitem').count();
    await choose('Show this subtree alone');
    await panel().locator('.banner').filter({ hasText: 'Only the subtree of' }).waitFor();
    await until(async () => (await panel().getByRole('treeitem').count()) < all, 'the subtree');
    await panel().getByRole('button', { name: 'Show the whole tree (s)' }).click();
    await until(async () => (await panel().getByRole('treeitem').count()) === all, 'the whole tree');
  });

  it('fold the tree to depth 2', async () => {
    await key('2');
    await until(async () => (await panel().locator('[role=treeitem][aria-level="4"]').count()) === 0, 'no node below depth 2');
    await panel().getByRole('button', { name: 'Unfold all' }).click();
    await until(async () => (await panel().locator('[role=treeitem][aria-level="4"]').count()) > 0, 'deeper nodes');
  });

  it('search by filters, and go from match to match', async () => {
    await tree().focus();
    await editor.page.keyboard.press('/');
    await editor.page.keyboard.type('value<0.2 depth:2');
    const count = panel().locator('.match-count');
    const first = await until(async () => /^1 of \d+$/.exec(await count.textContent())?.[0], 'the first match');
    await editor.page.keyboard.press('Enter');
    await until(async () => (await count.textContent()) === first.replace(/^1/, '2'), 'the second match');
    await editor.page.keyboard.press('Escape');
    await until(async () => (await count.textContent()) === '', 'the end of the search');
  });

  it('select the nodes of a bar of the statistics', async () => {
    await panel().locator('#tab-statistics').click();
    await panel()
      .getByRole('button', { name: /^Select the \d+ nodes? with values/ })
      .first()
      .click();
    await until(async () => /of \d+$/.test(await panel().locator('.match-count').textContent()), 'the nodes of the bar');
    await searchField().press('Escape');
    await panel().locator('#tab-node').click();
  });

  it('show which nodes the rollouts went to, with a ranking', async () => {
    await picked('Rollouts');
    await until(async () => (await panel().locator('.heat').count()) > 3, 'the heat');
    await panel().locator('#tab-statistics').click();
    const before = await selected();
    await panel().locator('.ranking button').nth(3).click();
    await until(async () => (await selected()) !== before, 'the node of the ranking');
    await panel().locator('#tab-node').click();
    await picked('Labels');
  });

  it('have keyboard help and a color key in dialogs that Escape closes', async () => {
    for (const [button, dialog] of [
      ['Keyboard help (?)', 'Keyboard'],
      ['Key: what colors and shapes mean', 'Key'],
    ]) {
      await panel().getByRole('button', { name: button }).click();
      await panel().getByRole('dialog', { name: dialog, exact: true }).waitFor();
      await editor.page.keyboard.press('Escape');
      await panel().getByRole('dialog', { name: dialog, exact: true }).waitFor({ state: 'hidden' });
    }
  });

  it('hide the details to give the tree over 20% more room', async () => {
    const width = () =>
      panel()
        .locator('.picture')
        .evaluate((node) => node.clientWidth * node.clientHeight);
    const before = await width();
    await key('d');
    await until(async () => (await width()) > before * 1.2, 'the larger picture');
    await key('d');
    await panel().locator('.details').waitFor();
  });

  for (const [kind, begins] of [
    ['svg', '<svg '],
    ['png', '\x89PNG'],
  ])
    it(`save the picture as ${kind.toUpperCase()}`, async () => {
      await choose(`Save the picture as ${kind.toUpperCase()}…`);
      const input = editor.page.locator('.quick-input-widget input.input').first();
      await until(async () => (await input.inputValue()).endsWith(`.tree.${kind}`), 'the dialog');
      await editor.page.keyboard.press('Enter');
      const written = await until(() => readFile(join(editor.folder, `search.tree.${kind}`), 'latin1'), 'the file');
      assert.ok(written.startsWith(begins), written.slice(0, 20));
    });

  it('let the panel follow the active editor, or stay on its file', async () => {
    const tab = (name) => editor.page.locator('.tab').filter({ hasText: name }).first();
    await panel().getByRole('button', { name: 'Follow the active editor' }).click();
    await tab(`Tree (following): ${file}`).waitFor();
    await openInFirst('tree.json');
    await tab('Tree (following): tree.json').waitFor();
    await panel().getByRole('button', { name: 'Stay on this file' }).click();
    await tab('Tree: tree.json').waitFor();
    await openInFirst(file);
    await until(async () => /search/.test(await editor.page.locator('.tab.active.selected').first().innerText()), 'the other file');
    assert.equal(await editor.page.locator('.tab').filter({ hasText: 'Tree: tree.json' }).count(), 1);
  });

  /** Opens a file in the first editor group, beside the panel. */
  async function openInFirst(name) {
    await editor.page.keyboard.press('Control+1');
    await openFile(editor.page, name);
  }
});
