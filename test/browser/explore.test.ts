// Over 400 lines: all cases share one browser and its page server.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { firstLowWords } from '../../webview/tree/model/countWords.js';
import { displayOf } from '../../webview/tree/model/display.js';
import { buildTreeModel } from '../../webview/tree/model/treeModel.js';
import { makeReplay } from '../webview/replays.js';
import { makeView } from '../webview/trees.js';
import { atRest, boxOf, nextFrame, type PanelOptions } from './panelPage.js';
import { panelSuite } from './panelSuite.js';

const suite = panelSuite();

type View = ReturnType<typeof makeView>;

async function open(view: View, options: PanelOptions = {}): Promise<Page> {
  const { page } = await suite.open({ views: [{ view, images: [] }], ...options });
  await atRest(page);
  return page;
}

const tree = (page: Page) => page.getByRole('tree', { name: 'Reasoning tree' });
const selected = async (page: Page) => Number((await tree(page).getAttribute('aria-activedescendant'))?.replace('node-', ''));
const drawn = (page: Page) => page.locator('.drawing').evaluate(({ dataset }) => Number(dataset['nodes']));

/** Checks that no text line of a node covers a text line of another node. */
async function noOverlap(page: Page): Promise<void> {
  const boxes = await page.locator('.node').evaluateAll((nodes) =>
    nodes.flatMap((node, at) =>
      [...node.querySelectorAll('text.words, text.value')].map((text) => {
        const { left, right, top, bottom } = text.getBoundingClientRect();
        return { at, left, right, top, bottom };
      }),
    ),
  );
  // A line's box has room above and below its letters.
  const over = boxes.flatMap((one) =>
    boxes.filter(
      (two) =>
        two.at > one.at && two.left < one.right - 1 && two.right > one.left + 1 && two.top < one.bottom - 5 && two.bottom > one.top + 5,
    ),
  );
  expect(over).toEqual([]);
}

/** A root with a chain below it and this many assumed leaves beside it. */
function withAssumed(count: number): View {
  const base = makeView({ nodes: 3, seed: 5 });
  const [root, child] = [base.nodes[0]!, base.nodes[1]!];
  const first = { ...child, id: 1, parent: 0, depth: 1, children: [], assumed: false, value: 0.2, rollouts: [] };
  const leaves = Array.from({ length: count }, (_, i) => ({
    ...first,
    id: i + 2,
    assumed: true,
    value: 1,
    mc: { value: 1, assumed: true },
    correct: true,
    steps: [{ ...child.steps[0]!, text: `Assumed way number ${i}.` }],
  }));
  return { ...base, nodes: [{ ...root, children: [1, ...leaves.map(({ id }) => id)] }, first, ...leaves] };
}

describe('stacks of assumed nodes', () => {
  it('are drawn as one node each that a key opens, and a button opens all of them', async () => {
    const page = await open(withAssumed(13));
    expect(await drawn(page)).toBe(3);
    expect(await page.locator('.node.stacked text.words').allTextContents()).toEqual(['13 assumed right']);
    await tree(page).focus();
    await page.keyboard.press('End');
    expect(await page.locator('[role=treeitem][aria-selected=true]').textContent()).toMatch(/^13 assumed right: /);
    expect(await page.locator('[role=treeitem][aria-selected=true]').getAttribute('aria-expanded')).toBe('false');
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => drawn(page)).toBe(15);
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => drawn(page)).toBe(3);
    await page.getByRole('button', { name: 'Show assumed nodes one by one' }).click();
    await expect.poll(() => drawn(page)).toBe(15);
    await page.getByRole('button', { name: 'Stack assumed nodes' }).click();
    await expect.poll(() => drawn(page)).toBe(3);
  });

  it('open when the editor selects a node in them', async () => {
    const page = await open(withAssumed(13));
    await suite.panel.emit('nodeSelected', { problem: 0, node: 9 });
    await expect.poll(() => selected(page)).toBe(9);
    await expect.poll(() => page.locator('.node.selected').count()).toBe(1);
    expect(await drawn(page)).toBe(15);
  });
});

describe('a large tree', () => {
  it('shows branches as blocks with a node count and a range of values, which a click opens', async () => {
    const page = await open(makeView({ nodes: 5_000 }), { width: 1400, height: 900 });
    await tree(page).focus();
    await page.keyboard.press('0');
    await atRest(page);
    const counts = await page.locator('.block .block-count').allTextContents();
    expect(counts.length).toBeGreaterThan(20);
    const block = page.locator('.block:has(.block-count)').first();
    expect(await block.locator('text.note').last().textContent()).toMatch(/^\d\.\d\d(–\d\.\d\d)?$/);
    const before = await drawn(page);
    const box = await boxOf(block.locator('.block-count'));
    await page.mouse.move(box.x + 3, box.y + 4);
    await expect.poll(() => page.locator('.tooltip').textContent()).toMatch(/\d+ nodes, values .* The lowest: .*Click to open/);
    await page.mouse.click(box.x + 3, box.y + 4);
    await atRest(page);
    await expect.poll(() => drawn(page)).not.toBe(before);
    expect(await page.locator('.block .block-count').allTextContents()).not.toEqual(counts);
  });

  it('has a minimap that moves the view, and hides it in a narrow panel', async () => {
    const page = await open(makeView({ nodes: 2_000 }), { width: 1400, height: 900 });
    const frame = () => page.locator('.minimap-frame').evaluate((node) => (node as HTMLElement).style.transform);
    const before = await frame();
    const box = await boxOf(page.locator('.minimap'));
    await page.mouse.click(box.x + box.width - 10, box.y + box.height - 6);
    await nextFrame(page);
    await expect.poll(frame).not.toBe(before);
    await page.keyboard.press('Escape');
    await page.setViewportSize({ width: 420, height: 500 });
    await expect.poll(() => page.locator('.minimap').isHidden()).toBe(true);
  });
});

describe('step texts in a panel beside the file', () => {
  it('wrap over several lines where a branch of a large tree has room', async () => {
    const page = await open(makeView({ nodes: 5_000 }), { width: 960, height: 960 });
    const lines = await page.locator('.node.words').evaluateAll((nodes) => nodes.map((node) => node.querySelectorAll('text.words').length));
    expect(lines.filter((count) => count >= 2).length).toBeGreaterThan(3);
    await noOverlap(page);
  });

  it('wrap over several lines where a small tree has few rows', async () => {
    const page = await open(makeView({ nodes: 40, seed: 3 }), { width: 960, height: 960 });
    const most = await page
      .locator('.node.words')
      .evaluateAll((nodes) => Math.max(...nodes.map((node) => node.querySelectorAll('text.words').length)));
    expect(most).toBeGreaterThanOrEqual(2);
    await noOverlap(page);
  });
});

describe('the drawing of a tree', () => {
  it('shows all of 50 nodes with text, and every mark of 200 nodes, on a large screen', async () => {
    const view = makeView({ nodes: 50 });
    const page = await open(view, { width: 1180, height: 980 });
    await tree(page).focus();
    await page.keyboard.press('0');
    await atRest(page);
    const { hidden } = displayOf(buildTreeModel(view), { stacks: new Set(), hasAssumed: false });
    expect(await page.locator('.node text.words').count()).toBeGreaterThanOrEqual(50 - hidden.size);
    await page.context().close();
    const many = makeView({ nodes: 200 });
    const next = await open(many, { width: 1180, height: 980 });
    await tree(next).focus();
    await next.keyboard.press('0');
    await atRest(next);
    const model = buildTreeModel(many);
    const stacked = displayOf(model, { stacks: new Set(), hasAssumed: false }).hidden;
    expect(await next.locator('.node .mark').count()).toBe(200 - stacked.size);
    const flags = await next.locator('.node .first-low').evaluateAll((all) => all.map((flag) => flag.getBoundingClientRect().width));
    expect(flags).toHaveLength([...model.firstLow].filter((id) => !stacked.has(id)).length);
    expect(Math.min(...flags)).toBeGreaterThan(6);
  });

  it('shows the value of every one of 50 nodes beside the file, and text where there is room', async () => {
    const view = makeView({ nodes: 50 });
    const page = await open(view, { width: 940, height: 980 });
    await tree(page).focus();
    await page.keyboard.press('0');
    await atRest(page);
    const unnamed = await page
      .locator('.node:not(.stacked)')
      .evaluateAll((nodes) => nodes.map(({ textContent }) => textContent).filter((text) => !/\d\.\d\d|\?/.test(text)));
    expect(unnamed).toEqual([]);
    const words = await page
      .locator('.node:not(.stacked) text')
      .evaluateAll((texts) => texts.filter((text) => / \p{L}{2}/u.test(text.textContent)).length);
    expect(words).toBeGreaterThanOrEqual(6);
  });

  it('shows one subtree alone until the user asks for the whole tree', async () => {
    const view = makeView({ nodes: 60 });
    const page = await open(view);
    const inner = view.nodes.find(({ depth, children }) => depth === 2 && children.length > 1)!;
    await suite.panel.emit('nodeSelected', { problem: 0, node: inner.id });
    await expect.poll(() => selected(page)).toBe(inner.id);
    await tree(page).focus();
    const all = await drawn(page);
    await page.keyboard.press('s');
    await expect.poll(() => drawn(page)).toBeLessThan(all);
    expect(await page.locator('.banner').textContent()).toContain('Only the subtree of');
    await page.keyboard.press('Home');
    expect(await selected(page)).toBe(inner.id);
    await page.keyboard.press('ArrowUp');
    expect(await selected(page)).toBe(inner.id);
    await page.getByRole('button', { name: 'Show the whole tree (s)' }).click();
    await expect.poll(() => page.locator('.banner').count()).toBe(0);
  });

  it('folds to depth 2 with the key 2', async () => {
    const view = makeView({ nodes: 60 });
    const page = await open(view);
    await tree(page).focus();
    await page.keyboard.press('2');
    const { hidden } = displayOf(buildTreeModel(view), { stacks: new Set(), hasAssumed: false });
    await expect.poll(() => drawn(page)).toBe(view.nodes.filter(({ id, depth }) => depth <= 2 && !hidden.has(id)).length);
  });

  it('flags nodes where labels and model disagree, and goes from one to the next', async () => {
    const view = makeView({ nodes: 60 });
    const page = await open(view);
    const { disagreements } = buildTreeModel(view, 'both');
    await page.getByRole('combobox', { name: 'Values shown' }).click();
    await page.getByRole('option', { name: 'Both' }).click();
    await expect.poll(() => page.locator('.node text.value').first().textContent()).toMatch(/^(\d\.\d\d|–)→(\d\.\d\d|–)$/);
    await page.getByRole('button', { name: 'Go to the first disagreement of labels and model' }).click();
    await expect.poll(() => selected(page)).toBe(disagreements[0]);
    await tree(page).focus();
    await page.keyboard.press('n');
    expect(await selected(page)).toBe(disagreements[1]);
    await expect.poll(() => page.locator('.badge.warning').allTextContents()).toContain('label and model disagree');
    // With both values shown, only nodes where label and model disagree are flagged.
    await page.keyboard.press('0');
    await atRest(page);
    const flagged = await page
      .locator('.node:has(.first-low)')
      .evaluateAll((nodes) => nodes.map((node) => Number((node as SVGElement).dataset['node'])));
    expect(flagged.length).toBeGreaterThan(0);
    expect(flagged.filter((id) => !disagreements.includes(id))).toEqual([]);
    await page.getByRole('button', { name: 'Key: what colors and shapes mean' }).click();
    await expect.poll(() => page.locator('.key-list').textContent()).toContain('label and model disagree');
  });

  it('shows which nodes the rollouts went to, with a ranking that selects a node', async () => {
    const page = await open(makeView({ nodes: 60 }));
    await page.getByRole('combobox', { name: 'Values shown' }).click();
    await page.getByRole('option', { name: 'Rollouts' }).click();
    await expect.poll(() => page.locator('.heat').count()).toBeGreaterThan(3);
    await page.locator('#tab-statistics').click();
    const ranked = page.locator('.ranking button');
    await expect.poll(() => ranked.count()).toBe(8);
    await ranked.nth(2).click();
    await expect.poll(() => page.locator('.node.selected').count()).toBe(1);
  });
});

describe('the statistics pane', () => {
  it('selects the nodes of a bar, and searches for an answer', async () => {
    const view = makeView({ nodes: 60 });
    const page = await open(view);
    await page.locator('#tab-statistics').click();
    // The number of first low steps in the file, as code lens and status show it.
    await expect.poll(() => page.locator('.summary').textContent()).toContain(firstLowWords(buildTreeModel(view)));
    await page.getByRole('button', { name: /^Select the \d+ nodes? with values 0\.00–0\.05$/ }).focus();
    await page.keyboard.press('Enter');
    const wanted = view.nodes.filter(({ value }) => value !== null && value < 0.05).length;
    await expect.poll(() => page.locator('.match-count').textContent()).toContain(`of ${wanted}`);
    await page.getByRole('button', { name: '4.33', exact: true }).click();
    await expect
      .poll(() => page.locator('.search-field').evaluate((field) => (field as unknown as { value: string }).value))
      .toBe('answer:"4.33"');
    await expect.poll(() => page.locator('.match-count').textContent()).toMatch(/^1 of \d+$/);
  });
});

describe('the cost of the labels', () => {
  it('is shown in the statistics pane, with how the policy was given the steps so far', async () => {
    const view = makeView({ nodes: 20 });
    const cost = {
      rollouts: 40,
      labels: 10,
      requests: 20,
      retries: 2,
      promptTokens: 8000,
      cachedTokens: 1000,
      completionTokens: 4000,
      judgeRequests: 0,
      judgeTokens: 0,
      unreported: 0,
      seconds: 12.5,
      price: 0.056,
    };
    const continuation = { way: 'prefix', why: 'chosen by --continuation prefix' } as const;
    const page = await open(view, { views: [{ view, images: [], replay: { ...makeReplay(view), cost, continuation } }] });
    await page.locator('#tab-statistics').click();
    const table = page.getByRole('table', { name: 'Cost of the labels' });
    const rows = await table.getByRole('row').allInnerTexts();
    expect(rows.map((row) => row.trim().split(/\s*\t\s*/))).toEqual([
      ['all', 'a rollout', 'a step label'],
      ['requests', '20', '0.5', '2'],
      ['prompt tokens', '8,000', '200', '800'],
      ['completion tokens', '4,000', '100', '400'],
      ['seconds', '12.5', '0.313', '1.25'],
      ['price', '0.056', '0.0014', '0.0056'],
    ]);
    const pane = page.getByRole('tabpanel', { name: 'Statistics' });
    await expect.poll(() => pane.innerText()).toContain('2 requests made again, 1,000 prompt tokens from the cache');
    await expect.poll(() => pane.innerText()).toContain('The steps so far are its own open message.');
  });
});

describe('dialogs and menus over the tree', () => {
  it('close on Escape, wherever the focus is', async () => {
    const page = await open(makeView({ nodes: 20 }));
    await page.getByRole('button', { name: 'Keyboard help (?)' }).click();
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('dialog', { name: 'Keyboard' }).count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('tree');
    await page.getByRole('button', { name: 'Key: what colors and shapes mean' }).click();
    await page.getByRole('dialog', { name: 'Key', exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('dialog', { name: 'Key', exact: true }).isVisible()).toBe(false);
  });

  it('copy a node, compare runs, check the training set, and save the picture as SVG or PNG', async () => {
    const page = await open(makeView({ nodes: 20 }));
    await tree(page).focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    const node = await selected(page);
    const choose = async (name: string) => {
      await tree(page).focus();
      await page.keyboard.press('Shift+F10');
      await page.getByRole('menuitem', { name }).click();
    };
    await choose('Copy the step');
    await choose('Copy the path to here');
    await choose('Copy its place in the file (JSON pointer)');
    await choose('In the training set?');
    await choose('Compare with another run…');
    expect(await suite.panel.calls('compare')).toHaveLength(1);
    expect((await suite.panel.calls('copy')).map(({ args }) => args)).toEqual(['step', 'path', 'pointer'].map((what) => ({ node, what })));
    expect((await suite.panel.calls('explainTraining')).map(({ args }) => args)).toEqual([{ node }]);
    await page.keyboard.press('Shift+F10');
    await page.keyboard.press('ArrowDown');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Copy the step');
    await page.keyboard.press('Escape');
    expect(await page.getByRole('menu').isVisible()).toBe(false);
    const box = await boxOf(page.locator('.node.selected .mark').first());
    await page.mouse.click(box.x + 3, box.y + 3, { button: 'right' });
    await page.getByRole('menuitem', { name: 'Save the picture as SVG…' }).click();
    await expect.poll(async () => (await suite.panel.calls('savePicture')).length).toBe(1);
    const [svg] = await suite.panel.calls('savePicture');
    expect(svg!.args['data']).toMatch(/^<svg [\s\S]*fill="rgb\(/);
    await choose('Save the picture as PNG…');
    await expect.poll(async () => (await suite.panel.calls('savePicture')).length).toBe(2);
    expect(String((await suite.panel.calls('savePicture'))[1]!.args['data'])).toMatch(/^iVBORw0KGgo/);
  });
});

describe('the tree panel', () => {
  it('gives the tree over 58% of its area, and over 90% when the details are hidden', async () => {
    const page = await open(makeView({ nodes: 60 }), { width: 671, height: 798 });
    const picture = await boxOf(page.locator('.picture'));
    expect((picture.width * picture.height) / (671 * 798)).toBeGreaterThan(0.58);
    await page.getByRole('button', { name: 'Show or hide the details (d)' }).click();
    await nextFrame(page);
    const whole = await boxOf(page.locator('.picture'));
    expect((whole.width * whole.height) / (671 * 798)).toBeGreaterThan(0.9);
    await tree(page).focus();
    await page.keyboard.press('d');
    await page.locator('.details').waitFor();
  });

  it('shows the text of a step above its value', async () => {
    const page = await open(makeView({ nodes: 60 }));
    const [text, value] = [await boxOf(page.locator('.step-text').first()), await boxOf(page.locator('.value-number'))];
    expect(text.y).toBeLessThan(value.y);
  });

  it('follows the active editor or stays on its file, as the user chooses', async () => {
    const page = await open(makeView({ nodes: 20 }));
    await page.getByRole('button', { name: 'Follow the active editor' }).click();
    await page.getByRole('button', { name: 'Stay on this file' }).click();
    await expect
      .poll(async () => (await suite.panel.calls('setLocked')).map(({ args }) => args))
      .toEqual([{ isLocked: false }, { isLocked: true }]);
  });
});

describe('hostile LaTeX', () => {
  it('stays inside its own box and covers no other text', async () => {
    const view = makeView({ nodes: 3 });
    const formulas = [
      '\\raisebox{30em}{COVER}',
      '\\kern-60em\\rule{90em}{90em}',
      '\\rlap{\\rule{90em}{9em}}',
      '\\llap{COVER COVER COVER COVER COVER COVER}',
      '\\smash{\\rule{2em}{200em}}',
      '\\vphantom{x}\\raise{-40em}{x}',
      '\\left(\\rule{0pt}{500em}\\right)',
      '\\mathllap{\\Huge\\text{COVER COVER COVER}}',
      '\\begin{matrix}'.repeat(30),
      '\\overbrace{\\hspace{900em}}',
    ];
    const steps = formulas.map((formula, index) => ({
      index,
      text: `Before $${formula}$ after.`,
      values: {},
      low: false,
      firstLow: false,
    }));
    const page = await open(
      { ...view, nodes: view.nodes.map((node) => (node.id === 1 ? { ...node, steps } : node)) },
      { width: 1000, height: 900 },
    );
    await suite.panel.emit('nodeSelected', { problem: 0, node: 1 });
    await expect.poll(() => page.locator('.step').count()).toBe(formulas.length);
    await page.evaluate(() => document.fonts.ready);
    const found = await page.evaluate(() => {
      const pane = document.querySelector('.pane')!;
      // Every formula's box is in its step, and paints nothing outside itself.
      return [...pane.querySelectorAll<HTMLElement>('.step')].map((step) => {
        const math = step.querySelector<HTMLElement>('.math')!;
        const [outer, inner] = [step.getBoundingClientRect(), math.getBoundingClientRect()];
        const isClipped = math.classList.contains('math-error') || getComputedStyle(math).contain.includes('paint');
        const isInside =
          inner.left >= outer.left - 1 && inner.right <= outer.right + 1 && inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
        return { isClipped, isInside, isLow: inner.height < 260 };
      });
    });
    expect(found).toEqual(formulas.map(() => ({ isClipped: true, isInside: true, isLow: true })));
    // Nothing covers the text of the next step.
    const covered = await page.evaluate(
      () =>
        [...document.querySelectorAll<HTMLElement>('.step-head')].filter((head) => {
          head.scrollIntoView({ block: 'center' });
          const box = head.getBoundingClientRect();
          const at = document.elementFromPoint(box.left + 4, box.top + box.height / 2);
          return at !== null && !head.contains(at) && !at.contains(head);
        }).length,
    );
    expect(covered).toBe(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1000);
  });
});
