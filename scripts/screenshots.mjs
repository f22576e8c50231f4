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
/** Time for a new theme, and for things to come to rest. */
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
  for (const shot of chosen) await take(shot);
} finally {
  await rm(workspace, { recursive: true, force: true });
}

/** @param {(typeof shots)[number]} shot */
async function take({ name, theme, size: [width, height], settings = {}, act, file }) {
  const configuration = { ...look, ...settings, 'workbench.colorTheme': themes[theme] };
  const host = await startHost({ workspace, extensionDevelopmentPath: root, settings: configuration });
  try {
    const { page, close } = await openWorkbench(host.url, { viewport: { width, height } });
    try {
      await runCommand(page, 'View: Toggle Primary Side Bar Visibility');
      await act(page);
      await page.waitForTimeout(restMs);
      await save(page, join(root, file));
    } finally {
      await close();
    }
  } finally {
    await host.stop();
  }
  console.log(name);
}

/** Without notifications, compressed. */
async function save(page, path) {
  const png = await page.screenshot({ style: '.notifications-toasts { display: none !important; }' });
  await mkdir(dirname(path), { recursive: true });
  const picture = sharp(png);
  await (path.endsWith('.webp')
    ? picture.webp({ quality: 82, effort: 6 })
    : picture.png({ palette: true, colours: 256, effort: 10, compressionLevel: 9 })
  ).toFile(path);
  const { size } = await stat(path);
  console.log(`${path} ${(size / 1000).toFixed(0)} kB`);
  if (size > limitBytes) throw new Error(`${path} has ${size} bytes; at most ${limitBytes} are wanted.`);
}
