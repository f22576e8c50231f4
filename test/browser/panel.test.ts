// Over 400 lines: all cases share one browser, and the check after each case for warnings and refused resources.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { rolloutCount } from '../../server/reasoning/treeStatistics.js';
import { displayOf } from '../../webview/tree/model/display.js';
import { buildTreeModel, landingNode } from '../../webview/tree/model/treeModel.js';
import type { InitialView } from '../../webview/tree/protocol.js';
import { makeView, type TreeOptions } from '../webview/trees.js';
import { axeFindings } from './axe.js';
import { atRest, boxOf, nextFrame, type PanelOptions, sent } from './panelPage.js';
import { panelSuite } from './panelSuite.js';
import { THEMES, type ThemeName } from './themes.js';

const suite = panelSuite();

const initial = (options: TreeOptions): InitialView => ({ view: makeView(options), images: options.images ?? [] });

async function open(options: PanelOptions): Promise<Page> {
  return (await suite.open(options)).page;
}

async function openTree(tree: TreeOptions, options: PanelOptions = {}): Promise<Page> {
  const page = await open({ views: [initial(tree)], ...options });
  await atRest(page);
  return page;
}

const treeOf = (page: Page) => page.getByRole('tree', { name: 'Reasoning tree' });
const active = (page: Page) => treeOf(page).getAttribute('aria-activedescendant');
const selectedId = async (page: Page) => Number((await active(page))?.replace('node-', ''));
const savedState = (page: Page) =>
  page.evaluate(
    () =>
      JSON.parse(sessionStorage.getItem('state') ?? 'null') as {
        selected: number;
        collapsed: number[];
        zoom: { k: number; x: number; y: number };
        details: string;
      },
  );

/** Returns the state stored after an action. A changed state is stored once, when the panel is at rest. */
async function savedAfter(page: Page, act: () => Promise<unknown>): ReturnType<typeof savedState> {
  const saves = await page.evaluate(() => window.fakeHost.saves);
  await act();
  await expect.poll(() => page.evaluate(() => window.fakeHost.saves)).toBeGreaterThan(saves);
  return savedState(page);
}

describe.each(Object.keys(THEMES) as ThemeName[])('the tree panel in the theme %s', (theme) => {
  it('draws a tree, selects its first low step, and axe finds no violation', async () => {
    const page = await openTree({ nodes: 60, problemCount: 3, images: ['figure.svg'] }, { theme });
    const model = buildTreeModel(makeView({ nodes: 60 }));
    expect(await selectedId(page)).toBe(landingNode(model));
    expect(await page.locator('.node.selected').count()).toBe(1);
    for (const tab of ['#tab-node', '#tab-statistics']) {
      await page.locator(tab).click();
      expect(await axeFindings(page)).toEqual([]);
    }
  });
});

describe('the values shown', () => {
  it('change from the labels to the scores of the model, and stay so after a reload', async () => {
    const page = await openTree({ nodes: 60 });
    const valueOf = (id: number) =>
      page
        .locator('.value-number')
        .textContent()
        .then((text) => ({ id, text }));
    const labels = buildTreeModel(makeView({ nodes: 60 }));
    const scores = buildTreeModel(makeView({ nodes: 60 }), 'model');
    const id = await selectedId(page);
    await expect.poll(() => valueOf(id)).toEqual({ id, text: labels.nodes[id]!.value!.toFixed(2) });
    await page.getByRole('combobox', { name: 'Values shown' }).click();
    await page.getByRole('option', { name: 'Model' }).click();
    await expect.poll(() => valueOf(id)).toEqual({ id, text: scores.nodes[id]!.value!.toFixed(2) });
    expect(await selectedId(page)).toBe(id);
    await expect.poll(async () => ((await savedState(page)) as { shown?: string }).shown).toBe('model');
    await page.reload();
    await atRest(page);
    await expect.poll(() => valueOf(id)).toEqual({ id, text: scores.nodes[id]!.value!.toFixed(2) });
  });
});

describe('the keyboard', () => {
  it('moves through the tree, folds, reveals, zooms and goes from low step to low step', async () => {
    const page = await openTree({ nodes: 60 });
    const view = makeView({ nodes: 60 });
    const model = buildTreeModel(view);
    await treeOf(page).focus();
    await page.keyboard.press('Home');
    expect(await selectedId(page)).toBe(0);
    await page.keyboard.press('ArrowRight');
    const child = view.nodes[0]!.children[0]!;
    expect(await selectedId(page)).toBe(child);
    const item = page.locator(`#node-${child}`);
    expect(await item.getAttribute('aria-level')).toBe('2');
    expect(await item.getAttribute('aria-setsize')).toBe(String(view.nodes[0]!.children.length));
    expect(await item.getAttribute('aria-posinset')).toBe('1');
    expect(await item.getAttribute('aria-selected')).toBe('true');
    expect(await item.textContent()).toMatch(/^\d\.\d\d, .*rollouts/);

    await page.keyboard.press('ArrowLeft');
    expect(await item.getAttribute('aria-expanded')).toBe('false');
    await page.keyboard.press('ArrowDown');
    expect(await selectedId(page)).toBe(view.nodes[0]!.children[1]);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press(' ');
    expect(await item.getAttribute('aria-expanded')).toBe('true');
    await page.keyboard.press('End');
    expect(await selectedId(page)).toBe(model.order.at(-1));

    await page.keyboard.press('Home');
    await page.keyboard.press('n');
    expect(await selectedId(page)).toBe(model.low[0]);
    await page.keyboard.press('n');
    expect(await selectedId(page)).toBe(model.low[1]);
    await page.keyboard.press('p');
    expect(await selectedId(page)).toBe(model.low[0]);

    await page.keyboard.press('Enter');
    await page.keyboard.press('Control+Enter');
    expect((await suite.panel.calls('reveal')).slice(-2).map((call) => call.args)).toEqual([
      { node: model.low[0], focus: false },
      { node: model.low[0], focus: true },
    ]);
    const level = () => page.locator('.drawing').getAttribute('data-level');
    for (let i = 0; i < 6; i++) await page.keyboard.press('+');
    await expect.poll(level).toBe('card');
    for (let i = 0; i < 14; i++) await page.keyboard.press('-');
    await expect.poll(level).toBe('dots');
    await page.keyboard.press('?');
    expect(await page.getByRole('dialog', { name: 'Keyboard' }).isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog', { name: 'Keyboard' }).count()).toBe(0);
  });

  it('reaches the tree by Tab, and leaves it with one more Tab: the tree is one tab stop', async () => {
    const page = await openTree({ nodes: 60 });
    const where = () => page.evaluate(() => document.activeElement?.getAttribute('role') ?? '');
    let presses = 0;
    while ((await where()) !== 'tree' && presses++ < 12) await page.keyboard.press('Tab');
    expect(await where()).toBe('tree');
    await page.keyboard.press('Tab');
    expect(await where()).not.toBe('treeitem');
    expect(await where()).not.toBe('tree');
  });
});

describe('buttons of the tree panel', () => {
  it('show their text in one line inside their border', async () => {
    const page = await openTree({ nodes: 60 }, { width: 671, height: 798 });
    const buttons = await page.locator('vscode-button:has(.words):visible').evaluateAll((all) =>
      all.map((button) => {
        const words = button.querySelector('.words')!;
        const range = document.createRange();
        range.selectNodeContents(words);
        const [outer, inner] = [button.getBoundingClientRect(), range.getBoundingClientRect()];
        const isInside =
          inner.left > outer.left && inner.right < outer.right && inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
        return { text: words.textContent, isInside, lines: range.getClientRects().length };
      }),
    );
    expect(buttons.map(({ text }) => text)).toEqual(expect.arrayContaining(['First low step', 'Key', 'In the training set?']));
    expect(buttons.filter(({ isInside, lines }) => !isInside || lines !== 1)).toEqual([]);
  });
});

describe('the pointer', () => {
  it('reveals a node without focus on click and with focus on double-click, and folds by the fold mark', async () => {
    const page = await openTree({ nodes: 60 });
    const other = page.locator('.node:not(.selected) text.value').first();
    const box = await boxOf(other);
    await page.mouse.click(box.x + 4, box.y + 4);
    const calls = await suite.panel.calls('reveal');
    expect(calls).toEqual([{ name: 'reveal', args: { node: await selectedId(page), focus: false } }]);
    await page.mouse.dblclick(box.x + 4, box.y + 4);
    expect((await suite.panel.calls('reveal')).at(-1)!.args).toMatchObject({ focus: true });

    await treeOf(page).focus();
    await page.keyboard.press('Home');
    const fold = await boxOf(page.locator('.node.selected .fold'));
    await page.mouse.click(fold.x + fold.width / 2, fold.y + fold.height / 2);
    await expect.poll(() => page.locator('g.node').count()).toBe(1);
    expect(await page.locator('.fold-text').textContent()).toMatch(/^\+5\d$/);
  });

  it('zooms at its position by the wheel, pans without selecting, and shows a value in a tooltip on hover', async () => {
    const page = await openTree({ nodes: 60 });
    const node = page.locator('.node.selected .mark');
    const before = await boxOf(node);
    const center = { x: before.x + before.width / 2, y: before.y + before.height / 2 };
    await page.mouse.move(center.x, center.y);
    await expect.poll(() => page.locator('.tooltip').textContent()).toMatch(/0\.\d\d.*rollouts/);
    await page.mouse.wheel(0, -200);
    await expect.poll(async () => (await savedState(page))?.zoom?.k ?? 0).toBeGreaterThan(0.31);
    const after = await boxOf(page.locator('.node.selected .mark').first());
    expect(Math.abs(after.y + after.height / 2 - center.y)).toBeLessThan(14);
    const selection = await selectedId(page);
    await page.mouse.down();
    await page.mouse.move(center.x + 90, center.y + 60, { steps: 5 });
    await page.mouse.up();
    const panned = await boxOf(page.locator('.node.selected .mark').first());
    expect(panned.x - after.x).toBeCloseTo(90, -1);
    expect(panned.y - after.y).toBeCloseTo(60, -1);
    expect(await selectedId(page)).toBe(selection);
    expect(await suite.panel.calls('reveal')).toEqual([]);
  });
});

describe('the search', () => {
  it('counts the matches, dims all other nodes, and goes from match to match', async () => {
    const page = await openTree({ nodes: 60 });
    await treeOf(page).focus();
    await page.keyboard.press('/');
    await page.keyboard.type('boxed{4}');
    const count = page.locator('.match-count');
    // The first match is selected immediately, also after each typed letter.
    await expect.poll(() => page.locator('.match-note').textContent()).toContain('boxed{4}');
    await expect.poll(() => count.textContent()).toMatch(/^1 of \d+$/);
    await expect.poll(() => page.locator('.node.faded').count()).toBeGreaterThan(1);
    await page.keyboard.press('Enter');
    await expect.poll(() => count.textContent()).toMatch(/^2 of \d+$/);
    expect(await page.locator(`#node-${await selectedId(page)}`).getAttribute('aria-selected')).toBe('true');
    const first = await count.textContent();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Shift+Enter');
    expect(await count.textContent()).toBe(first);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.node.faded').count()).toBe(0);
    await page.keyboard.press('/');
    await page.keyboard.type('no such words');
    await expect.poll(() => count.textContent()).toBe('No match');
  });

  it('opens folded branches to show a match', async () => {
    const page = await openTree({ nodes: 60 });
    await page.getByRole('button', { name: 'Fold all', exact: true }).click();
    await page.locator('vscode-text-field').click();
    await page.keyboard.type('4.33');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.node.selected').count()).toBe(1);
    expect(makeView({ nodes: 60 }).nodes[await selectedId(page)]!.depth).toBeGreaterThan(0);
  });
});

describe('the tree panel with its host', () => {
  it('selects, unfolds and marks the step of `nodeSelected`, and sends no reply', async () => {
    const page = await openTree({ nodes: 60 });
    const view = makeView({ nodes: 60 });
    const deep = view.nodes.reduce((deepest, node) => (node.depth > deepest.depth && node.steps.length > 1 ? node : deepest));
    await page.getByRole('button', { name: 'Fold all', exact: true }).click();
    await suite.panel.emit('nodeSelected', { problem: 0, node: deep.id, step: deep.steps[1]!.index });
    await expect.poll(() => selectedId(page)).toBe(deep.id);
    await expect.poll(() => page.locator('.node.selected').count()).toBe(1);
    const picture = await boxOf(page.locator('.picture'));
    // The tree may be redrawn during the check, so the check is repeated.
    const isInSight = async () => {
      const box = await page.locator('.node.selected').boundingBox();
      return box !== null && box.x >= picture.x - 20 && box.y >= picture.y - 20 && box.y < picture.y + picture.height;
    };
    await expect.poll(isInSight).toBe(true);
    await expect.poll(() => page.locator('.step.current').count()).toBe(1);
    expect(await suite.panel.calls('reveal')).toEqual([]);
  });

  it('keeps the tabs in sight when it shows the marked step of a long node', async () => {
    const page = await openTree({ nodes: 60 }, { width: 560, height: 520 });
    const { steps, id } = makeView({ nodes: 60 }).nodes.find((node) => node.steps.length > 2)!;
    await suite.panel.emit('nodeSelected', { problem: 0, node: id, step: steps.at(-1)!.index });
    await page.locator('.step.current').waitFor();
    await nextFrame(page);
    const inside = await page.evaluate(() => {
      const box = (selector: string) => document.querySelector(selector)!.getBoundingClientRect();
      const [details, tab, step] = [box('.details'), box('#tab-node'), box('.step.current')];
      return { tab: tab.top >= details.top, step: step.bottom <= window.innerHeight + 1 };
    });
    expect(inside).toEqual({ tab: true, step: true });
  });

  it('shows another problem first if `nodeSelected` names that problem', async () => {
    const views = [0, 1].map((problem) => initial({ nodes: 20, problem, problemCount: 2, seed: problem + 1 }));
    const page = await open({ views });
    await atRest(page);
    await suite.panel.emit('nodeSelected', { problem: 1, node: 3 });
    await expect.poll(() => selectedId(page)).toBe(3);
    expect(await suite.panel.calls('select')).toEqual([{ name: 'select', args: { problem: 1 } }]);
    expect(await page.getByRole('combobox', { name: 'Problem' }).evaluate((host) => (host as unknown as { value: string }).value)).toBe(
      '1',
    );
  });

  it('keeps selection, folds and zoom when new values arrive', async () => {
    const page = await openTree({ nodes: 60 });
    await treeOf(page).focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowLeft');
    const before = await savedAfter(page, () => page.keyboard.press('+'));
    const view = makeView({ nodes: 60 });
    const saves = await page.evaluate(() => window.fakeHost.saves);
    await suite.panel.emit('viewChanged', {
      view: { ...view, version: 2, nodes: view.nodes.map((node) => ({ ...node, value: 0.9, rollouts: [] })) },
      images: [],
    });
    await expect.poll(() => page.locator('.value-number').textContent()).toBe('0.90');
    await expect.poll(() => page.evaluate(() => window.fakeHost.saves)).toBeGreaterThan(saves);
    expect(await savedState(page)).toEqual(before);
  });

  it('keeps the selected step selected when an edit shifts every id', async () => {
    const page = await openTree({ nodes: 60 });
    const view = makeView({ nodes: 60 });
    const words = await page.locator('.step-text').first().textContent();
    const shifted = [
      { ...view.nodes[0]!, children: [1, ...view.nodes[0]!.children.map((id) => id + 1)] },
      { ...view.nodes[1]!, children: [], steps: view.nodes[1]!.steps.map((step) => ({ ...step, text: 'A new first step.' })) },
      ...view.nodes.slice(1).map((node) => ({
        ...node,
        id: node.id + 1,
        parent: node.parent === 0 ? 0 : node.parent! + 1,
        children: node.children.map((id) => id + 1),
      })),
    ];
    const before = await selectedId(page);
    await suite.panel.emit('viewChanged', { view: { ...view, version: 2, nodes: shifted }, images: [] });
    await expect.poll(() => selectedId(page)).toBe(before + 1);
    expect(await page.locator('.step-text').first().textContent()).toBe(words);
  });

  it('keeps a view that cannot be refreshed, with the cause and "Try again"', async () => {
    const page = await openTree({ nodes: 10 });
    await suite.panel.emit('viewFailed', { message: 'The file was deleted.' });
    await expect.poll(() => page.locator('.banner').textContent()).toContain('The file was deleted.');
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(() => page.locator('.banner').count()).toBe(0);
    expect((await suite.panel.calls('open')).length).toBe(2);
  });

  it('calls the host from the problem picker, the images and the steps', async () => {
    const views = [0, 1, 2].map((problem) => initial({ nodes: 20, problem, problemCount: 3, images: ['figure.svg'] }));
    const page = await open({ views });
    await atRest(page);
    await page.getByRole('button', { name: 'Next problem' }).click();
    await expect.poll(async () => (await suite.panel.calls('select')).at(-1)?.args).toEqual({ problem: 1 });
    await page.getByRole('combobox', { name: 'Problem' }).click();
    await page.getByRole('option', { name: /^3\/3/ }).click();
    await expect.poll(async () => (await suite.panel.calls('select')).at(-1)?.args).toEqual({ problem: 2 });
    await page.getByRole('button', { name: 'Open image 1 of the problem' }).click();
    expect((await suite.panel.calls('openImage')).at(-1)?.args).toEqual({ index: 0 });
    await page.getByRole('button', { name: 'Show this step in the file' }).first().click();
    expect((await suite.panel.calls('reveal')).at(-1)?.args).toMatchObject({ node: await selectedId(page), focus: false });
  });
});

describe('the initial view', () => {
  const target = buildTreeModel(makeView({ nodes: 60 }));
  /** Position of the selected node as a fraction of the picture's width and height. */
  const place = async (page: Page) => {
    const [picture, node] = [await boxOf(page.locator('.picture')), await boxOf(page.locator('.node.selected .mark').first())];
    return { x: (node.x - picture.x) / picture.width, y: (node.y - picture.y) / picture.height };
  };

  it('follows the size of the panel, also after new scores', async () => {
    const fresh = await openTree({ nodes: 60 }, { width: 1300, height: 900 });
    const wanted = await place(fresh);
    await fresh.context().close();
    const page = await openTree({ nodes: 60 }, { width: 1100, height: 1400 });
    const view = makeView({ nodes: 60 });
    // Scores arrive before the panel has its final size: the tree must still be placed again for each size.
    await suite.panel.emit('viewChanged', { view: { ...view, version: 2 }, images: [] });
    for (const size of [
      { width: 1100, height: 420 },
      { width: 500, height: 500 },
      { width: 1300, height: 900 },
    ]) {
      await page.setViewportSize(size);
      await nextFrame(page);
      await atRest(page);
      const { x, y } = await place(page);
      expect(x).toBeGreaterThan(0);
      expect(x).toBeLessThan(1);
      expect(y).toBeGreaterThan(0);
      expect(y).toBeLessThan(1);
    }
    expect(await selectedId(page)).toBe(landingNode(target));
    const now = await place(page);
    expect(now.x).toBeCloseTo(wanted.x, 1);
    expect(now.y).toBeCloseTo(wanted.y, 1);
  });

  it('keeps the whole tree in sight after a fit, until the user moves the view', async () => {
    const page = await openTree({ nodes: 60 }, { width: 1100, height: 800 });
    await treeOf(page).focus();
    await page.keyboard.press('0');
    await atRest(page);
    await page.setViewportSize({ width: 900, height: 420 });
    await nextFrame(page);
    const picture = await boxOf(page.locator('.picture'));
    const marks = await page
      .locator('.node .mark')
      .evaluateAll((all) => all.map((mark) => mark.getBoundingClientRect().toJSON() as DOMRect));
    expect(marks.length).toBeGreaterThan(20);
    const isInside = ({ x, y }: DOMRect) =>
      x >= picture.x && y >= picture.y && x < picture.x + picture.width && y < picture.y + picture.height;
    expect(marks.filter((mark) => !isInside(mark))).toEqual([]);
    const before = await savedAfter(page, () => page.keyboard.press('+'));
    await page.setViewportSize({ width: 1100, height: 800 });
    await nextFrame(page);
    await atRest(page);
    expect((await savedState(page)).zoom).toEqual(before.zoom);
  });

  it('keeps its position once the user has moved it', async () => {
    const page = await openTree({ nodes: 60 }, { width: 1300, height: 900 });
    await treeOf(page).focus();
    await page.keyboard.press('+');
    await atRest(page);
    const before = await boxOf(page.locator('.node.selected .mark').first());
    await page.setViewportSize({ width: 1200, height: 700 });
    await nextFrame(page);
    const after = await boxOf(page.locator('.node.selected .mark').first());
    expect([after.x, after.y]).toEqual([before.x, before.y]);
  });
});

describe('the state of the panel', () => {
  it('keeps selection, folds, zoom and tab after a reload', async () => {
    const page = await openTree({ nodes: 60 });
    await treeOf(page).focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press(' ');
    await page.keyboard.press('+');
    await atRest(page);
    await page.locator('#tab-statistics').click();
    await expect.poll(async () => (await savedState(page))?.details).toBe('statistics');
    const before = await savedState(page);
    expect(before.collapsed.length).toBe(1);
    expect(before.zoom.k).toBeGreaterThan(0);
    await page.reload();
    await atRest(page);
    await expect.poll(() => page.evaluate(() => window.fakeHost.saves)).toBeGreaterThan(0);
    expect(await savedState(page)).toEqual(before);
    expect(await page.locator('#tab-statistics').getAttribute('aria-selected')).toBe('true');
    expect((await suite.panel.calls('open')).at(-1)!.args['state']).toEqual(before);
  });
});

describe('the details pane', () => {
  it('typesets inline and display math, keeps LaTeX that KaTeX cannot read, and treats no text as markup', async () => {
    const view = makeView({ nodes: 3 });
    const texts = [
      'So $x^2$ and \\[ \\sum_{i=1}^n i = \\frac{n(n+1)}{2} \\] hold.',
      'Broken $\\frac{1}{$ stays.',
      '<img src=x onerror=alert(1)> costs $5 and $10.',
      `Long: $${Array.from({ length: 200 }, (_, i) => `x_{${i}}`).join(' + ')}$`,
    ];
    const steps = texts.map((text, index) => ({ index, text, values: {}, low: false, firstLow: false }));
    const nodes = view.nodes.map((node) => (node.id === 1 ? { ...node, steps } : node));
    const page = await open({ views: [{ view: { ...view, nodes }, images: [] }] });
    await atRest(page);
    await suite.panel.emit('nodeSelected', { problem: 0, node: 1 });
    const step = (index: number) => page.locator('.step').nth(index);
    await expect.poll(() => step(0).locator('.katex').count()).toBe(2);
    expect(await step(0).locator('.katex-display').count()).toBe(1);
    expect(await step(0).locator('math').count()).toBe(2);
    // KaTeX's inline styles were set through the CSSOM.
    expect(
      await step(0)
        .locator('.vlist > span')
        .first()
        .evaluate((span) => (span as HTMLElement).style.top),
    ).not.toBe('');
    await page.evaluate(() => document.fonts.ready);
    expect(
      await page.evaluate(
        () =>
          document.fonts.check('16px KaTeX_Main') &&
          [...document.fonts].some((font) => font.family.includes('KaTeX') && font.status === 'loaded'),
      ),
    ).toBe(true);
    expect(await step(1).textContent()).toContain('\\frac{1}{');
    expect(await step(1).locator('.math-error').getAttribute('title')).toContain('KaTeX');
    expect(await step(2).locator('img').count()).toBe(0);
    expect(await step(2).locator('.katex').count()).toBe(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
  });

  it('counts the correct rollouts, lists the steps of one, and shows it in the file', async () => {
    const page = await openTree({ nodes: 60 });
    await suite.panel.emit('nodeSelected', { problem: 0, node: 3 });
    const rollouts = makeView({ nodes: 60 }).nodes[3]!.rollouts;
    await expect
      .poll(() => page.locator('.counts').textContent())
      .toContain(`${rolloutCount(rollouts.filter((group) => group.correct))} correct`);
    const first = page.locator('.rollout').first();
    await first.locator('summary').click();
    await expect.poll(() => first.locator('li').count()).toBe(rollouts[0]!.steps);
    await first.getByRole('button', { name: 'Show this rollout in the file' }).click();
    expect((await suite.panel.calls('reveal')).at(-1)!.args).toEqual({ node: 3, rollout: 0, focus: false });
  });

  it('is resized by keyboard and pointer at its splitter', async () => {
    const page = await openTree({ nodes: 60 });
    const width = async () => (await boxOf(page.locator('.details'))).width;
    const before = await width();
    await page.getByRole('separator').focus();
    await page.keyboard.press('ArrowLeft');
    expect(await width()).toBeGreaterThan(before);
    const bar = await boxOf(page.locator('.splitter'));
    await page.mouse.move(bar.x, 300);
    await page.mouse.down();
    await page.mouse.move(550, 300, { steps: 4 });
    await page.mouse.up();
    expect(await width()).toBeCloseTo(550, -1);
  });
});

describe('the tree panel', () => {
  it('keeps its buttons in reach and overflows nowhere at a width of 300 pixels', async () => {
    const page = await openTree({ nodes: 60, problemCount: 3 }, { width: 300 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(300);
    const stage = await boxOf(page.locator('.picture'));
    expect(stage.height).toBeGreaterThan(180);
    for (const name of ['First low step', 'Fit the tree', 'Fold all', 'Unfold all'])
      expect((await boxOf(page.getByRole('button', { name: new RegExp(name, 'i') }).first())).x).toBeLessThan(280);
  });

  it('fits its toolbar in one line at 320 pixels, without overlaps of search field and buttons', async () => {
    const page = await openTree({ nodes: 60 }, { width: 320 });
    expect((await boxOf(page.locator('.toolbar'))).height).toBeLessThan(46);
    await page.locator('.search-field input').fill('the');
    await page.locator('.match-count').filter({ hasText: /\d/ }).waitFor();
    const boxes = await page
      .locator('.toolbar vscode-text-field, .toolbar .match-count, .toolbar vscode-button, .toolbar vscode-dropdown')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect()).filter(({ width }) => width > 0));
    expect(Math.max(...boxes.map(({ right }) => right))).toBeLessThanOrEqual(320);
    const overlaps = boxes.flatMap((one, i) =>
      boxes.slice(i + 1).filter((other) => one.x < other.right && other.x < one.right && one.y < other.bottom && other.y < one.bottom),
    );
    expect(overlaps).toEqual([]);
  });

  it.each([400, 512])(
    'fits its toolbar in one line at %i pixels, two lines with a problem picker, and Tab reaches each button',
    async (width) => {
      for (const [problemCount, lines] of [
        [1, 1],
        [3, 2],
      ] as const) {
        const page = await openTree({ nodes: 60, problemCount }, { width });
        const toolbar = await boxOf(page.locator('.toolbar'));
        expect(toolbar.height).toBeLessThan(16 + lines * 30);
        await treeOf(page).focus();
        await page.keyboard.press('/');
        const names: (string | null)[] = [];
        const focused = () =>
          page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.getAttribute('role') ?? null);
        while ((await focused()) !== 'Reasoning tree' && names.length < 12) {
          await page.keyboard.press('Tab');
          names.push(await focused());
        }
        for (const name of [
          'Go to the first low step',
          'Label this problem',
          'Follow the active editor',
          'Show or hide the details (d)',
          'Keyboard help (?)',
        ])
          expect(names).toContain(name);
        if (lines === 1) await page.context().close();
      }
    },
  );

  it.each([3, 60, 5_000, 20_000])('fits a tree of %i nodes as a whole, and leaves none out', async (nodes) => {
    const page = await openTree({ nodes });
    await treeOf(page).focus();
    await page.keyboard.press('0');
    const seen = () => page.locator('.drawing').evaluate(({ dataset }) => Number(dataset['nodes']) + Number(dataset['summarized']));
    const { hidden } = displayOf(buildTreeModel(makeView({ nodes })), { stacks: new Set(), hasAssumed: false });
    await expect.poll(seen).toBe(nodes - hidden.size);
    expect(await page.locator('.node, .block').count()).toBeLessThan(1_500);
    await page.keyboard.press('n');
    await page.keyboard.press('End');
    expect(await selectedId(page)).toBeGreaterThan(0);
    await expect.poll(() => page.locator('.node.selected').count()).toBe(1);
  });

  it('shows that it reads the tree while the host is slow', async () => {
    const page = await open({ views: [initial({ nodes: 3 })], isHeld: true });
    await page.getByText('Reading the tree…').waitFor({ state: 'visible' });
    await page.evaluate(() => window.fakeHost.release());
    await atRest(page);
    expect(await page.getByText('Reading the tree…').count()).toBe(0);
  });

  it('stops waiting for a slow host on Cancel, and reads the tree when asked again', async () => {
    const page = await open({ views: [initial({ nodes: 3 })], isHeld: true });
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Reading was cancelled.').waitFor({ state: 'visible' });
    await page.evaluate(() => window.fakeHost.release());
    await page.getByRole('button', { name: 'Read the tree' }).click();
    await atRest(page);
    expect(await page.getByRole('treeitem').count()).toBeGreaterThan(0);
  });

  it('shows what to do next for one node, no values, no reasoning and an error', async () => {
    let page = await openTree({ nodes: 1 });
    expect(await page.locator('.banner').textContent()).toContain('Only the problem');
    await suite.panel.page.context().close();
    page = await openTree({ nodes: 12, isSearchTree: false, hasValues: false });
    await page.getByRole('button', { name: 'Score the steps now' }).click();
    expect(await suite.panel.calls('score')).toEqual([{ name: 'score', args: {} }]);
    await suite.panel.page.context().close();
    page = await open({});
    expect(await page.getByRole('heading', { name: 'No reasoning to draw' }).isVisible()).toBe(true);
    await suite.panel.page.context().close();
    page = await open({ openError: 'The language server stopped.' });
    expect(await page.getByRole('alert').textContent()).toContain('The language server stopped.');
    await page.evaluate(
      (view) => {
        window.fakeHost.openError = null;
        window.fakeHost.views = [view];
      },
      sent(initial({ nodes: 3 })),
    );
    await page.getByRole('button', { name: 'Try again' }).click();
    await atRest(page);
  });

  it('settles in the same place with and without reduced motion', async () => {
    // Which nodes are drawn outside the picture depends on earlier views. The visible nodes must not.
    const positions = async (page: Page) =>
      page.locator('g.node .mark').evaluateAll((marks) => {
        const picture = document.querySelector('.picture')!.getBoundingClientRect();
        const boxes = marks.map((mark) => mark.getBoundingClientRect()).filter((box) => box.left > 0 && box.right < picture.right);
        return boxes.map((box) => `${Math.round(box.x)} ${Math.round(box.y)}`).sort();
      });
    const still = await openTree({ nodes: 30 }, { reducedMotion: true });
    await treeOf(still).focus();
    await still.keyboard.press('Home');
    await still.keyboard.press(' ');
    await still.keyboard.press(' ');
    await atRest(still);
    const wanted = await positions(still);
    await suite.panel.page.context().close();
    const moving = await openTree({ nodes: 30 }, { reducedMotion: false });
    await treeOf(moving).focus();
    await moving.keyboard.press('Home');
    await moving.keyboard.press(' ');
    await atRest(moving);
    await moving.keyboard.press(' ');
    await atRest(moving);
    await expect.poll(() => positions(moving)).toEqual(wanted);
  });
});
