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
  const open = ['input_ids'];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const node of consumers.get(name) ?? []) {
      if (passOn.has(node.opType)) open.push(...node.outputs);
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
