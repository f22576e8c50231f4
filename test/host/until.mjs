import assert from 'node:assert/strict';
import { slowness } from '../../scripts/run.mjs';

/**
 * Returns the first truthy value of `read`, whose rejections count as no value. Fails with `what` after the timeout.
 * @template T @param {() => Promise<T>} read @param {string} what @param {number} [timeoutMs]
 * @returns {Promise<T>}
 */
export async function until(read, what, timeoutMs = 60_000 * slowness) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const found = await read().catch(() => undefined);
    if (found) return found;
    assert.ok(Date.now() < end, `Waited ${timeoutMs} ms for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
