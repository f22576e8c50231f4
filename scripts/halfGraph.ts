import { toFloats } from '../server/onnx/elements.js';
import {
  dataTypes,
  makeNode,
  makeTensor,
  makeValueInfo,
  type Node,
  type OnnxModel,
  type Tensor,
  type ValueInfo,
} from '../server/onnx/model.js';
import { linkGraph } from '../server/onnx/weights.js';
import { bytesField, fieldText, integers, readFields, varintField, type WireField, writeMessage } from '../server/onnx/wire.js';
import { itemAt } from '../server/reasoning/present.js';

const { float32, float16 } = dataTypes;
/** The largest number in half precision, used for masks. */
const largest = 65504;
/** Angles are computed in float32, as by every model in half precision: a position of some hundreds times a frequency has no digits left in float16. */
const angles = new Set(['Cos', 'Sin']);
/** Inputs, and values passed between graphs, that are float32 whatever the type of the weights. */
const whole = new Set(['pixel_values', 'inputs_embeds', 'image_features']);

/** Converts a float32 graph to half precision as exported: weights, keys, values, sums in float16, angles in float32. */
export function toHalf(model: OnnxModel): OnnxModel {
  const { graph } = model;
  const links = linkGraph(graph);
  const kept = new Set<Node>();
  const open = graph.nodes.filter(({ opType }) => angles.has(opType));
  for (let node = open.pop(); node; node = open.pop()) {
    if (kept.has(node)) continue;
    kept.add(node);
    for (const name of links.takes(node)) {
      const producer = links.producers.get(name);
      if (producer) open.push(producer);
    }
  }
  const keptNames = new Set([...kept].flatMap(({ inputs }) => inputs));
  const renamed = new Map<string, string>();
  const casts: Node[] = [];
  const cast = (name: string) => {
    const half = `${name}.half`;
    renamed.set(name, half);
    casts.push(makeNode('Cast', [name], [half], { to: float16 }));
  };
  const nodes: Node[] = [];
  const given = new Set(graph.outputs.map(({ name }) => name));
  for (const { name, type } of graph.inputs) if (type === float32 && whole.has(name)) cast(name);
  for (const node of graph.nodes) {
    if (kept.has(node)) {
      nodes.push(node);
      if (!angles.has(node.opType)) continue;
      const angle = itemAt(node.outputs, 0);
      nodes.push(makeNode('Cast', [angle], [`${angle}.half`], { to: float16 }));
      renamed.set(angle, `${angle}.half`);
    } else {
      const outputs = node.outputs.map((name) => (whole.has(name) && given.has(name) ? `${name}.computed` : name));
      nodes.push({ ...halved(node), inputs: node.inputs.map((name) => renamed.get(name) ?? name), outputs });
      for (const name of node.outputs)
        if (!outputs.includes(name)) nodes.push(makeNode('Cast', [`${name}.computed`], [name], { to: float32 }));
    }
  }
  const value = (info: ValueInfo) =>
    info.type === float32 && !whole.has(info.name) && info.shape ? makeValueInfo(info.name, float16, info.shape) : info;
  return {
    ...model,
    graph: {
      ...graph,
      nodes: [...casts, ...nodes],
      initializers: graph.initializers.map((tensor) => (keptNames.has(tensor.name) ? tensor : halfTensor(tensor))),
      inputs: graph.inputs.map(value),
      outputs: graph.outputs.map(value),
      values: [],
    },
  };
}

function halfTensor(tensor: Tensor): Tensor {
  if (tensor.type !== float32) return tensor;
  const values = Buffer.isBuffer(tensor.data) ? toFloats(tensor.data, float32) : typedFloats(tensor.fields);
  return makeTensor(tensor.name, tensor.dims, float16, halfBytes(values));
}

/** The node with float16 instead of float32 in its attributes (Cast.to, tensors of Constant and ConstantOfShape). */
function halved(node: Node): Node {
  return {
    ...node,
    fields: node.fields.map((field) => (field.number === 5 ? bytesField(5, halfAttribute(node, readFields(field.body))) : field)),
  };
}

/** AttributeProto: name = 1, i = 3, t = 5. */
function halfAttribute({ opType }: Node, fields: readonly WireField[]): Buffer {
  const name = fieldText(fields, 1);
  return writeMessage(
    fields.map((field) => {
      if (opType === 'Cast' && name === 'to' && field.number === 3 && field.value === float32) return varintField(3, float16);
      return field.number === 5 ? bytesField(5, halfConstant(readFields(field.body))) : field;
    }),
  );
}

/** TensorProto: dims = 1, data_type = 2, float_data = 4, raw_data = 9. */
function halfConstant(fields: readonly WireField[]): Buffer {
  if (integers(fields, 2).at(-1) !== float32) return writeMessage(fields);
  const raw = fields.find(({ number }) => number === 9)?.body;
  const bytes = halfBytes(raw ? toFloats(raw, float32) : typedFloats(fields));
  return writeMessage([
    ...fields.filter(({ number }) => number !== 2 && number !== 4 && number !== 9),
    varintField(2, float16),
    bytesField(9, bytes),
  ]);
}

/** TensorProto.float_data, packed or a field each. */
function typedFloats(fields: readonly WireField[]): Float32Array {
  const floats = fields.filter(({ number }) => number === 4);
  return Float32Array.from(floats.flatMap(({ body, raw }) => [...toFloats(body.length > 0 ? body : raw.subarray(-4), float32)]));
}

function halfBytes(values: Float32Array): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, i) => bytes.writeUInt16LE(toHalfBits(Math.max(-largest, Math.min(largest, value))), 2 * i));
  return bytes;
}

/** IEEE 754 half precision, rounded to even. */
function toHalfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size < 2 ** -14) return sign | roundEven(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  return sign | ((exponent + 15) * 1024 + roundEven((size / 2 ** exponent - 1) * 1024));
}

function roundEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}
