import { slowness } from '../../scripts/run.mjs';
import { runCommand } from '../../scripts/workbench.mjs';
import { until } from './until.mjs';

/**
 * Runs a command that shows a list, and clicks a row of it. Runs the command again if the list has closed, because a page that
 * had just loaded took the focus.
 * @param {import('playwright-core').Page} page
 * @param {string} title Title of the command in the palette.
 * @param {string} text Text of the row.
 */
export async function answerCommand(page, title, text) {
  const row = page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text }).first();
  await until(async () => {
    await runCommand(page, title);
    await row.click({ timeout: 10_000 * slowness });
    return true;
  }, `"${text}" in the list of "${title}"`);
}
