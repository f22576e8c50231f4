import { expect, it } from 'vitest';
import { measurePaint } from './measurePaint.js';

/** Generous bounds, as the machine may be busy: a quadratic step would miss them by an order of magnitude. */
it.each([
  [60, 3_000, 100],
  [5_000, 10_000, 250],
])('a tree of %i nodes paints and pans within its time limits', async (nodes, paintMs, frameMs) => {
  const times = await measurePaint(nodes);
  process.stdout.write(
    `  ${nodes} nodes: first paint ${times.firstPaintMs.toFixed(0)} ms, pan frame ${times.panFrameMsMedian.toFixed(1)} ms (p95 ${times.panFrameMsP95.toFixed(1)} ms)\n`,
  );
  expect(times.firstPaintMs).toBeLessThan(paintMs);
  expect(times.panFrameMsMedian).toBeLessThan(frameMs);
});
