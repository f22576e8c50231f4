import { inputOf, type OnnxModel } from './model.js';
import { linkGraph } from './weights.js';

const passOn = new Set(['Cast', 'Identity']);
const lookups = new Set(['Gather', 'GatherBlockQuantized']);

/**
 * How many tokens a graph knows: the rows of the table that `input_ids` look up. undefined where they are used in
 * another way.
 */
export function embeddingRows({ graph }: OnnxModel): number | undefined {
  const { consumers, initializers, producers } = linkGraph(graph);
  const ids = new Set(['input_ids']);
  // A set that grows meanwhile is walked to its end.
  for (const name of ids) {
    for (const node of consumers.get(name) ?? []) {
      if (passOn.has(node.opType)) for (const output of node.outputs) ids.add(output);
      if (!lookups.has(node.opType) || node.inputs[1] !== name) continue;
      let table = inputOf(node, 0);
      // Half-precision tables are widened, 8-bit ones scaled, row by row.
      for (let from = producers.get(table); from && !initializers.has(table); from = producers.get(table)) table = from.inputs[0] ?? '';
      const { dims } = initializers.get(table) ?? {};
      if (dims?.length === 2) return dims[0];
    }
  }
  return undefined;
}
