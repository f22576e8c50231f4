import assert from 'node:assert/strict';
import { slowness } from '../../scripts/run.mjs';

/**
 * Reads until there is something, and returns it; fails with what was waited for. An element that is not there yet is nothing.
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
