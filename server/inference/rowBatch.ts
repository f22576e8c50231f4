import type { Batch, Graph, KeyValueCache } from './graph/graph.js';

/**
 * Rows that grow together, on a graph without a batch axis: one run of the graph a row, each from keys and values of its own. As fast as a
 * batch only where a row alone keeps the device busy.
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
