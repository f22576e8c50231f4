/** Drives VS Code's workbench in Chromium: what the in-host suite, the panel and packaging tests and the screenshots share. */
import { chromium } from 'playwright-core';
import { chromiumFlags, ensureChromium } from './chromium.mjs';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('playwright-core').FrameLocator} FrameLocator */

const startMs = 120_000;

/**
 * @param {string} url page of `startHost`
 * @param {{ viewport?: { width: number, height: number }, scale?: number, onLog?: (type: string, args: unknown[]) => void, onExit?: (code: number) => void }} [options]
 * @returns {Promise<{ page: Page, close(): Promise<void> }>} once the workbench is drawn
 */
export async function openWorkbench(url, { viewport = { width: 1400, height: 900 }, scale = 1, onLog, onExit } = {}) {
  const browser = await chromium.launch({ executablePath: await ensureChromium(), args: chromiumFlags });
  try {
    const context = await browser.newContext({ viewport, deviceScaleFactor: scale });
    const page = await context.newPage();
    await throttle(context, page);
    // VS Code's smoke-test driver calls these two; without them it does not run a suite.
    await page.exposeFunction('codeAutomationLog', (type, args) => onLog?.(type, args));
    await page.exposeFunction('codeAutomationExit', (code) => onExit?.(code));
    await page.goto(url, { timeout: startMs });
    await page.locator('.monaco-workbench .part.editor').waitFor({ timeout: startMs });
    return { page, close: () => browser.close() };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/**
 * Slows workbench and webviews down by the factor in `STEPLENS_CPU_THROTTLE`, as on a slow or busy machine.
 * @param {import('playwright-core').BrowserContext} context
 * @param {Page} page
 */
async function throttle(context, page) {
  const rate = Number(process.env.STEPLENS_CPU_THROTTLE ?? 1);
  if (!(rate > 1)) return;
  const slow = async (target) => (await context.newCDPSession(target)).send('Emulation.setCPUThrottlingRate', { rate });
  await slow(page);
  // A webview with a process of its own has a session of its own; any other frame shares the page's.
  page.on('framenavigated', (frame) => void slow(frame).catch(() => undefined));
}

/**
 * Opens a file of the workspace by its name, through the quick input.
 * @param {Page} page
 * @param {string} name
 */
export async function openFile(page, name) {
  await quickInput(page, 'Control+P', name);
  await page
    .locator(`.tab[aria-label^="${name.split('/').at(-1)}"]`)
    .first()
    .waitFor();
}

/**
 * Runs a command of the palette by its title.
 * @param {Page} page
 * @param {string} title
 */
export async function runCommand(page, title) {
  await quickInput(page, 'F1', `>${title}`);
}

/**
 * Opens the quick input, and again when what is looked for is not offered: its list is made when it opens, perhaps before
 * an extension is ready.
 * @param {Page} page
 * @param {string} key
 * @param {string} text
 */
async function quickInput(page, key, text) {
  const input = page.locator('.quick-input-widget input.input').first();
  const wanted = text.replace(/^>/, '').split('/').at(-1);
  const row = page.locator('.quick-input-list .monaco-list-row').filter({ hasText: wanted }).first();
  for (let tries = 0; tries < 15; tries++) {
    await page.keyboard.press(key);
    if (
      await input.waitFor({ timeout: 3_000 }).then(
        () => true,
        () => false,
      )
    ) {
      await input.fill(text);
      if (
        await row.waitFor({ timeout: 3_000 }).then(
          () => true,
          () => false,
        )
      ) {
        await row.click();
        // The list, not its input: a command may open a list of its own in the same input at once.
        await row.waitFor({ state: 'hidden' });
        return;
      }
    }
    await page.keyboard.press('Escape');
  }
  throw new Error(`VS Code does not offer "${wanted}".`);
}

/**
 * The document inside a webview panel: an iframe in an iframe.
 * @param {Page} page
 * @returns {FrameLocator}
 */
export function webviewFrame(page) {
  return page.frameLocator('iframe.webview.ready').first().frameLocator('iframe#active-frame');
}
