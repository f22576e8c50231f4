import { bytesField, fieldText, floatField, integers, readFields, varintField, type WireField, writeMessage } from './wire.js';

/** An ONNX model, without the bytes of weights that stay in their file. Field numbers are those of onnx.proto3. */
export interface OnnxModel {
  readonly graph: OnnxGraph;
  /** Versions and all other fields beside the graph. */
  readonly fields: readonly WireField[];
}

export interface OnnxGraph {
  readonly nodes: readonly Node[];
  readonly initializers: readonly Tensor[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Types and shapes of intermediate values, as far as the exporter knew them. */
  readonly values: readonly ValueInfo[];
  readonly fields: readonly WireField[];
}

export interface Node {
  readonly opType: string;
  /** Empty = an operator of the ONNX standard. */
  readonly domain: string;
  /** An empty name is an omitted input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Name, type, domain, attributes. */
  readonly fields: readonly WireField[];
}

export interface ValueInfo {
  readonly name: string;
  /** A TensorProto.DataType; 0 when not declared. */
  readonly type: number;
  /** undefined when not declared. Sizes that vary are undefined. */
  readonly shape: readonly (number | undefined)[] | undefined;
  readonly body: Buffer;
}

/** Bytes that stay in a file. */
export interface Stored {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

export interface Tensor {
  readonly name: string;
  readonly dims: readonly number[];
  /** A TensorProto.DataType. */
  readonly type: number;
  /** Little-endian, row by row. undefined if the values are in typed fields, which are left unchanged. */
  readonly data: Buffer | Stored | undefined;
  /** All but the data. */
  readonly fields: readonly WireField[];
}

/** TensorProto.DataType, as far as StepLens reads and writes weights. */
export const dataTypes = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, float16: 10, bfloat16: 16 } as const;

/** Numbers of the fields that are parsed here. All others are passed on unchanged. */
export const modelGraphField = 7;
export const graphFields = { node: 1, initializer: 5, input: 11, output: 12, value: 13 } as const;
export const tensorFields = { dims: 1, type: 2, name: 8, rawData: 9, externalData: 13, dataLocation: 14 } as const;

export function readNode(message: Buffer): Node {
  const fields = readFields(message);
  const texts = (number: number) => fields.filter((field) => field.number === number).map(({ body }) => body.toString('utf8'));
  return {
    inputs: texts(1),
    outputs: texts(2),
    opType: fieldText(fields, 4),
    domain: fieldText(fields, 7),
    fields: fields.filter(({ number }) => number > 2),
  };
}

/** ValueInfoProto: name = 1, type = 2 { tensor_type = 1 { elem_type = 1, shape = 2 { dim = 1 { dim_value = 1 } } } }. */
export function readValueInfo(body: Buffer): ValueInfo {
  const part = (message: Buffer | undefined, number: number) =>
    message ? readFields(message).find((field) => field.number === number) : undefined;
  const tensor = part(part(body, 2)?.body, 1)?.body;
  const shape = part(tensor, 2)?.body;
  return {
    name: fieldText(readFields(body), 1),
    type: part(tensor, 1)?.value ?? 0,
    shape:
      shape &&
      readFields(shape)
        .filter(({ number }) => number === 1)
        .map((dim) => part(dim.body, 1)?.value),
    body,
  };
}

/** Makes a value's declaration. A size of undefined varies. */
export function makeValueInfo(name: string, type: number, shape: readonly (number | undefined)[]): ValueInfo {
  const dims = shape.map((size) => bytesField(1, size === undefined ? '' : varintField(1, size).raw));
  const tensor = writeMessage([varintField(1, type), bytesField(2, writeMessage(dims))]);
  return readValueInfo(writeMessage([bytesField(1, name), bytesField(2, bytesField(1, tensor).raw)]));
}

export function makeTensor(name: string, dims: readonly number[], type: number, data: Buffer | Stored): Tensor {
  const { dims: dimsField, type: typeField, name: nameField } = tensorFields;
  return {
    name,
    dims,
    type,
    data,
    fields: [...dims.map((size) => varintField(dimsField, size)), varintField(typeField, type), bytesField(nameField, name)],
  };
}

/** A whole number, whole numbers, or a float. */
type AttributeValue = number | readonly number[] | { readonly float: number };

/** Name of a node's input at `place`; empty if there is none or it is omitted. */
export function inputOf(node: Node, place: number): string {
  return node.inputs[place] ?? '';
}

/** Name of a node's first output; empty if it has none. */
export function outputOf(node: Node): string {
  return node.outputs[0] ?? '';
}

/** Makes a node that is named after its first output. */
export function makeNode(
  opType: string,
  inputs: readonly string[],
  outputs: readonly [string, ...string[]],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  domain = '',
): Node {
  const fields = [
    bytesField(3, outputs[0]),
    bytesField(4, opType),
    ...(domain === '' ? [] : [bytesField(7, domain)]),
    ...Object.entries(attributes).map(([name, value]) => bytesField(5, writeAttribute(name, value))),
  ];
  return { opType, domain, inputs, outputs, fields };
}

/** AttributeProto: name = 1, f = 2, i = 3, ints = 8, type = 20 (1 FLOAT, 2 INT, 7 INTS). */
function writeAttribute(name: string, value: AttributeValue): Buffer {
  let values: WireField[];
  if (typeof value === 'number') values = [varintField(3, value), varintField(20, 2)];
  else if ('float' in value) values = [floatField(2, value.float), varintField(20, 1)];
  else values = [...value.map((one) => varintField(8, one)), varintField(20, 7)];
  return writeMessage([bytesField(1, name), ...values]);
}

/** Reads an attribute's fields; undefined when the node has no attribute of that name. */
export function attribute(
  node: Node,
  name: string,
): { readonly int: number; readonly ints: readonly number[]; readonly float: number } | undefined {
  for (const field of node.fields) {
    if (field.number !== 5) continue;
    const fields = readFields(field.body);
    if (fieldText(fields, 1) !== name) continue;
    const float = fields.find(({ number }) => number === 2);
    return {
      int: fields.find(({ number }) => number === 3)?.value ?? 0,
      ints: integers(fields, 8),
      float: float?.raw.length === 5 ? float.raw.readFloatLE(1) : 0,
    };
  }
  return undefined;
}

/**
 * Returns the content of a model's file.
 * @param locate Returns the path, relative to the model's folder, of a file with stored bytes.
 */
export function writeModel({ graph, fields }: OnnxModel, locate: (path: string) => string): Buffer {
  const graphBody = writeMessage([
    ...graph.nodes.map((node) => bytesField(graphFields.node, writeNode(node))),
    ...graph.initializers.map((tensor) => bytesField(graphFields.initializer, writeTensor(tensor, locate))),
    ...graph.inputs.map(({ body }) => bytesField(graphFields.input, body)),
    ...graph.outputs.map(({ body }) => bytesField(graphFields.output, body)),
    ...graph.values.map(({ body }) => bytesField(graphFields.value, body)),
    ...graph.fields,
  ]);
  return writeMessage([...fields, bytesField(modelGraphField, graphBody)]);
}

function writeNode({ inputs, outputs, fields }: Node): Buffer {
  return writeMessage([...inputs.map((name) => bytesField(1, name)), ...outputs.map((name) => bytesField(2, name)), ...fields]);
}

function writeTensor({ data, fields }: Tensor, locate: (path: string) => string): Buffer {
  if (data === undefined) return writeMessage(fields);
  if (Buffer.isBuffer(data)) return writeMessage([...fields, bytesField(tensorFields.rawData, data)]);
  // StringStringEntryProto: key = 1, value = 2.
  const entries = Object.entries({ location: locate(data.path), offset: String(data.offset), length: String(data.length) });
  return writeMessage([
    ...fields,
    ...entries.map(([key, value]) => bytesField(tensorFields.externalData, writeMessage([bytesField(1, key), bytesField(2, value)]))),
    varintField(tensorFields.dataLocation, 1),
  ]);
}
