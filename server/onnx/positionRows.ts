import { constantShape } from './constants.js';
import { attribute, type Node, type OnnxModel } from './model.js';
import { type Links, linkGraph } from './weights.js';

/** What leaves positions the numbers they are. */
const passOn = new Set(['Cast', 'Identity', 'Unsqueeze', 'Squeeze', 'Reshape', 'Expand']);
/** What leaves a table's rows in their places, or takes some off its end. */
const widened = new Set(['Cast', 'Identity', 'DequantizeLinear', 'Squeeze', 'Slice']);

/**
 * How many positions a graph has: the rows of the smallest table that `position_ids` look up, or of the cosines of rotary embeddings. A
 * longer sequence fails in the runtime. undefined where they are used in another way, as where rotary embeddings are computed.
 */
export function positionRows({ graph }: OnnxModel): number | undefined {
  const links = linkGraph(graph);
  const rows = graph.nodes.filter(({ opType }) => opType === 'GroupQueryAttention').map(({ inputs }) => rowsOf(inputs[7] ?? '', links));
  const positions = new Set(['position_ids']);
  // A set that grows meanwhile is walked to its end.
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
  // The standard's takes positions last, the older one of Microsoft's before the cosines.
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
