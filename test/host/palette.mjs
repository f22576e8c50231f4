import { slowness } from '../../scripts/run.mjs';
import { until } from './until.mjs';

/**
 * The titles that the palette offers for StepLens.
 * @param {import('playwright-core').Page} page
 */
export async function palette(page) {
  const input = page.locator('.quick-input-widget input.input').first();
  const rows = page.locator('.quick-input-list .monaco-list-row');
  const timeout = 3_000 * slowness;
  // A page that is still loading swallows keys, and takes the focus when it is ready, which closes the palette.
  await until(async () => {
    if (!(await input.isVisible())) await page.keyboard.press('F1');
    await input.fill('>StepLens: ', { timeout });
    await rows.filter({ hasText: 'StepLens: ' }).first().waitFor({ timeout });
    return true;
  }, 'the palette to open');
  // The list renders only visible rows, so the focus moves through all rows until it is at the first one again.
  const focused = () => page.locator('.quick-input-list .monaco-list-row.focused').first().getAttribute('aria-label');
  const seen = new Set();
  for (let label = await focused(); !seen.has(label); ) {
    seen.add(label);
    await page.keyboard.press('ArrowDown');
    const before = label;
    await until(async () => (label = await focused()) !== before, 'the next command of the palette');
  }
  await page.keyboard.press('Escape');
  return new Set([...seen].map((label) => label.replace(/,.*$/, '').replace(/^StepLens: /, '')));
}
