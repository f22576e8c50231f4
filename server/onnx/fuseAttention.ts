import { scalarOf } from './constants.js';
import { attribute, dataTypes, inputOf, makeNode, makeTensor, type Node, outputOf, type Tensor } from './model.js';
import { findWeight, type Links } from './weights.js';

/** Domain of ONNX Runtime's own operators. */
export const microsoft = 'com.microsoft';

export interface FusedAttention {
  readonly replaced: ReadonlyMap<Node, readonly Node[]>;
  readonly constants: readonly Tensor[];
}

interface Attention {
  /** Values [B, heads, S, size] and [B, heads, P+S, size]. */
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly scale: number;
  /** The product of attention and values, [B, heads, S, size]. */
  readonly last: Node;
}

/**
 * Returns new nodes for each attention of plain operators: `softmax(scale * q k^T + bias) v` becomes
 * com.microsoft.MultiHeadAttention, which does not write a matrix of all pairs of tokens per head to the device's
 * memory. Other forms of attention stay unchanged.
 *
 * @param bias The mask, [1, 1, S, P+S].
 * @param size Size of a head.
 */
export function fuseAttentions(nodes: readonly Node[], links: Links, bias: string, size: number): FusedAttention {
  const replaced = new Map<Node, readonly Node[]>();
  const constants = new Map<string, Tensor>();
  const constant = (name: string, values: readonly number[]) => {
    if (!constants.has(name))
      constants.set(name, makeTensor(name, [values.length], dataTypes.int64, Buffer.from(BigInt64Array.from(values, BigInt).buffer)));
    return name;
  };
  const heads = { split: constant('attention.split', [0, 0, -1, size]), join: constant('attention.join', [0, 0, -1]) };
  const repeats = new Map<string, readonly Node[]>();

  /** Repeats keys or values for all heads if several queries share a head, without computing shapes at every run. */
  function repeated(name: string, count: number): string {
    const join = links.producers.get(name);
    const expand = join?.opType === 'Reshape' ? links.producers.get(inputOf(join, 0)) : undefined;
    const spread = expand?.opType === 'Expand' ? links.producers.get(inputOf(expand, 0)) : undefined;
    if (!join || !expand || spread?.opType !== 'Unsqueeze') return name;
    const from = inputOf(spread, 0);
    const held = links.producers.get(from)?.inputs[0];
    const own = held === undefined ? undefined : headsOf(held);
    if (own === undefined || count % own !== 0) return name;
    const output = `${from}.repeated`;
    repeats.set(output, [
      makeNode('Unsqueeze', [from, constant('attention.axis', [2])], [`${output}.groups`]),
      makeNode('Expand', [`${output}.groups`, constant(`attention.times.${count / own}`, [1, 1, count / own, 1, 1])], [`${output}.all`]),
      makeNode('Reshape', [`${output}.all`, constant(`attention.heads.${count}`, [0, count, -1, size])], [output]),
    ]);
    return output;
  }

  /** Number of heads of a cache, which is an input reshaped to [0, 0, heads, size] and transposed. */
  function headsOf(past: string): number | undefined {
    const split = links.producers.get(links.producers.get(past)?.inputs[0] ?? '');
    const shape = split && links.initializers.get(split.inputs[1] ?? '')?.data;
    return Buffer.isBuffer(shape) && shape.length === 32 ? Number(shape.readBigInt64LE(16)) : undefined;
  }

  for (const node of nodes) {
    if (node.opType !== 'Softmax') continue;
    const found = findAttention(node, links, bias);
    const behind = found && joined(found.last, links);
    const weight = behind && links.consumers.get(outputOf(behind))?.map(({ inputs }) => findWeight(inputs[1] ?? '', links))[0];
    const width = weight?.tensor.dims[weight.isTransposed ? 1 : 0];
    if (!found || !behind || width === undefined || width % size !== 0) continue;
    const count = width / size;
    const name = outputOf(behind);
    const [key, value] = [repeated(found.key, count), repeated(found.value, count)];
    const before = [key, value].flatMap((each) => repeats.get(each) ?? []);
    for (const each of [key, value]) repeats.delete(each);
    replaced.set(behind, [
      ...before,
      makeNode('Transpose', [found.query], [`${name}.query.tokens`], { perm: [0, 2, 1, 3] }),
      makeNode('Reshape', [`${name}.query.tokens`, heads.join], [`${name}.query`]),
      makeNode(
        'MultiHeadAttention',
        [`${name}.query`, key, value, '', '', bias],
        [name],
        { num_heads: count, scale: { float: found.scale } },
        microsoft,
      ),
    ]);
  }
  // Splits tokens into heads by a constant shape. Otherwise, the shape is computed at every run.
  for (const node of nodes) {
    if (node.opType !== 'Reshape' || replaced.has(node) || links.initializers.has(inputOf(node, 1))) continue;
    const [taker, ...others] = links.consumers.get(outputOf(node)) ?? [];
    if (taker && others.length === 0 && isSwap(taker)) replaced.set(node, [{ ...node, inputs: [inputOf(node, 0), heads.split] }]);
  }
  return { replaced, constants: [...constants.values()] };
}

/** Whether a node swaps heads and tokens. */
function isSwap(node: Node): boolean {
  return node.opType === 'Transpose' && attribute(node, 'perm')?.ints.join() === '0,2,1,3';
}

/** The node that outputs an attention's result as [B, S, heads * size]. */
function joined(last: Node, { consumers }: Links): Node | undefined {
  const [swap, ...others] = consumers.get(outputOf(last)) ?? [];
  if (!swap || others.length > 0 || !isSwap(swap)) return undefined;
  let [behind, ...more] = consumers.get(outputOf(swap)) ?? [];
  while (behind?.opType === 'Identity' && more.length === 0) [behind, ...more] = consumers.get(outputOf(behind)) ?? [];
  return behind?.opType === 'Reshape' && more.length === 0 ? behind : undefined;
}

function findAttention(softmax: Node, links: Links, bias: string): Attention | undefined {
  const add = producerOf(inputOf(softmax, 0), links);
  const scores = add?.opType === 'Add' && add.inputs.includes(bias) ? add.inputs.find((name) => name !== bias) : undefined;
  if (scores === undefined) return undefined;
  const scaled = unscaled(scores, links);
  const product = producerOf(scaled.name, links);
  if (product?.opType !== 'MatMul') return undefined;
  const [query, turned] = product.inputs.map((name) => unscaled(name, links));
  if (!query || !turned) return undefined;
  const transpose = producerOf(turned.name, links);
  if (transpose?.opType !== 'Transpose' || attribute(transpose, 'perm')?.ints.join() !== '0,1,3,2') return undefined;
  const key = unscaled(inputOf(transpose, 0), links);
  let last = softmax;
  do {
    const [taker, ...others] = links.consumers.get(outputOf(last)) ?? [];
    if (!taker || others.length > 0) return undefined;
    last = taker;
  } while (last.opType === 'Cast' || last.opType === 'Identity');
  if (last.opType !== 'MatMul') return undefined;
  const scale = scaled.by * query.by * turned.by * key.by;
  return { query: query.name, key: key.name, value: inputOf(last, 1), scale, last };
}

/** The node that produces a value, ignoring casts. */
function producerOf(name: string, { producers }: Links): Node | undefined {
  let node = producers.get(name);
  while (node && (node.opType === 'Cast' || node.opType === 'Identity')) node = producers.get(inputOf(node, 0));
  return node;
}

/** Returns a value before it is multiplied by constants, and the product of these constants. */
function unscaled(scaled: string, links: Links): { readonly name: string; readonly by: number } {
  let [name, by] = [scaled, 1];
  for (;;) {
    const node = producerOf(name, links);
    if (node?.opType !== 'Mul' && node?.opType !== 'Div') return { name, by };
    const place = node.inputs.findIndex((input) => scalarOf(input, links) !== undefined);
    const constant = scalarOf(inputOf(node, place), links);
    if (constant === undefined || (node.opType === 'Div' && place === 0)) return { name, by };
    by = node.opType === 'Mul' ? by * constant : by / constant;
    name = inputOf(node, 1 - place);
  }
}
