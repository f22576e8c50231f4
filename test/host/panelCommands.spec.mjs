/** The palette while a panel has the focus, in a real VS Code: file commands act on the file that the panel shows. */
import { strict as assert } from 'node:assert';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { root } from '../../scripts/run.mjs';
import { goToLine, openFile, runCommand, webviewFrame } from '../../scripts/workbench.mjs';
import { answerCommand } from './answerCommand.mjs';
import { useEditor } from './editor.mjs';
import { palette } from './palette.mjs';
import { until } from './until.mjs';

describe('commands of a file while a panel has the focus', () => {
  /** @type {import('playwright-core').Page} */
  let page;
  const editor = useEditor((folder) => cp(join(root, 'media', 'samples', 'candidates.json'), join(folder, 'candidates.json')));
  before(async () => {
    ({ page } = editor);
    await openFile(page, 'candidates.json');
    // A code lens appears when the file has been read.
    await page.locator('.codelens-decoration').filter({ hasText: 'Reasoning tree' }).first().waitFor();
  });

  const panel = () => webviewFrame(page);
  const ofFile = ['Score This File', 'Open Reasoning Tree', 'Export Training Data…', 'Label This Problem', 'Go to Next Low Step'];
  const activeTab = (text) => page.locator('.editor-group-container.active .tab.active').filter({ hasText: text }).first();

  /** Closes all other editors, so that the commands can only act on the panel's file. */
  async function leaveAlone(text) {
    await activeTab(text).waitFor();
    await runCommand(page, 'View: Close Other Editors in Group');
    await until(async () => (await page.locator('.tab').count()) === 1, 'one tab to be left');
  }

  async function offersAll() {
    const offered = await palette(page);
    for (const title of ofFile) assert.ok(offered.has(title), `${title} is not among ${[...offered].join(', ')}`);
  }

  it('are offered for the file of a tree panel, and open that file', async () => {
    await runCommand(page, 'StepLens: Open Reasoning Tree');
    const next = panel().getByRole('button', { name: 'Next problem' });
    await next.click();
    await panel().getByRole('combobox', { name: 'Problem' }).filter({ hasText: '2/' }).waitFor();
    await panel().getByRole('tree').focus();
    await page.locator('.editor-group-container:not(.active) .tab').first().waitFor();
    await runCommand(page, 'View: Close Editors in Other Groups');
    await leaveAlone('Tree: candidates.json');
    // The title bar of the panel has no button for the tree that it shows.
    assert.equal(await page.locator('.editor-actions a[aria-label^="Open Reasoning Tree"]').count(), 0);
    await offersAll();
    await runCommand(page, 'StepLens: Go to Next Low Step');
    await activeTab('candidates.json').waitFor();
    await until(
      async () => !/Ln 1,/.test(await page.locator('[id="status.editor.selection"]').innerText()),
      'the cursor to be at a low step of the file',
    );
  });

  it('are offered for the file of an evaluation panel', async () => {
    await runCommand(page, 'StepLens: Evaluate File');
    await activeTab('Evaluation: candidates.json').waitFor();
    await offersAll();
  });

  it('act on the problem at the cursor in the editor beside an evaluation panel', async () => {
    const text = await readFile(join(root, 'media', 'samples', 'candidates.json'), 'utf8');
    const starts = [...text.matchAll(/"question"/g)].map(({ index }) => text.slice(0, index).split('\n').length);
    await page
      .locator('.tab')
      .filter({ hasText: /^candidates.json$/ })
      .first()
      .click();
    await goToLine(page, starts[2]);
    await page.locator('.tab').filter({ hasText: 'Evaluation: candidates.json' }).first().click();
    await activeTab('Evaluation: candidates.json').waitFor();
    await runCommand(page, 'StepLens: Open Reasoning Tree');
    const shown = (frame) => frame.getByRole('combobox', { name: 'Problem' }).filter({ hasText: '3/' });
    await until(async () => {
      for (const frame of page.frames()) if ((await shown(frame).count()) > 0) return true;
      return false;
    }, 'the tree of the third problem');
    await runCommand(page, 'View: Close Other Editors in Group');
  });

  it('are offered for the file of the step under review', async () => {
    await page
      .locator('.tab')
      .filter({ hasText: /^candidates.json$/ })
      .first()
      .click();
    await answerCommand(page, 'StepLens: Review Steps', 'Every step');
    await page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'Values are shown' }).first().click();
    await activeTab('Review').waitFor();
    await offersAll();
  });
});
