/** The debugger in a real VS Code, by keyboard: steps through an event log, stops at a breakpoint, restarts, ends. */
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { root } from '../../scripts/run.mjs';
import { goToLine, openFile, runCommand } from '../../scripts/workbench.mjs';
import { useEditor } from './editor.mjs';
import { until } from './until.mjs';

describe('debugging an event log by keyboard', () => {
  /** @type {import('playwright-core').Page} */
  let page;
  /** Kinds of the events, in the order of their lines. @type {string[]} */
  let events;
  const editor = useEditor(async (folder) => {
    const log = join(root, 'media', 'samples', 'trees', 'recipe.events.jsonl');
    await cp(log, join(folder, 'recipe.events.jsonl'));
    events = (await readFile(log, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).event);
  });
  before(async () => {
    ({ page } = editor);
    await openFile(page, 'recipe.events.jsonl');
    await runCommand(page, 'StepLens: Debug Event Log');
    await page.locator('.debug-top-stack-frame-line').first().waitFor();
    await stoppedAt(1);
  });

  /** Waits until the cursor is in a line, because it moves to the event at which the debugger stops. */
  const stoppedAt = (line) =>
    until(
      async () => (await page.locator('[id="status.editor.selection"]').innerText()).startsWith(`Ln ${line},`),
      `the cursor in line ${line}`,
    );
  const press = async (key, wanted) => {
    await page.keyboard.press(key);
    await stoppedAt(wanted);
  };

  it('goes to the next event with F11 and to the next selection with F10', async () => {
    await press('F11', 2);
    await press('F10', events.indexOf('selected') + 1);
  });

  it('continues with F5 to a breakpoint set with F9, and with Shift+F11 to the end', async () => {
    await goToLine(page, 40);
    await page.keyboard.press('F9');
    await page.locator('.glyph-margin-widgets .codicon-debug-breakpoint').first().waitFor();
    await goToLine(page, 30);
    await press('F5', 40);
    await press('Shift+F11', events.length);
  });

  it('restarts with Ctrl+Shift+F5 and stops with Shift+F5', async () => {
    await press('Control+Shift+F5', 1);
    await page.keyboard.press('Shift+F5');
    await page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
  });
});
