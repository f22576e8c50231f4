/**
 * `npm run screenshots`: the pictures of the README, taken of a real VS Code with the sample workspace. The high-contrast
 * ones go to `test-results/screenshots/`: they are for looking at, not for the README.
 */
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { build } from './dependencies.mjs';
import { root } from './run.mjs';
import { startHost } from './vscodeHost.mjs';
import { openFile, openWorkbench, runCommand, webviewFrame } from './workbench.mjs';

const samples = join(root, 'media', 'samples');
const shots = join(root, 'media', 'screenshots');
const others = join(root, 'test-results', 'screenshots');
const limitBytes = 400_000;
/** Time for the model to score and for things to come to rest. */
const restMs = 4_000;

const tree = 'savings.json';
const solution = 'wrong.md';

const look = {
  'editor.minimap.enabled': false,
  'editor.wordWrap': 'on',
  'editor.unicodeHighlight.ambiguousCharacters': false,
  'editor.stickyScroll.enabled': false,
  'editor.lineHeight': 1.6,
  'editor.hover.above': false,
  'breadcrumbs.enabled': false,
  'window.commandCenter': false,
  'editor.occurrencesHighlight': 'off',
};

const themes = [
  { name: 'dark', theme: 'Default Dark Modern', folder: shots },
  { name: 'light', theme: 'Default Light Modern', folder: shots },
  { name: 'high-contrast', theme: 'Default High Contrast', folder: others },
  { name: 'high-contrast-light', theme: 'Default High Contrast Light', folder: others },
];

await Promise.all([shots, others].map((folder) => mkdir(folder, { recursive: true })));
await build();
await shootEditor();
for (const theme of themes) await shootTree(theme);
await shootEvaluation();

/** The editor with its marks, and the hover on the first low step. */
async function shootEditor() {
  await inWorkbench('Default Dark Modern', async (page) => {
    await openFile(page, solution);
    await page.locator('.squiggly-warning').first().waitFor({ timeout: 60_000 });
    await page.keyboard.press('Control+Shift+M');
    await page.waitForTimeout(restMs);
    await page
      .locator('.editor-group-container .view-lines')
      .first()
      .click({ position: { x: 300, y: 10 } });
    await page.keyboard.press('Alt+j');
    await page
      .getByText(/Low step 1 of/)
      .first()
      .waitFor();
    await page.waitForTimeout(1_000);
    const { x, y, width } = await boxOf(page.locator('.squiggly-warning').first());
    await page.mouse.move(x + Math.min(width, 240) / 2, y + 5);
    await page.locator('.monaco-hover:not(.hidden)').first().waitFor();
    await page.waitForTimeout(1_000);
    await shoot(page, join(shots, 'editor.png'));
  });
}

/** The panel beside its file, the first low step selected. */
async function shootTree({ name, theme, folder }) {
  await inWorkbench(theme, async (page) => {
    await openFile(page, tree);
    await page.keyboard.press('Control+b');
    await runCommand(page, 'StepLens: Open Reasoning Tree');
    const frame = webviewFrame(page);
    await frame.locator('[role=treeitem]').first().waitFor({ state: 'attached', timeout: 60_000 });
    await page.waitForTimeout(restMs);
    await page.keyboard.press('Control+1');
    await page.keyboard.press('Alt+j');
    // Off every button: no tooltip in the picture.
    await page.mouse.move(400, 880);
    await page.waitForTimeout(restMs);
    await shoot(page, join(folder, `tree-${name}.png`));
  });
}

/** Best-of-N of the sample candidates. */
async function shootEvaluation() {
  await inWorkbench('Default Dark Modern', async (page) => {
    await openFile(page, 'candidates.json');
    await page.keyboard.press('Control+b');
    await runCommand(page, 'StepLens: Evaluate File');
    await webviewFrame(page).locator('.chart').first().waitFor({ timeout: 60_000 });
    await page.mouse.move(400, 880);
    await page.waitForTimeout(restMs);
    await shoot(page, join(shots, 'evaluation.png'));
  });
}

async function inWorkbench(theme, act) {
  const host = await startHost({
    workspace: samples,
    extensionDevelopmentPath: root,
    settings: { ...look, 'workbench.colorTheme': theme },
  });
  let close = async () => {};
  try {
    const workbench = await openWorkbench(host.url);
    close = workbench.close;
    await act(workbench.page);
  } finally {
    await close();
    await host.stop();
  }
}

/** @param {import('playwright-core').Locator} locator */
async function boxOf(locator) {
  const box = await locator.boundingBox();
  if (!box) throw new Error('What should be in the picture is out of sight.');
  return box;
}

/** Without notifications, compressed. */
async function shoot(page, path) {
  const png = await page.screenshot({ style: '.notifications-toasts { display: none !important; }' });
  await sharp(png).png({ palette: true, colours: 256, effort: 10, compressionLevel: 9 }).toFile(path);
  const { size } = await stat(path);
  console.log(`${path} ${(size / 1000).toFixed(0)} kB`);
  if (size > limitBytes) throw new Error(`${path} has ${size} bytes; at most ${limitBytes} are wanted.`);
}
