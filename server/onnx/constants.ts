import { toFloats } from './elements.js';
import { dataTypes, type Node, type Tensor, tensorFields } from './model.js';
import type { Links } from './weights.js';
import { integers, readFields, type WireField } from './wire.js';

/** The numbers of a constant (a Constant node or a weight) of at most `most` elements; undefined if it is not one. */
export function constantOf(name: string, { producers, initializers }: Links, most = 8): readonly number[] | undefined {
  const tensor = initializers.get(name);
  if (tensor) return numbersOf(tensor.type, tensor.dims, tensor.data, tensor.fields, most);
  const fields = valueOf(producers.get(name));
  if (!fields) return undefined;
  const raw = fields.find(({ number }) => number === tensorFields.rawData)?.body;
  return numbersOf(integers(fields, tensorFields.type).at(-1) ?? 0, integers(fields, tensorFields.dims), raw, fields, most);
}

/** The shape of a constant (a Constant node or a weight); undefined if it is not one. */
export function constantShape(name: string, { producers, initializers }: Links): readonly number[] | undefined {
  const tensor = initializers.get(name);
  if (tensor) return tensor.dims;
  const fields = valueOf(producers.get(name));
  return fields && integers(fields, tensorFields.dims);
}

/** The tensor of a Constant node. */
function valueOf(node: Node | undefined): WireField[] | undefined {
  if (node?.opType !== 'Constant') return undefined;
  // AttributeProto: t = 5.
  const value = node.fields
    .filter(({ number }) => number === 5)
    .flatMap(({ body }) => readFields(body))
    .find(({ number }) => number === 5);
  return value && readFields(value.body);
}

/** The number of a constant with a single element; undefined if it is not one. */
export function scalarOf(name: string, links: Links): number | undefined {
  const numbers = constantOf(name, links, 1);
  return numbers?.length === 1 ? numbers[0] : undefined;
}

/** TensorProto: float_data = 4, int64_data = 7. */
function numbersOf(
  type: number,
  dims: readonly number[],
  data: Tensor['data'],
  fields: readonly WireField[],
  most: number,
): readonly number[] | undefined {
  if (dims.reduce((a, b) => a * b, 1) > most) return undefined;
  if (type === dataTypes.int64) {
    if (!Buffer.isBuffer(data)) return integers(fields, 7);
    return Array.from({ length: data.length >> 3 }, (_, i) => Number(data.readBigInt64LE(8 * i)));
  }
  if (type !== dataTypes.float32 && type !== dataTypes.float16) return undefined;
  if (Buffer.isBuffer(data)) return [...toFloats(data, type)];
  const floats = fields.filter(({ number }) => number === 4);
  return type === dataTypes.float32 && floats.length > 0
    ? floats.flatMap(({ body, raw }) => [...toFloats(body.length > 0 ? body : raw.subarray(-4), type)])
    : undefined;
}
