import type { Batch, Graph, KeyValueCache } from './graph/graph.js';

/**
 * A batch on a graph without a batch axis: one run of the graph per row, each from its own keys and values. It is as
 * fast as a real batch only if a single row keeps the device busy.
 */
export function openRows(graph: Graph, cache: KeyValueCache, count: number): Batch {
  let caches = Array.from({ length: count }, () => cache.copy());
  return {
    get rows() {
      return caches.length;
    },
    async run(ids) {
      const rows: Float32Array[] = [];
      let width = 0;
      for (const [row, own] of caches.entries()) {
        const scores = await graph.run(own, ids.subarray(row, row + 1), undefined, Int32Array.of(0));
        width = scores.width;
        rows.push(scores.values);
      }
      const values = new Float32Array(rows.length * width);
      rows.forEach((row, i) => values.set(row, i * width));
      return { values, width };
    },
    keep(rows) {
      caches = rows.map((row) => caches[row]!);
    },
  };
}
