import { expect, it } from 'vitest';
import { displayOf } from '../../webview/tree/model/display.js';
import { buildTreeModel } from '../../webview/tree/model/treeModel.js';
import { makeView } from '../webview/trees.js';
import { inkBoxes, markCircles, onMarks, overlaps } from './inkBoxes.js';
import { atRest, nextFrame } from './panelPage.js';
import { panelSuite } from './panelSuite.js';

const suite = panelSuite();

/** Panel sizes: the tree fills a window, or is beside its file. */
const SIZES = [
  [1400, 900],
  [1920, 1080],
  [671, 798],
  [940, 980],
  [420, 700],
] as const;

it.each([
  ['Labels', 50, 3],
  ['Labels', 50, 11],
  ['Labels', 200, 7],
  ['Labels', 1_000, 11],
  ['Both', 50, 7],
  ['Both', 200, 3],
])(
  'the values "%s" of %i fitted nodes (tree %i) cover no other text or mark at any size, with and without details',
  async (values, nodes, seed) => {
    const view = makeView({ nodes, seed });
    const { page } = await suite.open({ views: [{ view, images: [] }], width: 1400, height: 900 });
    await atRest(page);
    if (values !== 'Labels') {
      await page.getByRole('combobox', { name: 'Values shown' }).click();
      await page.getByRole('option', { name: values, exact: true }).click();
    }
    const { hidden } = displayOf(buildTreeModel(view), { stacks: new Set(), hasAssumed: false });
    for (const hasDetails of [true, false]) {
      await page.getByRole('tree', { name: 'Reasoning tree' }).focus();
      if (!hasDetails) await page.keyboard.press('d');
      await expect.poll(() => page.locator('.details').isVisible()).toBe(hasDetails);
      for (const [width, height] of SIZES) {
        await page.setViewportSize({ width, height });
        await nextFrame(page);
        await page.getByRole('tree', { name: 'Reasoning tree' }).focus();
        await page.keyboard.press('0');
        await nextFrame(page);
        await atRest(page);
        const boxes = await inkBoxes(page);
        const where = `${width}x${height} ${hasDetails ? 'with' : 'without'} details`;
        expect({ where, over: overlaps(boxes), onMarks: onMarks(boxes, await markCircles(page)) }).toEqual({
          where,
          over: [],
          onMarks: [],
        });
        expect(boxes.length).toBeGreaterThan(0);
        // Avoiding overlaps must not drop the values of a tree that is large enough to read.
        if (values === 'Labels' && nodes === 50 && width >= 1400)
          expect(boxes.filter(({ text }) => /^\d\.\d\d/.test(text)).length).toBeGreaterThanOrEqual(50 - hidden.size);
      }
    }
  },
);
