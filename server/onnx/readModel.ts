import { readSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { NotReadable, openRegular } from '../disk/readRegular.js';
import {
  graphFields,
  modelGraphField,
  type Node,
  type OnnxModel,
  readNode,
  readValueInfo,
  type Stored,
  type Tensor,
  tensorFields,
  type ValueInfo,
} from './model.js';
import { type FieldExtent, fieldText, integers, longestFieldHead, readExtent, readFields, WireError, type WireField } from './wire.js';

/** Weights of more bytes stay in their file: the runtime maps them from there, which is faster than copying. */
export const largestInMemory = 1 << 16;
/** A file of fewer bytes is read at once, because skipping its weights would still read most of it in windows. */
const smallFile = 1 << 24;
/** Longest message other than a weight, in bytes: a node may contain a constant, but no sane one is this long. */
const longestMessage = 1 << 28;

/** A file is not an ONNX model or cannot be read. The message names it and the remedy. */
export class OnnxFileError extends Error {
  override readonly name = 'OnnxFileError';
}

/**
 * Reads an ONNX file of any size. Weights of more than `inMemory` bytes are not read; only their position in the file
 * is returned. Rejects with OnnxFileError.
 */
export function readModel(path: string, inMemory = largestInMemory): Promise<OnnxModel> {
  return readParts(path, inMemory, true);
}

/** Finds an ONNX file's weights without reading them. Skips nodes: a tenth of the time. Rejects with OnnxFileError. */
export async function readWeights(path: string): Promise<readonly Tensor[]> {
  return (await readParts(path, 0, false)).graph.initializers;
}

async function readParts(path: string, inMemory: number, withNodes: boolean): Promise<OnnxModel> {
  const file = await openRegular(path).catch((error: NodeJS.ErrnoException) => {
    throw new OnnxFileError(error instanceof NotReadable ? error.message : `${path} cannot be read (${error.code}).`);
  });
  try {
    const reader = new ModelReader(file.fd, path, inMemory);
    const fields: WireField[] = [];
    let graph: OnnxModel['graph'] | undefined;
    const { size } = await file.stat();
    if (size <= smallFile) reader.readAhead(size);
    for (const extent of reader.extents(0, size)) {
      if (extent.number === modelGraphField) graph = reader.graph(extent, withNodes);
      else fields.push(reader.field(extent));
    }
    if (!graph || graph.outputs.length === 0)
      throw new OnnxFileError(`${path} is no ONNX model: it declares no output. Download or export it again.`);
    return { graph, fields };
  } catch (error) {
    if (error instanceof WireError) throw new OnnxFileError(`${path} is no ONNX model: ${error.message}. Download or copy it again.`);
    throw error;
  } finally {
    await file.close();
  }
}

interface FieldPlace extends FieldExtent {
  /** Where the field begins. */
  readonly at: number;
}

/**
 * Reads a file synchronously through a window of 64 kB. A graph has thousands of fields of a few bytes, and awaiting
 * each of them takes many times as long as reading it.
 */
class ModelReader {
  #start = 0;
  #bytes = Buffer.alloc(0);

  constructor(
    readonly file: number,
    readonly path: string,
    readonly inMemory: number,
  ) {}

  /** Reads the first `size` bytes of the file. */
  readAhead(size: number): void {
    this.#cover(0, size);
  }

  /** The fields of a message in the file, one after the other. */
  *extents(first: number, end: number): Generator<FieldPlace> {
    for (let at = first; at < end; ) {
      this.#cover(at, Math.min(end, at + longestFieldHead));
      const { number, wireType, start, end: fieldEnd } = readExtent(this.#bytes, at - this.#start);
      const place = { number, wireType, at, start: this.#start + start, end: this.#start + fieldEnd };
      if (place.end > end) throw new WireError();
      yield place;
      at = place.end;
    }
  }

  field({ at, end }: FieldPlace): WireField {
    if (end - at > longestMessage) throw new WireError();
    const [field] = readFields(Buffer.from(this.#read(at, end)));
    if (!field) throw new WireError();
    return field;
  }

  graph({ start, end }: FieldPlace, withNodes: boolean): OnnxModel['graph'] {
    const nodes: Node[] = [];
    const initializers: Tensor[] = [];
    const inputs: ValueInfo[] = [];
    const outputs: ValueInfo[] = [];
    const values: ValueInfo[] = [];
    const fields: WireField[] = [];
    for (const place of this.extents(start, end)) {
      if (place.number === graphFields.initializer) initializers.push(this.#tensor(place));
      else if (withNodes || place.number === graphFields.output) {
        const field = this.field(place);
        if (field.number === graphFields.node) nodes.push(readNode(field.body));
        else if (field.number === graphFields.input) inputs.push(readValueInfo(field.body));
        else if (field.number === graphFields.output) outputs.push(readValueInfo(field.body));
        else if (field.number === graphFields.value) values.push(readValueInfo(field.body));
        else fields.push(field);
      }
    }
    return { nodes, initializers, inputs, outputs, values, fields };
  }

  #tensor({ start, end }: FieldPlace): Tensor {
    const fields: WireField[] = [];
    let data: Buffer | Stored | undefined;
    for (const place of this.extents(start, end)) {
      if (place.number === tensorFields.rawData && place.end - place.start > this.inMemory)
        data = { path: this.path, offset: place.start, length: place.end - place.start };
      else fields.push(this.field(place));
    }
    const isData = ({ number }: WireField) =>
      number === tensorFields.rawData || number === tensorFields.externalData || number === tensorFields.dataLocation;
    const isExternal = integers(fields, tensorFields.dataLocation).at(-1) === 1;
    data ??= isExternal ? this.#external(fields) : fields.findLast(({ number }) => number === tensorFields.rawData)?.body;
    const [dims, type] = [integers(fields, tensorFields.dims), integers(fields, tensorFields.type).at(-1) ?? 0];
    return { name: fieldText(fields, tensorFields.name), dims, type, data, fields: fields.filter((field) => !isData(field)) };
  }

  #external(fields: readonly WireField[]): Stored {
    const entries = new Map(
      fields
        .filter(({ number }) => number === tensorFields.externalData)
        .map(({ body }) => [fieldText(readFields(body), 1), fieldText(readFields(body), 2)]),
    );
    const [location, offset, length] = [
      entries.get('location') ?? '',
      Number(entries.get('offset') ?? 0),
      Number(entries.get('length') ?? NaN),
    ];
    if (location === '' || !Number.isSafeInteger(offset) || offset < 0 || !(Number.isSafeInteger(length) && length >= 0))
      throw new WireError();
    return { path: resolve(dirname(this.path), location), offset, length };
  }

  #read(start: number, end: number): Buffer {
    this.#cover(start, end);
    return this.#bytes.subarray(start - this.#start, end - this.#start);
  }

  /** Moves the window if it does not contain these bytes. */
  #cover(start: number, end: number): void {
    if (start >= this.#start && end <= this.#start + this.#bytes.length) return;
    const buffer = Buffer.allocUnsafe(Math.max(end - start, 1 << 16));
    const bytesRead = readSync(this.file, buffer, 0, buffer.length, start);
    this.#start = start;
    this.#bytes = buffer.subarray(0, bytesRead);
    if (bytesRead < end - start) throw new WireError();
  }
}
