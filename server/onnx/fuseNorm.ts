import { constantOf, scalarOf } from './constants.js';
import { attribute, inputOf, makeNode, type Node, outputOf } from './model.js';
import type { Links } from './weights.js';

/**
 * Returns new nodes for each root-mean-square norm of plain operators, by the last node that they replace:
 * `weight * Cast(x / sqrt(mean(x^2) + epsilon))` becomes ONNX Runtime's SimplifiedLayerNormalization. The other
 * replaced nodes stay until `cutGraph` removes them.
 */
export function fuseNorms(nodes: readonly Node[], links: Links): ReadonlyMap<Node, readonly Node[]> {
  const fused = new Map<Node, readonly Node[]>();
  for (const node of nodes) {
    if (node.opType !== 'ReduceMean' || !isOverLast(node, links)) continue;
    const power = links.producers.get(inputOf(node, 0));
    const squared = power?.opType === 'Pow' && scalarOf(inputOf(power, 1), links) === 2 ? inputOf(power, 0) : undefined;
    const add = onlyTaker(node, 'Add', links);
    const root = add && onlyTaker(add, 'Sqrt', links);
    const epsilon = add?.inputs.map((name) => scalarOf(name, links)).find((value) => value !== undefined);
    if (squared === undefined || !root || epsilon === undefined) continue;
    const product = normalized(root, squared, links);
    if (!product) continue;
    const cast = onlyTaker(product, 'Cast', links);
    const scaled = onlyTaker(cast ?? product, 'Mul', links);
    const weight = scaled?.inputs.find((name) => isVector(name, links));
    if (!scaled || weight === undefined) continue;
    const source = links.producers.get(squared);
    const input = cast && source?.opType === 'Cast' ? inputOf(source, 0) : squared;
    const attributes = { axis: -1, epsilon: { float: epsilon }, stash_type: 1 };
    fused.set(scaled, [makeNode('SimplifiedLayerNormalization', [input, weight], [outputOf(scaled)], attributes)]);
  }
  return fused;
}

function isOverLast(node: Node, links: Links): boolean {
  const axes = attribute(node, 'axes')?.ints ?? (node.inputs[1] === undefined ? [] : constantOf(node.inputs[1], links));
  return axes?.join() === '-1';
}

/** Whether a name is a weight with one axis. Exporters store equal weights once, and Identity nodes refer to it. */
function isVector(name: string, { producers, initializers }: Links): boolean {
  let at = name;
  for (let node = producers.get(at); node?.opType === 'Identity'; node = producers.get(at)) at = inputOf(node, 0);
  return initializers.get(at)?.dims.length === 1;
}

/** `x / root`, or `x * (1 / root)`. */
function normalized(root: Node, x: string, links: Links): Node | undefined {
  const by = onlyTaker(root, 'Div', links) ?? onlyTaker(root, 'Reciprocal', links);
  if (by?.opType === 'Div' && by.inputs[0] === x) return by;
  if (!by || (by.opType === 'Div' && scalarOf(inputOf(by, 0), links) !== 1)) return undefined;
  const product = onlyTaker(by, 'Mul', links);
  return product?.inputs.includes(x) ? product : undefined;
}

/** The only node that uses a node's output, if it is of this kind. */
function onlyTaker(node: Node, opType: string, links: Links): Node | undefined {
  const [taker, ...others] = links.consumers.get(outputOf(node)) ?? [];
  return others.length === 0 && taker?.opType === opType ? taker : undefined;
}
