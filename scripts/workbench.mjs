/** Drives VS Code's workbench in Chromium, for the in-host suite, the panel and packaging tests and the screenshots. */
import { chromium } from 'playwright-core';
import { chromiumFlags, ensureChromium } from './chromium.mjs';
import { slowness } from './run.mjs';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('playwright-core').FrameLocator} FrameLocator */

const startMs = 120_000 * slowness;

/**
 * @param {string} url page of `startHost`
 * @param {{ viewport?: { width: number, height: number }, scale?: number, onLog?: (type: string, args: unknown[]) => void, onExit?: (code: number) => void, language?: string }} [options] `language`: as with a language pack, which translates VS Code's own texts besides
 * @returns {Promise<{ page: Page, close(): Promise<void> }>} once the workbench is drawn
 */
export async function openWorkbench(url, { viewport = { width: 1400, height: 900 }, scale = 1, onLog, onExit, language } = {}) {
  const browser = await chromium.launch({ executablePath: await ensureChromium(), args: chromiumFlags });
  try {
    const context = await browser.newContext({ viewport, deviceScaleFactor: scale });
    // The limit only ends actions that hang.
    context.setDefaultTimeout(60_000 * slowness);
    // Extensions get the language from the workbench.
    if (language)
      await context.addInitScript(
        (name) => Object.defineProperty(globalThis, '_VSCODE_NLS_LANGUAGE', { get: () => name, set() {} }),
        language,
      );
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
 * Slows workbench and webviews down by `slowness`.
 * @param {import('playwright-core').BrowserContext} context
 * @param {Page} page
 */
async function throttle(context, page) {
  if (slowness === 1) return;
  const slow = async (target) => (await context.newCDPSession(target)).send('Emulation.setCPUThrottlingRate', { rate: slowness });
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
  const last = name.split('/').at(-1) ?? name;
  const named = page.getByText(last, { exact: true });
  // Compares the row's whole name, because in the name of a label log the name of its file is a separate element.
  const label = page.locator('.label-name').filter({ hasText: new RegExp(`^${last.replaceAll('.', '\\.')}$`) });
  const row = page.locator('.quick-input-list .monaco-list-row').filter({ has: label }).first();
  const tab = page.locator('.tab.active').filter({ has: named }).first();
  // Files that are found late move the rows, perhaps while one is clicked.
  for (let tries = 0; tries < 5; tries++) {
    await quickInput(page, 'Control+P', name, row);
    if (await succeeds(tab.waitFor({ timeout: 5_000 * slowness }))) return;
  }
  throw new Error(`VS Code does not open ${name}.`);
}

/**
 * Runs a command of the palette by its title.
 * @param {Page} page
 * @param {string} title
 */
export async function runCommand(page, title) {
  await quickInput(page, 'F1', `>${title}`, page.locator('.quick-input-list .monaco-list-row').filter({ hasText: title }).first());
}

/**
 * Moves the cursor of the active editor to a line. Tries again while the quick input is still busy with the request before.
 * @param {Page} page
 * @param {number} line
 * @param {number} [column]
 */
export async function goToLine(page, line, column = 1) {
  const cursor = page.locator('[id="status.editor.selection"]').filter({ hasText: new RegExp(`^Ln ${line},`) });
  const input = page.locator('.quick-input-widget input.input').first();
  const timeout = 3_000 * slowness;
  for (let tries = 0; tries < 15; tries++) {
    await page.keyboard.press('Control+G');
    // The key is pressed only in the input: in the editor it would insert a line.
    const isAsked = (await succeeds(input.fill(`:${line}:${column}`, { timeout }))) && (await succeeds(input.press('Enter', { timeout })));
    if (isAsked && (await succeeds(cursor.waitFor({ timeout })))) return;
    await page.keyboard.press('Escape');
  }
  throw new Error(`VS Code does not go to line ${line}.`);
}

/**
 * Opens the quick input and clicks a row. Opens it again if the row is missing: the list is made when the input opens,
 * perhaps before an extension is ready.
 * @param {Page} page
 * @param {string} key
 * @param {string} text
 * @param {import('playwright-core').Locator} row The one to choose.
 */
async function quickInput(page, key, text, row) {
  const input = page.locator('.quick-input-widget input.input').first();
  const timeout = 3_000 * slowness;
  for (let tries = 0; tries < 15; tries++) {
    await page.keyboard.press(key);
    // A page that takes the focus closes the input, even while it is being filled.
    const isOffered = (await succeeds(input.fill(text, { timeout }))) && (await succeeds(row.waitFor({ timeout })));
    if (isOffered) await settled(page);
    if (isOffered && (await succeeds(row.click({ timeout })))) {
      // Waits for the row and not for the input: a command may open its own list in the same input at once.
      await row.waitFor({ state: 'hidden' });
      return;
    }
    await page.keyboard.press('Escape');
  }
  throw new Error(`VS Code does not offer "${text}".`);
}

/**
 * Waits until the rows of the quick input are stable: they arrive in batches, and list elements then show other rows.
 * @param {Page} page
 */
async function settled(page) {
  const rows = page.locator('.quick-input-list .monaco-list-row');
  const read = () => rows.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')).join());
  let [before, now] = ['', await read()];
  while (now !== before) {
    await new Promise((resolve) => setTimeout(resolve, 400 * slowness));
    [before, now] = [now, await read()];
  }
}

/** @param {Promise<void>} action */
const succeeds = (action) =>
  action.then(
    () => true,
    () => false,
  );

/**
 * The document inside a webview panel: an iframe in an iframe.
 * @param {Page} page
 * @returns {FrameLocator}
 */
export function webviewFrame(page) {
  return page.frameLocator('iframe.webview.ready').first().frameLocator('iframe#active-frame');
}
