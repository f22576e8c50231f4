import type { CDPSession } from 'playwright-core';

/** Milliseconds that a page's main thread has worked: of the thread, not of the clock, because others may be at work. */
export async function busyTime(devtools: CDPSession): Promise<number> {
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const { metrics } = await devtools.send('Performance.getMetrics');
  return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0);
}
