import { microsoft } from './fuseAttention.js';
import { inputOf, makeNode, type Node, outputOf } from './model.js';
import type { Links } from './weights.js';

/** Names of constants that the new nodes use; see `fuseDecoder`. */
export const rotaryConstants = {
  rows: 'rotary.rows',
  from: 'rotary.from',
  to: 'rotary.to',
  axis: 'rotary.axis',
  first: 'rotary.first',
} as const;

/**
 * Returns new nodes for each rotary embedding of plain operators, by the last node that they replace:
 * `x * cos + concat(-x2, x1) * sin`, where x [B, heads, S, size] has the halves x1 and x2, becomes
 * com.microsoft.RotaryEmbedding.
 */
export function fuseRotary(nodes: readonly Node[], links: Links): ReadonlyMap<Node, readonly Node[]> {
  const fused = new Map<Node, readonly Node[]>();
  const halves = new Map<string, string>();
  for (const node of nodes) {
    if (node.opType !== 'Add') continue;
    const products = node.inputs.map((name) => links.producers.get(name));
    for (const [straight, turned] of [products, [...products].reverse()]) {
      const found = straight?.opType === 'Mul' && turned?.opType === 'Mul' ? match(straight, turned, links) : undefined;
      if (!found) continue;
      const before: Node[] = [];
      const halfOf = (name: string): string => {
        const known = halves.get(name);
        if (known !== undefined) return known;
        // The second half of the columns repeats the first.
        const half = `${name}.half`;
        before.push(
          makeNode('Reshape', [name, rotaryConstants.rows], [`${half}.rows`]),
          makeNode('Slice', [`${half}.rows`, rotaryConstants.from, rotaryConstants.to, rotaryConstants.axis], [half]),
        );
        halves.set(name, half);
        return half;
      };
      const [cos, sin] = [halfOf(found.cos), halfOf(found.sin)];
      fused.set(node, [
        ...before,
        makeNode('RotaryEmbedding', [found.x, rotaryConstants.first, cos, sin], [outputOf(node)], {}, microsoft),
      ]);
      break;
    }
  }
  return fused;
}

function match(straight: Node, turned: Node, { producers }: Links): { x: string; cos: string; sin: string } | undefined {
  const place = turned.inputs.findIndex((name) => producers.get(name)?.opType === 'Concat');
  const [first, second] = producers.get(turned.inputs[place] ?? '')?.inputs.map((name) => producers.get(name)) ?? [];
  if (first?.opType !== 'Neg' || second?.opType !== 'Slice') return undefined;
  const behind = producers.get(inputOf(first, 0));
  const x = inputOf(second, 0);
  if (behind?.opType !== 'Slice' || behind.inputs[0] !== x || !straight.inputs.includes(x)) return undefined;
  const cos = straight.inputs.find((name) => name !== x);
  return cos === undefined ? undefined : { x, cos, sin: inputOf(turned, 1 - place) };
}
