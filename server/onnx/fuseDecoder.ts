import { cutGraph } from './cutGraph.js';
import { fuseAttentions, microsoft } from './fuseAttention.js';
import { fuseNorms } from './fuseNorm.js';
import { fuseRotary, rotaryConstants } from './fuseRotary.js';
import { dataTypes, makeTensor, type Node, type OnnxModel } from './model.js';
import { attentionBias } from './tokenMajor.js';
import { treeMask } from './treeMask.js';
import { linkGraph } from './weights.js';
import { bytesField, fieldText, readFields, varintField, writeMessage } from './wire.js';

/** Number of the field that names an operator set (ModelProto.opset_import: domain = 1, version = 2). */
const opsetField = 8;

/**
 * Fuses the many small nodes of a decoder that `toTokenMajor` rewrote: on a GPU each node costs a launch, and attention
 * of plain operators writes a matrix of all pairs of tokens per head. Norms, rotary embeddings and attention become
 * ONNX Runtime's own operators, and the mask is made on the device (see `treeMask`). Results differ only by rounding.
 * Returns the reason as a text if the graph stays unchanged.
 */
export function fuseDecoder(model: OnnxModel): OnnxModel | string {
  const { graph } = model;
  const links = linkGraph(graph);
  const past = graph.inputs.find(({ name }) => name === 'past_key.0');
  const shape = links.initializers.get('past_key.0.shape')?.data;
  if (!past || !Buffer.isBuffer(shape)) return 'its cache was not rewritten';
  const size = Number(shape.readBigInt64LE(24));
  const bias = past.type === dataTypes.float32 ? attentionBias : `${attentionBias}.cast`;
  const attention = fuseAttentions(graph.nodes, links, bias, size);
  if (attention.replaced.size === 0) return 'its attention is not of the known form';
  const mask = treeMask(bias, past.type);
  const replaced = new Map<Node, readonly Node[]>([
    ...fuseNorms(graph.nodes, links),
    ...fuseRotary(graph.nodes, links),
    ...attention.replaced,
  ]);
  const integers = (name: string, values: readonly number[]) =>
    makeTensor(name, [values.length], dataTypes.int64, Buffer.from(BigInt64Array.from(values, BigInt).buffer));
  const { rows, from, to, axis, first } = rotaryConstants;
  const constants = [
    ...attention.constants,
    ...mask.constants,
    integers(rows, [-1, size]),
    integers(from, [0]),
    integers(to, [size / 2]),
    integers(axis, [1]),
    integers(first, [0]),
  ];
  const nodes = graph.nodes.filter((node) => !node.outputs.includes(bias)).flatMap((node) => replaced.get(node) ?? [node]);
  const fused: OnnxModel = {
    fields: withMicrosoft(model.fields),
    graph: {
      ...graph,
      nodes: [...mask.nodes, ...nodes],
      initializers: [...graph.initializers, ...constants],
      inputs: [...graph.inputs.filter(({ name }) => name !== attentionBias), ...mask.inputs],
    },
  };
  return cutGraph(
    fused,
    graph.outputs.map(({ name }) => name),
  );
}

function withMicrosoft(fields: OnnxModel['fields']): OnnxModel['fields'] {
  const isIn = fields.some(({ number, body }) => number === opsetField && fieldText(readFields(body), 1) === microsoft);
  return isIn ? fields : [...fields, bytesField(opsetField, writeMessage([bytesField(1, microsoft), varintField(2, 1)]))];
}
