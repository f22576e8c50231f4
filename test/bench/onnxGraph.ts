import { randomFillSync } from 'node:crypto';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { dataTypes, makeTensor, makeValueInfo, type Node, type Tensor, type ValueInfo, writeModel } from '../../server/onnx/model.js';
import { bytesField, varintField, type WireField, writeMessage } from '../../server/onnx/wire.js';

/** Values of TensorProto.DataType. */
export const int32 = 6;
export const { float32, int64, uint8 } = dataTypes;

/** Attributes by name: an integer or a list of integers directly, a float as `{ float }`. */
export type Attributes = Readonly<Record<string, number | readonly number[] | { readonly float: number }>>;

/** Builds an ONNX graph node by node, in execution order. Large weights are written directly to a file beside it. */
export class GraphWriter {
  readonly #nodes: Node[] = [];
  readonly #initializers: Tensor[] = [];
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #dataPath: string;
  #data: number | undefined;
  #written = 0;

  constructor(readonly path: string) {
    this.#dataPath = `${path}_data`;
  }

  /** Adds an input. A size of undefined is a dynamic dimension. */
  input(name: string, type: number, shape: readonly (number | undefined)[]): string {
    this.#inputs.push(makeValueInfo(name, type, shape));
    return name;
  }

  output(name: string, type: number, shape: readonly (number | undefined)[]): string {
    this.#outputs.push(makeValueInfo(name, type, shape));
    return name;
  }

  /** Adds a node with one output and returns its name. The prefix `com.microsoft.` selects that operator domain. */
  add(operator: string, inputs: readonly string[], attributes: Attributes = {}, output?: string): string {
    return this.addMany(operator, inputs, [output ?? `value_${this.#nodes.length}`], attributes)[0]!;
  }

  addMany(operator: string, inputs: readonly string[], outputs: readonly string[], attributes: Attributes = {}): readonly string[] {
    const dot = operator.lastIndexOf('.');
    const [domain, opType] = [operator.slice(0, Math.max(0, dot)), operator.slice(dot + 1)];
    const fields = [
      bytesField(3, `${opType}_${this.#nodes.length}`),
      bytesField(4, opType),
      ...Object.entries(attributes).map(([name, value]) => bytesField(5, attribute(name, value))),
    ];
    this.#nodes.push({ opType, domain, inputs, outputs, fields: domain === '' ? fields : [...fields, bytesField(7, domain)] });
    return outputs;
  }

  floats(name: string, dims: readonly number[], values: Float32Array): string {
    return this.#initializer(name, dims, float32, Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  }

  integers(name: string, values: readonly number[]): string {
    return this.#initializer(name, [values.length], int64, Buffer.from(BigInt64Array.from(values, BigInt).buffer));
  }

  /** Random weights with mean 0 and variance 1 / `rows`, so that a product has the same variance as its input. */
  randomFloats(name: string, rows: number, columns: number): string {
    const values = new Float32Array(rows * columns);
    const spread = Math.sqrt(12 / rows) / 0xffffffff;
    const words = randomFillSync(new Uint32Array(values.length));
    words.forEach((word, i) => (values[i] = (word - 0x7fffffff) * spread));
    return this.floats(name, [rows, columns], values);
  }

  /** Random bytes in the file beside the graph. */
  randomBytes(name: string, dims: readonly number[]): string {
    const length = dims.reduce((a, b) => a * b, 1);
    const offset = this.#append(length, () => undefined);
    return this.#initializer(name, dims, uint8, { path: this.#dataPath, offset, length });
  }

  /** The same number everywhere, in the file beside the graph. */
  constantFloats(name: string, dims: readonly number[], value: number): string {
    const length = 4 * dims.reduce((a, b) => a * b, 1);
    const offset = this.#append(length, (block) => new Float32Array(block.buffer, block.byteOffset, block.length / 4).fill(value));
    return this.#initializer(name, dims, float32, { path: this.#dataPath, offset, length });
  }

  /** Completes the file of weights and writes the graph's file. */
  close(): void {
    if (this.#data !== undefined) closeSync(this.#data);
    const versions = [
      varintField(1, 8),
      bytesField(8, writeMessage([bytesField(1, ''), varintField(2, 17)])),
      bytesField(8, writeMessage([bytesField(1, 'com.microsoft'), varintField(2, 1)])),
    ];
    const graph = {
      nodes: this.#nodes,
      initializers: this.#initializers,
      inputs: this.#inputs,
      outputs: this.#outputs,
      values: [],
      fields: [bytesField(2, 'random')],
    };
    writeFileSync(this.path, writeModel({ graph, fields: versions }, basename));
  }

  #initializer(name: string, dims: readonly number[], type: number, data: NonNullable<Tensor['data']>): string {
    this.#initializers.push(makeTensor(name, dims, type, data));
    return name;
  }

  /** Appends blocks of random bytes that `fill` may overwrite. Returns their offset, a multiple of the page size. */
  #append(length: number, fill: (block: Buffer) => unknown): number {
    this.#data ??= openSync(this.#dataPath, 'w');
    const offset = Math.ceil(this.#written / 4096) * 4096;
    const block = Buffer.alloc(Math.min(length, 1 << 24));
    for (let at = 0; at < length; at += block.length) {
      const part = block.subarray(0, Math.min(block.length, length - at));
      if (at === 0) randomFillSync(block);
      fill(part);
      writeSync(this.#data, part, 0, part.length, offset + at);
    }
    this.#written = offset + length;
    return offset;
  }
}

/** AttributeProto: name = 1, f = 2, i = 3, ints = 8, type = 20 (1 FLOAT, 2 INT, 7 INTS). */
function attribute(name: string, value: number | readonly number[] | { readonly float: number }): Buffer {
  if (typeof value === 'number') return writeMessage([bytesField(1, name), varintField(3, value), varintField(20, 2)]);
  if (!('float' in value)) return writeMessage([bytesField(1, name), ...value.map((one) => varintField(8, one)), varintField(20, 7)]);
  const raw = Buffer.alloc(5);
  raw[0] = (2 << 3) | 5;
  raw.writeFloatLE(value.float, 1);
  const float: WireField = { number: 2, value: 0, body: Buffer.alloc(0), raw };
  return writeMessage([bytesField(1, name), float, varintField(20, 1)]);
}
