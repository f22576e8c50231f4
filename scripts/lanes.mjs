/**
 * Runs several tasks at a time, started in their order.
 * @template T
 * @param {(() => Promise<T>)[]} tasks
 * @param {number} lanes how many run at once
 * @returns {Promise<T[]>} in the order of the tasks; rejects with the first failure
 */
export async function inLanes(tasks, lanes) {
  /** @type {T[]} */
  const results = [];
  const waiting = tasks.entries();
  const lane = async () => {
    // All lanes share one iterator, so each task runs once.
    for (const [index, task] of waiting) results[index] = await task();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
