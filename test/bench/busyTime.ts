import type { CDPSession } from 'playwright-core';

/** Processor time of a page's main thread, ms. Other work on the machine does not change it, unlike wall time. */
export async function busyTime(devtools: CDPSession): Promise<number> {
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const { metrics } = await devtools.send('Performance.getMetrics');
  return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0);
}
