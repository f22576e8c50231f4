import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { displayOf } from '../../webview/tree/model/display.js';
import { frameWords } from '../../webview/tree/model/replay.js';
import { buildTreeModel } from '../../webview/tree/model/treeModel.js';
import type { InitialView } from '../../webview/tree/protocol.js';
import { makeReplay } from '../webview/replays.js';
import { makeView } from '../webview/trees.js';
import { atRest, type PanelOptions } from './panelPage.js';
import { panelSuite } from './panelSuite.js';

const suite = panelSuite();

const view = makeView({ nodes: 30 });
const replay = makeReplay(view);
const last = replay.frames.length;
/** Number of nodes drawn when equal children of a parent are stacked. */
const drawn = (of: typeof view) => of.nodes.length - displayOf(buildTreeModel(of), { stacks: new Set(), hasAssumed: false }).hidden.size;
const whole: InitialView = { view, images: [], replay };

async function open(options: PanelOptions = {}): Promise<Page> {
  const { page } = await suite.open({ views: [whole], ...options });
  await atRest(page);
  return page;
}

/** Starts the replay. The whole tree is shown until then. */
const startReplay = (page: Page) => page.getByRole('button', { name: 'Replay the search' }).click();
const slider = (page: Page) => page.getByRole('slider', { name: 'Event of the search' });
const line = (page: Page) => page.locator('.replay-line').textContent();
const nodes = (page: Page) => page.locator('.drawing').getAttribute('data-nodes').then(Number);
/** Positions of the drawing and of each node. */
const places = (page: Page) =>
  page
    .locator('.drawing svg g.node')
    .evaluateAll((all) =>
      all.map((node) => `${node.parentElement!.parentElement!.getAttribute('transform')} ${node.getAttribute('transform')}`),
    );
const words = (at: number) => frameWords(replay.frames[at - 1]!, view);

describe('the replay of a search', () => {
  it('moves with the slider, draws nodes where the whole tree has them, and describes the event', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Fit the tree (0)' }).click();
    await expect.poll(() => nodes(page)).toBe(drawn(view));
    expect(await slider(page).isVisible()).toBe(false);
    await startReplay(page);
    expect(await slider(page).inputValue()).toBe(String(last));
    await slider(page).fill('1');
    await expect.poll(() => nodes(page)).toBe(1);
    expect(await line(page)).toBe('Tree search with the policy mini');
    const [alone] = await places(page);
    await slider(page).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await line(page)).toBe(words(3));
    expect(await slider(page).getAttribute('aria-valuetext')).toBe(`Event 3 of ${last}: ${words(3)}`);
    await page.keyboard.press('End');
    await expect.poll(() => nodes(page)).toBe(drawn(view));
    expect(await places(page)).toContain(alone);
  });

  it('steps and plays with keys in the tree, and marks the node of the event', async () => {
    const page = await open();
    await startReplay(page);
    await slider(page).fill('4');
    await page.getByRole('tree', { name: 'Reasoning tree' }).focus();
    await page.keyboard.press(']');
    await expect.poll(() => line(page)).toBe(words(5));
    await expect.poll(() => page.locator('.node.event').count()).toBe(1);
    expect(await page.getByRole('status').allTextContents()).toContain(words(5));
    await page.keyboard.press('[');
    expect(await line(page)).toBe(words(4));
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Pause (Space)' }).waitFor();
    await expect.poll(() => slider(page).inputValue().then(Number)).toBeGreaterThan(5);
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Play the search (Space)' }).waitFor();
    expect(await page.evaluate(() => window.fakeHost.intervals.size), 'no timer continues').toBe(0);
  });

  it('requests more rollouts by button and by key, but only for the whole tree', async () => {
    const page = await open();
    await page.getByRole('tree', { name: 'Reasoning tree' }).focus();
    await page.keyboard.press('Home');
    await page.getByRole('button', { name: 'Sample more rollouts from this node (m)' }).click();
    await page.getByRole('tree', { name: 'Reasoning tree' }).focus();
    await page.keyboard.press('m');
    await expect.poll(async () => (await suite.panel.calls('moreRollouts')).map(({ args }) => args)).toEqual([{ node: 0 }, { node: 0 }]);
    await startReplay(page);
    await slider(page).fill('3');
    await expect.poll(() => page.getByRole('button', { name: 'Sample more rollouts from this node (m)' }).count()).toBe(0);
  });

  it('asks by button and by key whether a path is training data, but only for steps of the file', async () => {
    const page = await open();
    const why = page.getByRole('button', { name: 'Why is this path not in the training set? (w)' });
    await page.getByRole('tree', { name: 'Reasoning tree' }).focus();
    await page.keyboard.press('Home');
    await expect.poll(() => why.count()).toBe(0);
    await page.keyboard.press('ArrowRight');
    const node = view.nodes[0]!.children[0]!;
    await why.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('tree', { name: 'Reasoning tree' }).focus();
    await page.keyboard.press('w');
    await expect.poll(async () => (await suite.panel.calls('explainTraining')).map(({ args }) => args)).toEqual([{ node }, { node }]);
    await startReplay(page);
    await slider(page).fill('3');
    await expect.poll(() => why.count()).toBe(0);
  });
});

describe('the replay of a Monte-Carlo record', () => {
  it('has the same slider for a file without a search tree, and offers no more rollouts', async () => {
    const chain = makeView({ nodes: 6, seed: 3 });
    const steps = chain.nodes.map(({ visits: _visits, ...node }) => ({
      ...node,
      parent: node.id === 0 ? null : node.id - 1,
      children: node.id === 5 ? [] : [node.id + 1],
      depth: node.id,
      rollouts: [],
    }));
    const record = { ...chain, nodes: steps, isSearchTree: false };
    const page = await open({ views: [{ view: record, images: [], replay: makeReplay(record) }] });
    await page.getByRole('button', { name: 'Fit the tree (0)' }).click();
    await expect.poll(() => nodes(page)).toBe(6);
    await startReplay(page);
    await slider(page).fill('2');
    await expect.poll(() => nodes(page)).toBe(1);
    await page.getByRole('tree', { name: 'Reasoning tree' }).focus();
    await page.keyboard.press(']');
    await page.keyboard.press(']');
    await expect.poll(() => nodes(page)).toBe(2);
    await slider(page).focus();
    await page.keyboard.press('End');
    await expect.poll(() => nodes(page)).toBe(6);
    expect(await page.getByText('selected 0 times').count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Sample more rollouts from this node (m)' }).count()).toBe(0);
  });
});

describe('a growing tree', () => {
  const grown = (count: number): InitialView => {
    const part = makeView({ nodes: count });
    return { view: part, images: [], replay: makeReplay(part), labeling: { rollouts: count * 16, budget: 200 } };
  };

  it('is drawn during labeling, and can be stopped, replayed and labeled again', async () => {
    const page = await open({ views: [grown(1)] });
    await expect.poll(() => nodes(page)).toBe(1);
    expect(await page.locator('.replay-progress').textContent()).toBe('Labeling: 16 of 200 rollouts');
    await suite.panel.emit('viewChanged', grown(8));
    await page.getByRole('button', { name: 'Fit the tree (0)' }).click();
    await expect.poll(() => nodes(page)).toBe(drawn(makeView({ nodes: 8 })));
    await expect.poll(() => page.locator('.replay-progress').textContent()).toBe('Labeling: 128 of 200 rollouts');
    await page.getByRole('button', { name: 'Stop labeling; what was sampled is kept' }).click();
    await expect.poll(async () => (await suite.panel.calls('stopLabeling')).length).toBe(1);
    await suite.panel.emit('viewChanged', { ...grown(8), labeling: null });
    await expect.poll(() => page.locator('.replay-live').isVisible()).toBe(false);
    await startReplay(page);
    expect(await slider(page).isVisible()).toBe(true);
    await page.getByRole('button', { name: 'Label this problem' }).click();
    await expect.poll(async () => (await suite.panel.calls('label')).length).toBe(1);
  });
});
