import { makeView } from '../webview/trees.js';
import { atRest, openPanel, sent } from './panelPage.js';
import { launchChromium, servePanel } from './themedPage.js';

export interface PaintTimes {
  readonly nodes: number;
  /** Time from the host's answer to the first frame that shows the tree. */
  readonly firstPaintMs: number;
  /** Time between two frames (script, style, paint) while the whole tree is dragged at an unlimited frame rate. */
  readonly panFrameMsMedian: number;
  readonly panFrameMsP95: number;
}

const FRAMES = 90;
const VIEWPORT = { width: 1200, height: 800 };

/** Measures the built panel (`dist/webview.js`) in Chromium, without a GPU, with a generated tree of `nodes` nodes. */
export async function measurePaint(nodes: number): Promise<PaintTimes> {
  const { url, server } = await servePanel();
  const browser = await launchChromium('--disable-frame-rate-limit', '--disable-gpu-vsync');
  try {
    // The page starts empty; the tree then arrives as an event, so that the page's own start is not counted.
    const { page } = await openPanel(browser, url, VIEWPORT);
    await page.waitForSelector('.placeholder');
    await page.evaluate(() => document.fonts.ready.then(() => new Promise((resolve) => requestIdleCallback(resolve))));
    const firstPaintMs = await page.evaluate(
      async (sent) => {
        const start = performance.now();
        window.postMessage({ kind: 'event', name: 'viewChanged', data: sent });
        while (document.querySelector('.drawing[data-level]') === null) await new Promise(requestAnimationFrame);
        // A task that runs after the drawing frame: that frame has been painted.
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
        return performance.now() - start;
      },
      sent({ view: makeView({ nodes }), images: [] }),
    );
    await page.getByRole('tree').focus();
    await page.keyboard.press('0');
    await atRest(page);
    const intervals = await page.evaluate(async (count) => {
      const drawing = document.querySelector('.drawing')!;
      const box = drawing.getBoundingClientRect();
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      const mouse = (type: string, dx: number, dy: number) => {
        const target = type === 'mousedown' ? drawing : window;
        target.dispatchEvent(
          new MouseEvent(type, { bubbles: true, cancelable: true, view: window, clientX: x + dx, clientY: y + dy, button: 0, buttons: 1 }),
        );
      };
      mouse('mousedown', 0, 0);
      const times: number[] = [];
      let last = await new Promise<number>(requestAnimationFrame);
      for (let i = 1; i <= count; i++) {
        mouse('mousemove', 40 * Math.sin(i / 6), 3 * i);
        const now = await new Promise<number>(requestAnimationFrame);
        times.push(now - last);
        last = now;
      }
      mouse('mouseup', 0, 0);
      return times.slice(5);
    }, FRAMES);
    const sorted = intervals.sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!;
    return { nodes, firstPaintMs, panFrameMsMedian: at(0.5), panFrameMsP95: at(0.95) };
  } finally {
    await browser.close();
    server.close();
  }
}
