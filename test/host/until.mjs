import assert from 'node:assert/strict';
import { slowness } from '../../scripts/run.mjs';

/**
 * Reads until it is so, or fails with what was waited for. An element that is not there yet is not so.
 * @param {() => Promise<boolean>} is @param {string} what @param {number} [timeoutMs]
 */
export async function until(is, what, timeoutMs = 60_000 * slowness) {
  const end = Date.now() + timeoutMs;
  while (!(await is().catch(() => false))) {
    assert.ok(Date.now() < end, `Waited ${timeoutMs} ms for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
