/** The picture of a tree from 50 to 20,000 nodes in a real VS Code: what can be read, and how it follows its panel. */
import { strict as assert } from 'node:assert';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'mocha';
import { generatedSearch } from '../../scripts/gallery/generatedSearch.mjs';
import { goToLine, openFile, runCommand, webviewFrame } from '../../scripts/workbench.mjs';
import { useEditor } from './editor.mjs';
import { languageServers } from './processes.mjs';
import { until } from './until.mjs';

const sizes = [50, 200, 20_000];
const fileOf = (nodes) => `search-${nodes}.json`;
const atCursor = 'This step is where the cursor is.';
const screen = { width: 1920, height: 1080 };

describe('the drawing of a tree', () => {
  /** Process ids of servers that a test has suspended. @type {number[]} */
  let stopped = [];
  const editor = useEditor(async (folder) => {
    for (const nodes of sizes) await writeFile(join(folder, fileOf(nodes)), generatedSearch({ nodes }));
    await writeFile(join(folder, 'cursor.json'), withStepAtCursor());
    // Opens a file of 42 MB without a confirmation.
    return { settings: { 'steplens.scoreOnOpen': false, 'workbench.editorLargeFileConfirmation': 1_000 } };
  });
  // Without animations, the view is in its final position as soon as it is drawn.
  before(() => editor.page.emulateMedia({ reducedMotion: 'reduce' }));
  beforeEach(() => editor.page.setViewportSize(screen));
  after(() => goOn());

  const panel = () => webviewFrame(editor.page);
  const drawing = () => panel().locator('.drawing[data-rest="yes"]');
  const tree = () => panel().getByRole('tree', { name: 'Reasoning tree' });
  const press = async (name) => {
    await tree().focus();
    await editor.page.keyboard.press(name);
  };
  const treeTab = (nodes) =>
    editor.page
      .locator('.tab')
      .filter({ hasText: `Tree: ${fileOf(nodes)}` })
      .first();
  const lens = () => editor.page.locator('.codelens-decoration a').filter({ hasText: 'first low step' }).first();

  async function openTree(nodes) {
    await editor.page.keyboard.press('Control+1');
    await openFile(editor.page, fileOf(nodes));
    await runCommand(editor.page, 'StepLens: Open Reasoning Tree');
    await treeTab(nodes).waitFor();
    await drawing().locator('g.node').first().waitFor();
  }

  /** Boxes of all matching elements, and whether each is inside the picture. @param {string} selector */
  const boxes = (selector) =>
    panel()
      .locator('.picture')
      .evaluate((picture, wanted) => {
        const frame = picture.getBoundingClientRect();
        return [...picture.querySelectorAll(wanted)].map((one) => {
          const { x, y, width, height, right, bottom } = one.getBoundingClientRect();
          const isInside = x >= frame.x - 1 && y >= frame.y - 1 && right <= frame.right + 1 && bottom <= frame.bottom + 1;
          return { text: one.textContent, x, y, width, height, right, bottom, isInside };
        });
      }, selector);
  /** Repeats a check until it passes: a key takes effect with the next drawing. @param {() => Promise<void>} check */
  async function holds(check) {
    let failure;
    const isMet = () =>
      check().then(
        () => true,
        (error) => {
          failure = error;
        },
      );
    await until(isMet, 'a check').catch(() => {
      throw failure;
    });
  }
  const numberIn = (text) => Number(/([\d,]+) first low steps?/.exec(text)?.[1].replace(',', ''));
  const pictureWidth = () =>
    panel()
      .locator('.picture')
      .evaluate((node) => node.clientWidth);
  const view = () => panel().locator('.drawing svg > g').first().getAttribute('transform');
  /** Returns the view when it is stable for several frames, because the parts of a workbench are resized one by one. */
  const restingView = () =>
    until(async () => {
      const seen = await view();
      for (const part of [editor.page.locator('body'), panel().locator('body')])
        await part.evaluate(async ({ ownerDocument: { defaultView: window } }) => {
          for (let frames = 0; frames < 3; frames++) await new Promise((resolve) => window.requestAnimationFrame(resolve));
        });
      return (await drawing().count()) === 1 && (await view()) === seen && seen;
    }, 'the view to rest');

  it('follows the size of the panel until the user moves it', async () => {
    await openTree(50);
    const isSeen = async () => (await boxes('.node.selected .mark'))[0]?.isInside;
    await until(isSeen, 'the first low step to be in sight');
    const wide = await restingView();
    await editor.page.setViewportSize({ width: 1100, height: 620 });
    await until(async () => (await view()) !== wide && (await isSeen()), 'the view to follow the panel');
    const followed = await restingView();
    await press('+');
    await until(async () => (await view()) !== followed, 'the view to be moved');
    const moved = await restingView();
    const width = await pictureWidth();
    await editor.page.setViewportSize(screen);
    await until(async () => (await pictureWidth()) > width, 'the panel to be wide again');
    assert.equal(await restingView(), moved);
  });

  it('shows a legible value for each of 50 nodes, and text where there is room', async () => {
    await press('0');
    await holds(async () => {
      const nodes = await boxes('.node:not(.stacked)');
      assert.ok(nodes.length >= 25, `${nodes.length} nodes`);
      assert.deepEqual(
        nodes.filter(({ text }) => !/\d\.\d\d/.test(text)),
        [],
      );
      const texts = await boxes('.node:not(.stacked) text');
      assert.deepEqual(
        texts.filter(({ height, isInside }) => height < 10 || !isInside),
        [],
      );
      assert.ok(texts.filter(({ text }) => / \p{L}{2}/u.test(text)).length >= 6, 'words');
    });
  });

  it('moves in one step, without animation, when reduced motion is set', async () => {
    const page = panel().locator('body');
    await page.evaluate((body) => {
      const { defaultView: window } = body.ownerDocument;
      const group = body.querySelector('.drawing svg > g');
      window.seen = [];
      new window.MutationObserver(() => window.seen.push(group.getAttribute('transform'))).observe(group, {
        attributeFilter: ['transform'],
      });
    });
    const seen = () => page.evaluate((body) => body.ownerDocument.defaultView.seen);
    await press('+');
    await until(async () => (await seen()).length > 0, 'the view to move');
    await drawing().waitFor({ state: 'attached' });
    assert.equal(new Set(await seen()).size, 1, 'the view goes to its place at once');
  });

  it('has a toolbar of one line with icons only in a narrow panel', async () => {
    await editor.page.setViewportSize({ width: 1000, height: 700 });
    await panel().locator('.narrow .toolbar').waitFor();
    await holds(async () => {
      const { height, rights, words } = await panel()
        .locator('.toolbar')
        .evaluate((bar) => ({
          height: bar.clientHeight,
          rights: [...bar.querySelectorAll('vscode-button, vscode-text-field')].map(
            (one) => bar.getBoundingClientRect().right - one.getBoundingClientRect().right,
          ),
          words: [...bar.querySelectorAll('.words')].filter((one) => one.getClientRects().length > 0).length,
        }));
      assert.ok(height < 50, `${height} pixels are two lines`);
      assert.ok(Math.min(...rights) >= 0, 'a button is outside the panel');
      assert.equal(words, 0);
    });
  });

  it('shows every mark and flag of 200 nodes, with as many flags as code lens, statistics and status', async () => {
    await openTree(200);
    await press('0');
    await holds(async () => {
      const seen = await boxes('.node .first-low');
      assert.deepEqual(
        seen.filter(({ width, isInside }) => width <= 6 || !isInside),
        [],
      );
      const marks = await boxes('.node .mark');
      assert.ok(marks.length > seen.length && seen.length > 0);
      assert.deepEqual(
        marks.filter(({ width, isInside }) => width < 2 || !isInside),
        [],
      );
    });
    await panel().locator('#tab-statistics').click();
    const statistics = await panel().locator('.summary').first().textContent();
    const item = editor.page.locator('[id="status.languageStatus"]');
    await editor.page.keyboard.press('Control+1');
    await item.waitFor();
    const row = editor.page.getByText(/first low steps?, [\d,]+ low in all/).first();
    await until(async () => {
      await item.hover();
      return row.isVisible();
    }, 'the row of the status');
    await lens().waitFor();
    const said = { lens: await lens().textContent(), statistics, status: await row.textContent() };
    await panel().locator('#tab-node').click();
    const flags = await panel().locator('.node .first-low').count();
    assert.deepEqual(Object.values(said).map(numberIn), [flags, flags, flags], JSON.stringify(said));
  });

  it('shows 20,000 nodes as blocks with node counts, and flags blocks with first low steps', async () => {
    await openTree(20_000);
    await press('0');
    await holds(async () => {
      const counts = await boxes('.block .block-count');
      assert.ok(counts.length > 20, `${counts.length} blocks`);
      assert.deepEqual(
        counts.filter(({ height, isInside }) => height < 8 || !isInside),
        [],
      );
      assert.ok((await boxes('.block .note.flag')).length > 5, 'flags');
    });
    assert.ok((await panel().getByRole('treeitem').count()) > 0);
  });

  it('shows that a tree of 42 MB is being read, stops waiting on Cancel, and reads it when asked again', async () => {
    await treeTab(200).click();
    await drawing().locator('g.node').first().waitFor();
    stopped = await languageServers();
    assert.equal(stopped.length, 1);
    for (const pid of stopped) process.kill(pid, 'SIGSTOP');
    // A hidden page is discarded, so it requests its tree again.
    await treeTab(20_000).click();
    await panel().getByText('Reading the tree…').waitFor();
    await editor.page
      .locator('.statusbar')
      .getByText(`StepLens: reading ${fileOf(20_000)}`)
      .first()
      .waitFor();
    await panel().getByRole('button', { name: 'Cancel' }).click();
    await panel().getByText('Reading was cancelled.').waitFor();
    goOn();
    await panel().getByRole('button', { name: 'Read the tree' }).click();
    await drawing().locator('g.node').first().waitFor();
  });

  it('opens its panel before the server answers, then selects the step at the cursor', async () => {
    await editor.page.keyboard.press('Control+1');
    await openFile(editor.page, 'cursor.json');
    await lens().waitFor();
    const lines = withStepAtCursor().split('\n');
    const line = lines.findIndex((text) => text.includes(atCursor));
    await goToLine(editor.page, line + 1, lines[line].indexOf(atCursor) + 1);
    stopped = await languageServers();
    assert.equal(stopped.length, 1);
    for (const pid of stopped) process.kill(pid, 'SIGSTOP');
    await runCommand(editor.page, 'StepLens: Open Reasoning Tree');
    await editor.page.locator('.tab').filter({ hasText: 'Tree: cursor.json' }).first().waitFor();
    await panel().getByText('Reading the tree…').waitFor();
    goOn();
    await drawing().locator('g.node').first().waitFor();
    // Without the cursor position, the first low step would be selected, which this step is not.
    const selected = panel().getByRole('treeitem', { selected: true });
    await selected.filter({ hasText: atCursor }).waitFor({ state: 'attached' });
    assert.doesNotMatch(await selected.innerText(), /first low/i);
  });

  function goOn() {
    for (const pid of stopped.splice(0)) process.kill(pid, 'SIGCONT');
  }
});

/** A search with a unique step text in a node that is not low. */
function withStepAtCursor() {
  const search = JSON.parse(generatedSearch({ nodes: 50, math: false }));
  search.children.find(({ mc_value }) => mc_value > 0.5).partial_solution = [atCursor];
  return JSON.stringify(search, null, 1);
}
