import { measurePaint } from '../browser/measurePaint.js';
import type { Row } from './row.js';

/** Measures first paint and panning of a 5,000-node tree in Chromium, compared with a 50-node tree. */
export async function measure(): Promise<Row[]> {
  const small = await measurePaint(50);
  const large = await measurePaint(5000);
  return [
    {
      name: 'first paint, 5,000 nodes',
      value: large.firstPaintMs,
      unit: 'ms',
      ratio: { to: '50 nodes', value: large.firstPaintMs / small.firstPaintMs },
    },
    {
      name: 'pan frame, 5,000 nodes, median',
      value: large.panFrameMsMedian,
      unit: 'ms',
      ratio: { to: '50 nodes', value: large.panFrameMsMedian / small.panFrameMsMedian },
    },
    { name: 'pan frame, 5,000 nodes, 95th percentile', value: large.panFrameMsP95, unit: 'ms' },
  ];
}
