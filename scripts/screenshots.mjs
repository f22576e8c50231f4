/**
 * `npm run screenshots [NAME...]`: the pictures of the README and of docs/gallery.md, taken of a real VS Code with the sample
 * workspace and with searches of 3 to 20,000 nodes (`gallery/generatedSearch.mjs`). With names, only those pictures.
 */
import { cp, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { build } from './dependencies.mjs';
import { generatedSearch } from './gallery/generatedSearch.mjs';
import { shots } from './gallery/shots.mjs';
import { root } from './run.mjs';
import { startHost } from './vscodeHost.mjs';
import { openWorkbench, runCommand } from './workbench.mjs';

const limitBytes = 400_000;
const tourLimitBytes = 1_500_000;
const tourWidth = 980;
/** Time to read a frame of the tour. */
const frameMs = 2_600;
const walkthroughWidth = 760;
/** Time until a new theme is applied and the page no longer changes. */
const restMs = 2_000;

const look = {
  'editor.minimap.enabled': false,
  'editor.wordWrap': 'on',
  'editor.unicodeHighlight.ambiguousCharacters': false,
  'editor.stickyScroll.enabled': false,
  'editor.hover.above': false,
  'breadcrumbs.enabled': false,
  'window.commandCenter': false,
  'editor.occurrencesHighlight': 'off',
  // A file of 20,000 nodes opens without a question.
  'workbench.editorLargeFileConfirmation': 1_000,
};

const themes = {
  dark: 'Default Dark Modern',
  light: 'Default Light Modern',
  'high-contrast': 'Default High Contrast',
  'high-contrast-light': 'Default High Contrast Light',
};

const wanted = process.argv.slice(2);
const chosen = shots.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
if (chosen.length === 0) throw new Error(`There is no such picture. Pictures: ${shots.map(({ name }) => name).join(', ')}.`);
await build();
const workspace = await mkdtemp(join(tmpdir(), 'steplens-pictures-'));
try {
  await cp(join(root, 'media', 'samples'), workspace, { recursive: true });
  for (const nodes of new Set(chosen.map((shot) => shot.nodes).filter(Boolean)))
    await writeFile(join(workspace, `search-${nodes}.json`), generatedSearch({ nodes }));
  for (const { files = {} } of chosen) for (const [name, text] of Object.entries(files)) await writeFile(join(workspace, name), text);
  for (const shot of chosen) await take(shot);
} finally {
  await rm(workspace, { recursive: true, force: true });
}

/** @param {(typeof shots)[number]} shot */
async function take({ name, theme, size: [width, height], settings = {}, act, file, walkthrough }) {
  const configuration = { ...look, ...settings, 'workbench.colorTheme': themes[theme] };
  const host = await startHost({ workspace, extensionDevelopmentPath: root, settings: configuration });
  try {
    const { page, close } = await openWorkbench(host.url, { viewport: { width, height } });
    try {
      await runCommand(page, 'View: Toggle Primary Side Bar Visibility');
      /** @type {Frame[]} */
      const frames = [];
      const snap = async (/** @type {string} */ caption, ms = frameMs) => void frames.push({ png: await captioned(page, caption), ms });
      await act(page, snap);
      await page.waitForTimeout(restMs);
      if (file.endsWith('.gif')) await saveTour(frames, join(root, file));
      else await save(await picture(page), join(root, file));
      if (walkthrough) await saveSmall(join(root, file), join(root, walkthrough));
    } finally {
      await close();
    }
  } finally {
    await host.stop();
  }
  console.log(name);
}

/** A screenshot without notifications. @param {import('playwright-core').Page} page */
function picture(page) {
  return page.screenshot({ style: '.notifications-toasts { display: none !important; }' });
}

/** @typedef {{ png: Buffer, ms: number }} Frame */

/** A picture with its caption over the status bar. @param {import('playwright-core').Page} page @param {string} caption */
async function captioned(page, caption) {
  await page.evaluate((text) => {
    const bar = document.createElement('div');
    bar.id = 'caption';
    bar.textContent = text;
    bar.style.cssText =
      'position:fixed;left:0;right:0;bottom:0;z-index:9999;padding:14px 24px;background:#1f6feb;color:#fff;font:600 26px system-ui,sans-serif';
    document.body.append(bar);
  }, caption);
  const png = await picture(page);
  await page.evaluate(() => document.getElementById('caption')?.remove());
  return png;
}

/** Compressed. @param {Buffer} png @param {string} path */
async function save(png, path) {
  await mkdir(dirname(path), { recursive: true });
  const image = sharp(png);
  await (path.endsWith('.webp')
    ? image.webp({ quality: 82, effort: 6 })
    : image.png({ palette: true, colours: 256, effort: 10, compressionLevel: 9 })
  ).toFile(path);
  await report(path, limitBytes);
}

/** The walkthrough's copy of a picture: narrow, and packaged with the extension. @param {string} from @param {string} to */
async function saveSmall(from, to) {
  await sharp(from, { animated: true }).resize({ width: walkthroughWidth }).webp({ quality: 80, effort: 6 }).toFile(to);
  await report(to, from.endsWith('.gif') ? tourLimitBytes : limitBytes);
}

/** Saves frames as one animated picture. @param {Frame[]} frames @param {string} path */
async function saveTour(frames, path) {
  const small = await Promise.all(frames.map(({ png }) => sharp(png).resize({ width: tourWidth }).png().toBuffer()));
  await sharp(small, { join: { animated: true } })
    .gif({ delay: frames.map(({ ms }) => ms), loop: 0, effort: 10, colours: 128, interFrameMaxError: 4 })
    .toFile(path);
  await report(path, tourLimitBytes);
}

/** @param {string} path @param {number} limit */
async function report(path, limit) {
  const { size } = await stat(path);
  console.log(`${path} ${(size / 1000).toFixed(0)} kB`);
  if (size > limit) throw new Error(`${path} has ${size} bytes; at most ${limit} are wanted.`);
}
