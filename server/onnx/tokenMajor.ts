import { cutGraph } from './cutGraph.js';
import {
  dataTypes,
  inputOf,
  makeNode,
  makeTensor,
  makeValueInfo,
  type Node,
  type OnnxGraph,
  type OnnxModel,
  type Tensor,
  type ValueInfo,
} from './model.js';
import { type Links, linkGraph } from './weights.js';

export const attentionBias = 'attention_bias';
const oldMask = 'attention_mask';
const pastName = /^past_key_values\.(\d+)\.(key|value)$/;

export interface TokenMajorModel {
  readonly model: OnnxModel;
  /** Names of the replaced masks in the original model. They must be causal and look back over the whole sequence. */
  readonly masks: readonly string[];
  /** Type of the masks (TensorProto.DataType). */
  readonly maskType: number;
}

/**
 * Rewrites a decoder in Hugging Face's cache layout (`past_key_values.i.key` [B, heads, P, size], `present` the whole
 * sequence) so that its cache is token by token and it outputs only the new tokens' keys and values: `past_key.i`
 * [B, P, heads * size] and `present_key.i` [B, S, heads * size]. The mask added to the attention scores becomes the
 * input `attention_bias` [1, 1, S, P+S], so that tokens may branch. Results are equal: keys and values are only moved.
 * Returns a reason if the graph stays unchanged.
 */
export function toTokenMajor(model: OnnxModel): TokenMajorModel | string {
  const { graph } = model;
  const pasts = graph.inputs.filter(({ name }) => pastName.test(name));
  const named = (name: string) => graph.inputs.some((input) => input.name === name);
  const [first] = pasts;
  if (!first) return 'it has no cache';
  if (!named('position_ids')) return "it has no input 'position_ids', so tokens cannot branch";
  const links = linkGraph(graph);
  const mask = replaceMask(graph, links, pasts, first.type);
  if (typeof mask === 'string') return mask;

  const before: Node[] = [];
  const after: Node[] = [];
  const shapes: Tensor[] = [];
  const inputs: ValueInfo[] = [];
  const outputs: ValueInfo[] = [];
  for (const past of pasts) {
    const [, layer, part] = pastName.exec(past.name) ?? [];
    const [, heads, , size] = past.shape ?? [];
    const present = `present.${layer}.${part}`;
    const concat = links.producers.get(present);
    if (heads === undefined || size === undefined || past.shape?.length !== 4)
      return `its input ${past.name} has no fixed number of heads and size`;
    if (concat?.opType !== 'Concat' || concat.inputs.length !== 2 || concat.inputs[0] !== past.name)
      return `its output ${present} is not '${past.name}' with the new tokens behind it`;
    const [input, output] = [`past_${part}.${layer}`, `present_${part}.${layer}`];
    const [split, join] = [`${input}.shape`, `${output}.shape`];
    before.push(
      makeNode('Reshape', [input, split], [`${input}.heads`]),
      makeNode('Transpose', [`${input}.heads`], [past.name], { perm: [0, 2, 1, 3] }),
    );
    after.push(
      makeNode('Transpose', [inputOf(concat, 1)], [`${output}.heads`], { perm: [0, 2, 1, 3] }),
      makeNode('Reshape', [`${output}.heads`, join], [output]),
    );
    // 0 = the size is unchanged.
    shapes.push(integers(split, [0, 0, heads, size]), integers(join, [0, 0, heads * size]));
    inputs.push(makeValueInfo(input, past.type, [past.shape[0], undefined, heads * size]));
    outputs.push(makeValueInfo(output, past.type, [past.shape[0], undefined, heads * size]));
  }
  const others = graph.outputs.filter(({ name }) => !/^present\.\d+\.(key|value)$/.test(name));
  const rewritten: OnnxGraph = {
    ...graph,
    nodes: [...mask.before, ...before, ...mask.nodes, ...after],
    initializers: [...graph.initializers, ...shapes],
    inputs: [
      ...graph.inputs.filter((input) => !pasts.includes(input)),
      makeValueInfo(attentionBias, dataTypes.float32, [1, 1, undefined, undefined]),
      ...inputs,
    ],
    outputs: [...others, ...outputs],
    // Recorded shapes may use names of dimensions that no input has any more. The runtime infers the shapes.
    values: [],
  };
  const cut = cutGraph(
    { ...model, graph: rewritten },
    rewritten.outputs.map(({ name }) => name),
  );
  if (cut.graph.inputs.some(({ name }) => name === oldMask)) return `it uses '${oldMask}' for more than a mask`;
  return { model: cut, masks: mask.masks, maskType: first.type };
}

/** Returns the part of a model that computes the masks, so that they can be checked. */
export function maskGraph(model: OnnxModel, { masks, maskType }: TokenMajorModel): OnnxModel {
  const outputs = masks.map((name) => makeValueInfo(name, maskType, [undefined, undefined, undefined, undefined]));
  return cutGraph({ ...model, graph: { ...model.graph, outputs, values: [] } }, masks);
}

interface MaskChange {
  readonly before: readonly Node[];
  readonly nodes: readonly Node[];
  readonly masks: readonly string[];
}

/** Replaces the mask of every attention over the cache: the added operand that does not depend on token content. */
function replaceMask(graph: OnnxGraph, { producers }: Links, pasts: readonly ValueInfo[], type: number): MaskChange | string {
  const ofContent = dependents(graph, new Set(['input_ids', 'inputs_embeds', 'pixel_values', ...pasts.map(({ name }) => name)]));
  const ofCache = dependents(graph, new Set(pasts.map(({ name }) => name)));
  const isNarrow = type !== dataTypes.float32;
  const bias = isNarrow ? `${attentionBias}.cast` : attentionBias;
  const changed = new Map<Node, Node>();
  const masks = new Set<string>();
  for (const softmax of graph.nodes) {
    if (softmax.opType !== 'Softmax' || !ofCache.has(inputOf(softmax, 0))) continue;
    let add = producers.get(inputOf(softmax, 0));
    while (add && (add.opType === 'Cast' || add.opType === 'Identity')) add = producers.get(inputOf(add, 0));
    const place = add?.opType === 'Add' ? add.inputs.findIndex((name) => !ofContent.has(name)) : -1;
    if (!add || place < 0) return 'an attention of it adds no mask to its scores';
    masks.add(inputOf(add, place));
    changed.set(add, { ...add, inputs: add.inputs.map((name, i) => (i === place ? bias : name)) });
  }
  if (changed.size === 0) return 'it has no attention of plain operators';
  const before = isNarrow ? [makeNode('Cast', [attentionBias], [bias], { to: type })] : [];
  return { before, nodes: graph.nodes.map((node) => changed.get(node) ?? node), masks: [...masks] };
}

/** The sources and all values that depend on their content. Shapes are not content. */
function dependents({ nodes }: OnnxGraph, sources: ReadonlySet<string>): Set<string> {
  const found = new Set(sources);
  for (const node of nodes) {
    if (node.opType === 'Shape' || node.opType === 'Size') continue;
    if (node.inputs.some((name) => found.has(name))) for (const name of node.outputs) found.add(name);
  }
  return found;
}

function integers(name: string, values: readonly number[]): Tensor {
  return makeTensor(name, [values.length], dataTypes.int64, Buffer.from(BigInt64Array.from(values, BigInt).buffer));
}
