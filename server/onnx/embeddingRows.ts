import { inputOf, type OnnxModel } from './model.js';
import { linkGraph } from './weights.js';

const passOn = new Set(['Cast', 'Identity']);
const lookups = new Set(['Gather', 'GatherBlockQuantized']);

/**
 * Returns the number of tokens that a graph knows: the rows of the table in which it looks up `input_ids`. undefined if
 * they are used in another way.
 */
export function embeddingRows({ graph }: OnnxModel): number | undefined {
  const { consumers, initializers, producers } = linkGraph(graph);
  const ids = new Set(['input_ids']);
  // The iteration also visits names that are added meanwhile.
  for (const name of ids) {
    for (const node of consumers.get(name) ?? []) {
      if (passOn.has(node.opType)) for (const output of node.outputs) ids.add(output);
      if (!lookups.has(node.opType) || node.inputs[1] !== name) continue;
      let table = inputOf(node, 0);
      // Nodes between table and lookup widen half precision or scale 8-bit values, and keep the rows.
      for (let from = producers.get(table); from && !initializers.has(table); from = producers.get(table)) table = from.inputs[0] ?? '';
      const { dims } = initializers.get(table) ?? {};
      if (dims?.length === 2) return dims[0];
    }
  }
  return undefined;
}
