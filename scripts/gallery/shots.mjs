/** The pictures: the content, theme and size of each, and the actions in VS Code before it is taken. */
import { createServer } from 'node:http';
import { openFile, runCommand, webviewFrame } from '../workbench.mjs';
import { latexTree } from './latexTree.mjs';

/** @typedef {import('playwright-core').Page} Page */
/**
 * @typedef {object} Shot
 * @property {string} name
 * @property {string} file where it is written, in the repository
 * @property {'dark' | 'light' | 'high-contrast' | 'high-contrast-light'} theme
 * @property {[width: number, height: number]} size
 * @property {number} [nodes] a search of this size is in the workspace as `search-N.json`
 * @property {Readonly<Record<string, string>>} [files] additional files of the workspace
 * @property {Record<string, unknown>} [settings]
 * @property {string} [walkthrough] where a narrow copy is written
 * @property {(page: Page, snap: Snap) => Promise<void>} act `snap` takes a frame of a picture that moves
 */
/** @typedef {(caption: string, ms?: number) => Promise<void>} Snap ms: how long the frame is seen */

const small = /** @type {[number, number]} */ ([1400, 900]);
const large = /** @type {[number, number]} */ ([1920, 1080]);
const slowMs = 180_000;
const readme = (name) => ({ name, file: `media/screenshots/${name}.png` });
const gallery = (name) => ({ name, file: `docs/gallery/${name}.webp` });
/** Searches are not scored, so that their labels are shown. */
const unscored = { 'steplens.scoreOnOpen': false };

/** Port of a policy server that refuses every key. */
const deadPort = 18391;

/** @type {readonly Shot[]} */
export const shots = [
  { ...readme('editor'), theme: 'dark', size: small, walkthrough: 'media/walkthrough/hover.webp', act: editorWithHover },
  {
    ...readme('tree-dark'),
    theme: 'dark',
    size: small,
    walkthrough: 'media/walkthrough/tree.webp',
    act: (page) => openTree(page, 'savings.json'),
  },
  { ...readme('tree-light'), theme: 'light', size: small, act: (page) => openTree(page, 'savings.json') },
  { ...readme('evaluation'), theme: 'dark', size: small, walkthrough: 'media/walkthrough/evaluate.webp', act: evaluation },
  { ...readme('review'), theme: 'light', size: small, settings: { 'steplens.review.reviewer': 'Ada' }, act: review },
  { ...readme('debugger'), theme: 'dark', size: small, act: debuggedSearch },
  { ...gallery('candidates'), theme: 'light', size: small, act: candidates },
  { ...gallery('nodes-3'), theme: 'light', size: small, nodes: 3, settings: unscored, act: search(3) },
  { ...gallery('nodes-50'), theme: 'dark', size: large, nodes: 50, settings: unscored, act: search(50, '0') },
  { ...gallery('nodes-50-problems'), theme: 'high-contrast-light', size: small, nodes: 50, settings: unscored, act: withProblems },
  { ...gallery('nodes-200'), theme: 'high-contrast', size: large, nodes: 200, settings: unscored, act: search(200, '0') },
  { ...gallery('nodes-5000'), theme: 'light', size: large, nodes: 5_000, settings: unscored, act: search(5_000, '0') },
  { ...gallery('nodes-20000'), theme: 'dark', size: large, nodes: 20_000, settings: unscored, act: search(20_000) },
  {
    ...gallery('latex'),
    theme: 'light',
    size: small,
    files: { 'latex.json': latexTree },
    settings: unscored,
    act: (page) => openTree(page, 'latex.json'),
  },
  { ...gallery('statistics'), theme: 'dark', size: large, nodes: 200, settings: unscored, act: statistics },
  { ...gallery('both'), theme: 'light', size: large, act: both },
  { ...gallery('open-files'), theme: 'dark', size: small, act: openFiles },
  {
    ...gallery('labeling-failed'),
    theme: 'high-contrast',
    size: small,
    settings: { 'steplens.labeling.policy': `http://127.0.0.1:${deadPort}/v1` },
    act: failedLabeling,
  },
  {
    name: 'tour',
    file: 'media/screenshots/tour.gif',
    theme: 'dark',
    size: small,
    walkthrough: 'media/walkthrough/tour.webp',
    act: tour,
  },
];

/** The editor with its marks, and the hover on the first low step. @param {Page} page */
async function editorWithHover(page) {
  await openFile(page, 'wrong.md');
  const mark = page.locator('.squiggly-warning').first();
  await mark.waitFor({ timeout: slowMs });
  await page.keyboard.press('Control+Shift+M');
  await page.waitForTimeout(4_000);
  await page
    .locator('.editor-group-container .view-lines')
    .first()
    .click({ position: { x: 300, y: 10 } });
  await page.keyboard.press('Alt+j');
  await page.waitForTimeout(1_000);
  const { x, y, width } = await boxOf(mark);
  await page.mouse.move(x + Math.min(width, 240) / 2, y + 5);
  await page.locator('.monaco-hover:not(.hidden)').first().waitFor();
}

/** From a file to its error, the evidence, and the search behind it. @param {Page} page @param {Snap} snap */
async function tour(page, snap) {
  const file = 'number-line.json';
  await openFile(page, file);
  const firstLow = page.locator('.codelens-decoration a').filter({ hasText: 'go to the first' }).first();
  await firstLow.waitFor({ timeout: slowMs });
  // Code lenses that appear later move the lines down, this one too.
  await page.waitForTimeout(2_000);
  await snap('Open a file that a pipeline wrote');
  await firstLow.click();
  await page.waitForTimeout(1_500);
  await snap('Go to the first wrong step');
  await runCommand(page, 'Show or Focus Hover');
  await page.locator('.monaco-hover:not(.hidden)').first().waitFor();
  await page.waitForTimeout(1_500);
  await snap('Hover it: the evidence');
  await page.keyboard.press('Escape');
  await openTree(page, file);
  await snap('Open the search behind the labels');
  await press(page, 'n');
  await snap('Walk from one wrong step to the next');
  await replayInTour(page, snap);
}

/** The search from its first events to its last. @param {Page} page @param {Snap} snap */
async function replayInTour(page, snap) {
  const frame = webviewFrame(page);
  await frame.getByRole('button', { name: 'Replay the search' }).click();
  const slider = frame.getByRole('slider', { name: 'Event of the search' });
  const last = Number(await slider.getAttribute('max'));
  for (const part of [0.1, 0.4, 0.7, 1]) {
    await slider.fill(String(Math.round(last * part)));
    await page.waitForTimeout(1_000);
    await snap('Replay the search', part === 1 ? 2_600 : 1_200);
  }
}

/** Opens a tree beside its file; resolves when it is drawn. @param {Page} page @param {string} file */
async function openTree(page, file) {
  await openFile(page, file);
  await page.locator('.editor-actions a[aria-label^="Open Reasoning Tree"]').first().waitFor({ timeout: slowMs });
  await runCommand(page, 'StepLens: Open Reasoning Tree');
  await webviewFrame(page).locator('[role=treeitem]').first().waitFor({ state: 'attached', timeout: slowMs });
  await page.waitForTimeout(3_000);
}

/** @param {number} nodes @param {string} [key] pressed in the tree */
function search(nodes, key) {
  return async (/** @type {Page} */ page) => {
    await openTree(page, `search-${nodes}.json`);
    if (!key) return;
    await press(page, key);
  };
}

/** @param {Page} page @param {string} key */
async function press(page, key) {
  await webviewFrame(page).getByRole('tree').focus();
  await page.keyboard.press(key);
  await page.waitForTimeout(1_500);
}

/** @param {Page} page */
async function withProblems(page) {
  await openTree(page, 'search-50.json');
  await page.keyboard.press('Control+Shift+M');
}

/** @param {Page} page */
async function statistics(page) {
  await openTree(page, 'search-200.json');
  await webviewFrame(page).getByRole('tab', { name: 'Statistics' }).click();
}

/** Labels against the model's scores. @param {Page} page */
async function both(page) {
  await openTree(page, 'savings.json');
  const frame = webviewFrame(page);
  await frame.locator('vscode-dropdown').filter({ hasText: 'Labels' }).first().click();
  await frame.getByRole('option', { name: 'Both' }).click();
}

/** Sixteen solutions of a problem, with the methods that would choose them. @param {Page} page */
async function candidates(page) {
  await openFile(page, 'candidates.json');
  await page.locator('.squiggly-warning').first().waitFor({ timeout: slowMs });
  await page.keyboard.press('Control+Shift+M');
  await page.waitForTimeout(4_000);
}

/** Best-of-N of the sample candidates. @param {Page} page */
async function evaluation(page) {
  await openFile(page, 'candidates.json');
  await page.locator('.squiggly-warning').first().waitFor({ timeout: slowMs });
  await runCommand(page, 'StepLens: Evaluate File');
  await webviewFrame(page).locator('.chart').first().waitFor({ timeout: slowMs });
  await page.mouse.move(400, 880);
  await page.waitForTimeout(3_000);
}

/** One step in focus, its prefix and its evidence. @param {Page} page */
async function review(page) {
  await openFile(page, 'candidates.json');
  await page.locator('.codelens-decoration').filter({ hasText: 'Reasoning tree' }).first().waitFor({ timeout: slowMs });
  await runCommand(page, 'StepLens: Review Steps');
  for (const choice of ['Every step', 'Values are shown']) {
    const row = page.locator('.quick-input-list .monaco-list-row').filter({ hasText: choice }).first();
    await row.waitFor();
    await row.click();
  }
  const frame = webviewFrame(page);
  await frame.locator('.position').filter({ hasText: /^1 of/ }).waitFor();
  await frame.locator('body').press('Tab');
  for (const [key, position] of [
    ['3', /^2 of/],
    ['3', /^3 of/],
  ]) {
    await page.keyboard.press(/** @type {string} */ (key));
    await frame.locator('.position').filter({ hasText: position }).waitFor();
  }
  await page.waitForTimeout(1_500);
}

/** A search stopped at an event, with its path, its pool and its batch. @param {Page} page */
async function debuggedSearch(page) {
  await openFile(page, 'problems.json');
  await page.locator('.codelens-decoration').first().waitFor({ timeout: slowMs });
  await runCommand(page, 'StepLens: Debug Labeling of a Problem');
  await page.locator('.debug-toolbar').waitFor({ timeout: slowMs });
  await runCommand(page, 'View: Show Run and Debug');
  for (let event = 0; event < 12; event++) {
    await page.keyboard.press('F11');
    await page.waitForTimeout(700);
  }
  await page.waitForTimeout(2_000);
}

/** The view in the activity bar beside a candidate set. @param {Page} page */
async function openFiles(page) {
  await openFile(page, 'candidates.json');
  await openFile(page, 'wrong.md');
  await page.locator('.squiggly-warning').first().waitFor({ timeout: slowMs });
  await runCommand(page, 'View: Show StepLens');
  await page.locator('.part.sidebar .monaco-list-row').filter({ hasText: 'wrong.md' }).first().waitFor({ timeout: slowMs });
  await page.locator('.part.sidebar .monaco-list-row[aria-label^="First low step"]').first().waitFor({ timeout: slowMs });
  await page.locator('.part.sidebar .monaco-list-row').filter({ hasText: /^2\. / }).first().click();
  await page.waitForTimeout(2_000);
}

/** A labeling whose policy refuses the key. @param {Page} page */
async function failedLabeling(page) {
  const dead = createServer((_, response) =>
    response.writeHead(401).end('{"error":{"message":"Invalid API key","type":"authentication_error"}}'),
  );
  await new Promise((resolve) => dead.listen(deadPort, '127.0.0.1', () => resolve(undefined)));
  try {
    await openFile(page, 'problems.json');
    await page.locator('.codelens-decoration').filter({ hasText: 'Label this problem' }).first().waitFor({ timeout: slowMs });
    await page.getByText('Label this problem').first().click();
    await webviewFrame(page).getByRole('alert').waitFor({ timeout: slowMs });
    await page.waitForTimeout(2_000);
  } finally {
    dead.close();
  }
}

/** @param {import('playwright-core').Locator} locator */
async function boxOf(locator) {
  const box = await locator.boundingBox();
  if (!box) throw new Error('What should be in the picture is out of sight.');
  return box;
}
