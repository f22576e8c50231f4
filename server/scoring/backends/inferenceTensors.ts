import type { TensorValue } from '../../inference/runtime.js';
import { english } from '../../l10n.js';
import { mustHave } from '../../reasoning/present.js';
import type { HttpReply, HttpRequest } from '../../remote/exchange.js';
import { RequestFailure } from '../../remote/requestFailure.js';

/** ONNX Runtime's element types by the protocol's names; bfloat16 is widened to float32 when it arrives. */
export const typeOfDatatype: Readonly<Record<string, string>> = {
  INT64: 'int64',
  INT32: 'int32',
  FP32: 'float32',
  FP16: 'float16',
  BF16: 'float32',
};
const datatypeOfType: Readonly<Record<string, string>> = { int64: 'INT64', int32: 'INT32', float32: 'FP32', float16: 'FP16' };
const elementBytes: Readonly<Record<string, number>> = { INT64: 8, INT32: 4, FP32: 4, FP16: 2, BF16: 2 };

interface ResponseOutput {
  readonly name?: unknown;
  readonly shape?: unknown;
  readonly datatype?: unknown;
  readonly data?: unknown;
  readonly parameters?: { readonly binary_data_size?: unknown } | null;
}

/**
 * The request for one inference. With `binary`, tensors follow the JSON, little-endian and in the order of the inputs
 * (Triton's binary tensor data extension, docs/protocol/extension_binary_data.md); else the JSON has flat lists.
 */
export function encodeInference(inputs: Readonly<Record<string, TensorValue>>, output: string, binary: boolean): HttpRequest {
  const parts: Uint8Array[] = [];
  const described = Object.entries(inputs).map(([name, { type, data, dims }]) => {
    const head = { name, shape: dims, datatype: datatypeOfType[type] ?? type };
    const values = data as BigInt64Array | Int32Array | Float32Array | Uint16Array;
    if (!binary) return { ...head, data: Array.from(values as ArrayLike<number | bigint>, Number) };
    parts.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return { ...head, parameters: { binary_data_size: values.byteLength } };
  });
  const json = JSON.stringify({ inputs: described, outputs: [{ name: output, ...(binary && { parameters: { binary_data: true } }) }] });
  if (!binary) return { headers: { 'content-type': 'application/json' }, body: json };
  const head = Buffer.from(json);
  const headers = { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(head.length) };
  return { headers, body: new Uint8Array(Buffer.concat([head, ...parts])) };
}

/** Reads one output of a reply, JSON or binary. Throws RequestFailure when it is missing or contradicts its shape. */
export function decodeInference(
  { headers, body }: Pick<HttpReply, 'headers' | 'body'>,
  output: string,
  readJson: (bytes: Buffer) => unknown,
): TensorValue {
  const length = headers['inference-header-content-length'];
  const end = length === undefined ? body.length : Number(length);
  if (!(Number.isInteger(end) && end > 0 && end <= body.length))
    throw new RequestFailure(english('The server answered with less than its header says; it may have been cut off.'));
  const json = readJson(body.subarray(0, end)) as { outputs?: unknown } | null;
  const outputs = Array.isArray(json?.outputs) ? (json.outputs as (ResponseOutput | null)[]) : [];
  let at = end;
  for (const found of outputs) {
    const size = found?.parameters?.binary_data_size;
    const bytes = typeof size === 'number' ? body.subarray(at, (at += size)) : undefined;
    if (found?.name === output) return readTensor(found, bytes);
  }
  throw new RequestFailure(english("The server answered without the output '{0}'.", output));
}

function readTensor({ name, shape, datatype, data }: ResponseOutput, bytes: Buffer | undefined): TensorValue {
  const what = english(
    "The output '{0}' ({1} {2})",
    String(name).slice(0, 100),
    String(datatype).slice(0, 20),
    JSON.stringify(shape)?.slice(0, 100),
  );
  const isShape = Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && (size as number) >= 0);
  const type = String(datatype);
  const bytesEach = elementBytes[type];
  if (!isShape || bytesEach === undefined)
    throw new RequestFailure(english("{0} of the server's answer cannot be read: FP32, FP16 and BF16 are.", what));
  const dims = shape as number[];
  const count = dims.reduce((product, size) => product * size, 1);
  const held = bytes === undefined ? (Array.isArray(data) ? flatten(data) : []) : undefined;
  const found = held?.length ?? (bytes?.length ?? 0) / bytesEach;
  if (found !== count)
    throw new RequestFailure(
      english("{0} of the server's answer has {1} values instead of {2}; it may have been cut off.", what, found, count),
    );
  if (bytes === undefined) return { type: 'float32', data: Float32Array.from(held ?? []), dims };
  return { type: mustHave(typeOfDatatype[type], `type of ${type}`), data: fromBytes(bytes, type), dims };
}

/** Flattens numbers nested to any depth, row by row; null is a missing number. */
function flatten(data: unknown[]): number[] {
  return data.flat<unknown[], number>(Infinity).map((value) => (typeof value === 'number' ? value : NaN));
}

function fromBytes(bytes: Buffer, datatype: string): TensorValue['data'] {
  // Copied, because the bytes may start at any offset, and typed arrays only at multiples of their element size.
  const { buffer } = new Uint8Array(bytes);
  switch (datatype) {
    case 'INT64':
      return new BigInt64Array(buffer);
    case 'INT32':
      return new Int32Array(buffer);
    case 'FP16':
      return new Uint16Array(buffer);
    case 'BF16': {
      const high = new Uint16Array(buffer);
      const bits = Uint32Array.from(high, (half) => half << 16);
      return new Float32Array(bits.buffer);
    }
    default:
      return new Float32Array(buffer);
  }
}
