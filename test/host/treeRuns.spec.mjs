/** A search in the tree panel of a real VS Code, beyond its labels: the model's values, the replay, and another run. */
import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { root } from '../../scripts/run.mjs';
import { openFile, runCommand, webviewFrame } from '../../scripts/workbench.mjs';
import { answerCommand } from './answerCommand.mjs';
import { useEditor } from './editor.mjs';
import { answerNotification } from './notification.mjs';
import { until } from './until.mjs';

describe('the search behind a tree', () => {
  const editor = useEditor(async (folder) => {
    const trees = join(root, 'media', 'samples', 'trees');
    for (const name of ['recipe.json', 'recipe.events.jsonl']) await cp(join(trees, name), join(folder, name));
    // Another run of the problem: no rollout from its first node is right, and that node's last step differs.
    const other = JSON.parse(await readFile(join(trees, 'recipe.json'), 'utf8'));
    other.children[0].mc_value = 0;
    const steps = other.children[0].partial_solution;
    steps.push(steps.pop().replace(/\w+/, 'Reworded'));
    await writeFile(join(folder, 'other.json'), JSON.stringify(other, null, 2));
    return { settings: { 'steplens.scoreOnOpen': false } };
  });
  before(async () => {
    await openFile(editor.page, 'other.json');
    await openFile(editor.page, 'recipe.json');
    await runCommand(editor.page, 'StepLens: Open Reasoning Tree');
    await panel().locator('.drawing[data-rest="yes"] g.node').first().waitFor();
  });

  const panel = () => webviewFrame(editor.page);
  const selected = () => panel().getByRole('tree', { name: 'Reasoning tree' }).getAttribute('aria-activedescendant');

  it('shows labels and model scores together, with a key for nodes where they disagree', async () => {
    await runCommand(editor.page, 'StepLens: Score This File');
    const values = panel().getByRole('combobox', { name: 'Values shown' });
    await values.click();
    await panel().getByRole('option', { name: 'Both' }).click();
    await until(async () => /→/.test((await panel().locator('.node text.value').allTextContents()).join()), 'both values');
    await panel().getByRole('button', { name: 'Key: what colors and shapes mean' }).click();
    await panel().locator('.key-list').filter({ hasText: 'label and model disagree' }).waitFor();
    await editor.page.keyboard.press('Escape');
  });

  it('is replayed, with the node of the event selected', async () => {
    await panel().getByRole('button', { name: 'Replay the search' }).click();
    const slider = panel().getByRole('slider').first();
    await slider.focus();
    await slider.press('Home');
    const first = await selected();
    await until(async () => {
      await slider.press('ArrowRight');
      return (await selected()) !== first;
    }, 'the pane to follow the replay');
    await panel().getByRole('button', { name: 'End the replay' }).last().click();
    await slider.waitFor({ state: 'hidden' });
  });

  it('is compared with another run on one page that opens both trees', async () => {
    await editor.page.keyboard.press('Control+1');
    await answerCommand(editor.page, 'StepLens: Compare with Another Run…', 'other.json');
    const preview = editor.page.frameLocator('iframe.webview.ready').last().frameLocator('iframe#active-frame');
    await preview.getByText('recipe.json').first().waitFor();
    await preview.getByText('other.json').first().waitFor();
    // Differing words are marked by elements and lines, not by colors.
    const added = preview.locator('td ins').filter({ hasText: 'Reworded' }).first();
    await added.waitFor();
    assert.match(await added.evaluate((node) => document.defaultView.getComputedStyle(node).textDecorationLine), /underline/);
    assert.match(
      await preview
        .locator('td del')
        .first()
        .evaluate((node) => document.defaultView.getComputedStyle(node).textDecorationLine),
      /line-through/,
    );
    await answerNotification(editor.page, 'Both runs are compared', 'Open Both Trees');
    for (const name of ['Tree: recipe.json', 'Tree: other.json'])
      await editor.page.locator('.tab').filter({ hasText: name }).first().waitFor();
  });
});
