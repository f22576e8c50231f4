/** Protocol buffers, the encoding of ONNX files (protobuf.dev/programming-guides/encoding). */

/** One field of a message. Unknown fields are passed on as their `raw` bytes. */
export interface WireField {
  readonly number: number;
  /** Value of a varint, as a signed number of 64 bits; 0 for other wire types. */
  readonly value: number;
  /** Content of a length-delimited field; empty for other wire types. */
  readonly body: Buffer;
  /** The field as it is in the message. */
  readonly raw: Buffer;
}

/** Where a field's content begins, and where the field ends. */
export interface FieldExtent {
  readonly number: number;
  readonly wireType: number;
  readonly start: number;
  readonly end: number;
}

/** Maximum number of bytes before a field's content: its number and its length. */
export const longestFieldHead = 20;

const empty = Buffer.alloc(0);

/** The bytes are not a protocol buffer. The error has no details, because nothing is known about the bytes. */
export class WireError extends Error {
  override readonly name = 'WireError';
  constructor() {
    super('its structure is broken');
  }
}

/** The fields of a message in their order. Throws WireError. */
export function readFields(message: Buffer): WireField[] {
  const fields: WireField[] = [];
  for (let at = 0; at < message.length; ) {
    const { number, wireType, start, end } = readExtent(message, at);
    if (end > message.length) throw new WireError();
    fields.push(new ReadField(message, number, wireType, at, start, end));
    at = end;
  }
  return fields;
}

/** Extracts its bytes only on access: a graph has thousands of fields, and few of them are read. */
class ReadField implements WireField {
  constructor(
    readonly message: Buffer,
    readonly number: number,
    readonly wireType: number,
    readonly at: number,
    readonly start: number,
    readonly end: number,
  ) {}

  get value(): number {
    return this.wireType === 0 ? readVarint(this.message, this.start).value : 0;
  }

  get body(): Buffer {
    return this.wireType === 2 ? this.message.subarray(this.start, this.end) : empty;
  }

  get raw(): Buffer {
    return this.message.subarray(this.at, this.end);
  }
}

/** The field at `at`, whose content may reach beyond `bytes`. Throws WireError. */
export function readExtent(bytes: Buffer, at: number): FieldExtent {
  const tag = readVarint(bytes, at);
  const number = Math.floor(tag.value / 8);
  const wireType = tag.value % 8;
  if (number < 1) throw new WireError();
  if (wireType === 0) return { number, wireType, start: tag.next, end: readVarint(bytes, tag.next).next };
  if (wireType === 1) return { number, wireType, start: tag.next, end: tag.next + 8 };
  if (wireType === 5) return { number, wireType, start: tag.next, end: tag.next + 4 };
  if (wireType !== 2) throw new WireError();
  const length = readVarint(bytes, tag.next);
  if (length.value < 0) throw new WireError();
  return { number, wireType, start: length.next, end: length.next + length.value };
}

/** The values of a repeated integer, packed into one field or with one field per value. */
export function integers(fields: readonly WireField[], number: number): number[] {
  return fields.filter((field) => field.number === number).flatMap(({ body, value }) => (body.length > 0 ? packed(body) : [value]));
}

export function fieldText(fields: readonly WireField[], number: number): string {
  return fields.findLast((field) => field.number === number)?.body.toString('utf8') ?? '';
}

export function varintField(number: number, value: number): WireField {
  return { number, value, body: empty, raw: Buffer.concat([writeVarint(number * 8), writeVarint(value)]) };
}

/** A field of 32 bits that holds a float. */
export function floatField(number: number, value: number): WireField {
  const body = Buffer.alloc(4);
  body.writeFloatLE(value);
  return { number, value: 0, body: empty, raw: Buffer.concat([writeVarint(number * 8 + 5), body]) };
}

export function bytesField(number: number, content: Buffer | string): WireField {
  const body = typeof content === 'string' ? Buffer.from(content) : content;
  return { number, value: 0, body, raw: Buffer.concat([writeVarint(number * 8 + 2), writeVarint(body.length), body]) };
}

/** Returns a message of these fields, ordered by their numbers as in every writer. */
export function writeMessage(fields: readonly WireField[]): Buffer {
  return Buffer.concat([...fields].sort((a, b) => a.number - b.number).map(({ raw }) => raw));
}

function packed(body: Buffer): number[] {
  const values: number[] = [];
  for (let at = 0; at < body.length; ) {
    const { value, next } = readVarint(body, at);
    values.push(value);
    at = next;
  }
  return values;
}

function readVarint(bytes: Buffer, at: number): { readonly value: number; readonly next: number } {
  let value = 0;
  // Seven bytes have 49 bits, which are exact in a number. Sizes and ids never need more.
  for (let i = 0; i < 7; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) throw new WireError();
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, next: at + i + 1 };
  }
  let wide = BigInt(value);
  for (let i = 7; i < 10; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) break;
    wide |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return { value: Number(BigInt.asIntN(64, wide)), next: at + i + 1 };
  }
  throw new WireError();
}

function writeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}
