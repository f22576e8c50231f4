import { constantShape } from './constants.js';
import { attribute, type Node, type OnnxModel } from './model.js';
import { type Links, linkGraph } from './weights.js';

/** Operators that do not change the values of positions. */
const passOn = new Set(['Cast', 'Identity', 'Unsqueeze', 'Squeeze', 'Reshape', 'Expand']);
/** Operators that keep a table's rows in place, or remove some at its end. */
const widened = new Set(['Cast', 'Identity', 'DequantizeLinear', 'Squeeze', 'Slice']);

/**
 * Returns the number of positions of a graph: the rows of the smallest table in which it looks up `position_ids`, or of
 * the cosines of rotary embeddings. A longer sequence fails in the runtime. undefined without such a table, for example
 * when rotary embeddings are computed.
 */
export function positionRows({ graph }: OnnxModel): number | undefined {
  const links = linkGraph(graph);
  const rows = graph.nodes.filter(({ opType }) => opType === 'GroupQueryAttention').map(({ inputs }) => rowsOf(inputs[7] ?? '', links));
  const positions = new Set(['position_ids']);
  // The iteration also visits names that are added meanwhile.
  for (const name of positions) {
    for (const node of links.consumers.get(name) ?? []) {
      const table = tableOf(node, name);
      if (table !== undefined) rows.push(rowsOf(table, links));
      if (passOn.has(node.opType) && node.inputs[0] === name) for (const output of node.outputs) positions.add(output);
    }
  }
  const known = rows.filter((count) => count !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

/** The table in which a node looks `positions` up. */
function tableOf(node: Node, positions: string): string | undefined {
  const { opType, domain, inputs } = node;
  if (opType === 'Gather' && inputs[1] === positions && (attribute(node, 'axis')?.int ?? 0) === 0) return inputs[0];
  if (opType !== 'RotaryEmbedding') return undefined;
  // In the ONNX standard, positions are the last input; in Microsoft's older operator, they come before the cosines.
  if (domain === '') return inputs[3] === positions ? inputs[1] : undefined;
  return inputs[1] === positions ? inputs[2] : undefined;
}

function rowsOf(table: string, links: Links): number | undefined {
  let name = table;
  for (let from = links.producers.get(name); from && widened.has(from.opType); from = links.producers.get(name))
    name = from.inputs[0] ?? '';
  const dims = constantShape(name, links) ?? [];
  return dims.length < 2 ? undefined : dims.slice(0, -1).reduce((a, b) => a * b, 1);
}
