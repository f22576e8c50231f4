import { open, type FileHandle } from 'node:fs/promises';
import { ScoringError } from './scorer.js';

/** An input or output of a graph, as its file declares it. */
export interface DeclaredTensor {
  readonly name: string;
  /** A number, or nothing where the size varies. */
  readonly dims: readonly (number | undefined)[];
}

export interface DeclaredTensors {
  readonly inputs: readonly DeclaredTensor[];
  readonly outputs: readonly DeclaredTensor[];
}

/** Numbers of the fields of onnx.proto3. */
const modelGraph = 7;
const graphInput = 11;
const graphOutput = 12;
/** Longest declaration of one tensor that is read, in bytes. */
const longestDeclaration = 1 << 16;

/**
 * The inputs and outputs of an ONNX file, without loading it: weights and nodes are stepped over, so that gigabytes cost
 * nothing. Rejects with ScoringError when the file is no ONNX model.
 */
export async function readGraphTensors(path: string): Promise<DeclaredTensors> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new ScoringError(`${path} cannot be read (${error.code}).`);
  });
  try {
    const inputs: DeclaredTensor[] = [];
    const outputs: DeclaredTensor[] = [];
    const window = new Window(file);
    for await (const model of window.fields(0, (await file.stat()).size)) {
      if (model.number !== modelGraph) continue;
      for await (const { number, start, end } of window.fields(model.start, model.end)) {
        if (number !== graphInput && number !== graphOutput) continue;
        if (end - start > longestDeclaration) throw new RangeError('a declaration is too long');
        (number === graphInput ? inputs : outputs).push(readDeclaration(await window.bytes(start, end)));
      }
    }
    if (outputs.length === 0) throw new RangeError('it declares no output');
    return { inputs, outputs };
  } catch (error) {
    if (error instanceof RangeError) throw new ScoringError(`${path} is no ONNX model: ${error.message}.`);
    throw error;
  } finally {
    await file.close();
  }
}

interface Field {
  readonly number: number;
  /** Where its content begins and ends. */
  readonly start: number;
  readonly end: number;
}

/** Reads a file through a window of 64 kB. */
class Window {
  #start = 0;
  #bytes = Buffer.alloc(0);

  constructor(readonly file: FileHandle) {}

  async bytes(start: number, end: number): Promise<Buffer> {
    if (start < this.#start || end > this.#start + this.#bytes.length) {
      const { buffer, bytesRead } = await this.file.read(Buffer.alloc(Math.max(end - start, 1 << 16)), 0, Math.max(end - start, 1 << 16), start);
      this.#start = start;
      this.#bytes = buffer.subarray(0, bytesRead);
      if (bytesRead < end - start) throw new RangeError('it ends too early');
    }
    return this.#bytes.subarray(start - this.#start, end - this.#start);
  }

  /** The fields of a message, one after the other. */
  async *fields(start: number, end: number): AsyncGenerator<Field> {
    for (let at = start; at < end; ) {
      const head = await this.bytes(at, Math.min(end, at + 20));
      const [key, afterKey] = varint(head, 0);
      const number = Math.floor(key / 8);
      const [content, length] = contentOf(key % 8, head, afterKey);
      const field = { number, start: at + content, end: at + content + length };
      if (number === 0 || field.end > end) throw new RangeError('its structure is broken');
      yield field;
      at = field.end;
    }
  }
}

/** Where the content of a field begins, and how long it is. */
function contentOf(wireType: number, bytes: Buffer, at: number): [number, number] {
  if (wireType === 0) return [at, varint(bytes, at)[1] - at];
  if (wireType === 1) return [at, 8];
  if (wireType === 5) return [at, 4];
  if (wireType !== 2) throw new RangeError('its structure is broken');
  const [length, start] = varint(bytes, at);
  return [start, length];
}

/** A number of seven bits a byte, and where the next byte is. */
function varint(bytes: Buffer, at: number): [number, number] {
  let value = 0;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return [value, at + i + 1];
  }
  throw new RangeError('its structure is broken');
}

/** ValueInfoProto: name = 1, type = 2 { tensor_type = 1 { shape = 2 { dim = 1 { dim_value = 1 } } } }. */
function readDeclaration(bytes: Buffer): DeclaredTensor {
  const one = (message: Buffer | undefined, number: number) => (message ? parts(message).find((part) => part.number === number)?.content : undefined);
  const shape = one(one(one(bytes, 2), 1), 2);
  const dims = shape ? parts(shape).filter(({ number }) => number === 1) : [];
  return {
    name: one(bytes, 1)?.toString('utf8') ?? '',
    dims: dims.map(({ content }) => {
      const size = one(content, 1);
      return size && varint(size, 0)[0];
    }),
  };
}

function parts(message: Buffer): { number: number; content: Buffer }[] {
  const found = [];
  for (let at = 0; at < message.length; ) {
    const [key, afterKey] = varint(message, at);
    const [start, length] = contentOf(key % 8, message, afterKey);
    if (start + length > message.length) throw new RangeError('its structure is broken');
    found.push({ number: Math.floor(key / 8), content: message.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}
