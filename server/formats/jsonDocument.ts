import { english } from '../l10n.js';
import type { Span } from '../reasoning/span.js';
import { DocumentString } from './jsonString.js';

export const Kind = { invalid: 0, object: 1, array: 2, string: 3, escapedString: 4, number: 5, true: 6, false: 7, null: 8 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** The name of a kind of value, for messages. */
function nameOf(kind: Kind): string {
  switch (kind) {
    case Kind.invalid:
      return english('an unreadable value');
    case Kind.object:
      return english('an object');
    case Kind.array:
      return english('an array');
    case Kind.string:
    case Kind.escapedString:
      return english('a string');
    case Kind.number:
      return english('a number');
    case Kind.true:
    case Kind.false:
      return english('a boolean');
    case Kind.null:
      return 'null';
  }
}

/**
 * The values of a JSON text as rows of a table, in document order: a value's row is its id, its content follows it, and
 * `next` is the row after that. An object's content alternates key and value. 13 bytes per value; strings and numbers
 * are decoded when they are read. It can also have records that are not objects in the text: the rows of a table that
 * is stored by column.
 */
export class JsonDocument {
  readonly roots: number[] = [];
  #count = 0;
  #kinds = new Uint8Array(1024);
  #starts = new Int32Array(1024);
  #ends = new Int32Array(1024);
  #nexts = new Int32Array(1024);
  /** Keys and values of the records made by `addRecord`, by id. */
  readonly #made = new Map<number, { readonly name: string; readonly cells: ReadonlyMap<string, number> }>();

  constructor(readonly text: string) {}

  /** Appends a value and returns its id. An array or object is appended before its content and closed with `close`. */
  push(kind: Kind, start: number, end: number): number {
    const id = this.#count++;
    if (id === this.#kinds.length) this.#grow();
    this.#kinds[id] = kind;
    this.#starts[id] = start;
    this.#ends[id] = end;
    this.#nexts[id] = id + 1;
    return id;
  }

  close(id: number, end: number): void {
    this.#ends[id] = end;
    this.#nexts[id] = this.#count;
  }

  /** Adds a record whose values are elsewhere in the text; `name` is its path in messages. Returns its id. */
  addRecord(name: string, cells: ReadonlyMap<string, number>, span: Span): number {
    const id = this.push(Kind.object, span.start, span.end);
    this.#made.set(id, { name, cells });
    return id;
  }

  #grow(): void {
    this.#kinds = doubled(this.#kinds, new Uint8Array(this.#kinds.length * 2));
    this.#starts = doubled(this.#starts, new Int32Array(this.#starts.length * 2));
    this.#ends = doubled(this.#ends, new Int32Array(this.#ends.length * 2));
    this.#nexts = doubled(this.#nexts, new Int32Array(this.#nexts.length * 2));
  }

  kind(id: number): Kind {
    return this.#kinds[id] as Kind;
  }

  isObject(id: number): boolean {
    return this.#kinds[id] === Kind.object;
  }

  isArray(id: number): boolean {
    return this.#kinds[id] === Kind.array;
  }

  isString(id: number): boolean {
    return this.#kinds[id] === Kind.string || this.#kinds[id] === Kind.escapedString;
  }

  /** The characters of a value; a string includes its quotes. */
  span(id: number): Span {
    const start = this.#starts[id]!;
    const end = this.#ends[id]!;
    if (!this.isString(id)) return { start, end };
    const isQuoted = this.text[end] === '"' || this.text[end] === "'";
    return { start: Math.max(start - 1, 0), end: Math.min(end + (isQuoted ? 1 : 0), this.text.length) };
  }

  /** Where a fault about a whole object is reported: its opening bracket. */
  head(object: number): Span {
    const { start } = this.span(object);
    return this.#made.has(object) ? this.span(object) : { start, end: start + 1 };
  }

  /** Whether an object or array has its closing bracket. One that was cut off may lack keys. */
  isClosed(container: number): boolean {
    if (this.#made.has(container)) return true;
    const { start, end } = this.span(container);
    if (end - start < 2 || this.text[end - 1] !== (this.isObject(container) ? '}' : ']')) return false;
    const last = this.items(container).at(-1);
    return last === undefined || this.span(last).end < end;
  }

  /** Keys and values of an object, in document order. */
  entries(object: number): [key: string, value: number][] {
    const made = this.#made.get(object);
    if (made !== undefined) return [...made.cells];
    return this.isObject(object) ? this.items(object).map((value) => [this.string(value - 1).text, value]) : [];
  }

  /** The value of a key; undefined when absent. Of a repeated key, the last value counts, as in other JSON parsers. */
  get(object: number, key: string): number | undefined {
    if (this.#kinds[object] !== Kind.object) return undefined;
    const made = this.#made.get(object);
    if (made !== undefined) return made.cells.get(key);
    let found: number | undefined;
    for (let at = object + 1; at < this.#nexts[object]!; at = this.#nexts[at + 1]!) {
      if (this.#isKey(at, key)) found = at + 1;
    }
    return found;
  }

  #isKey(id: number, key: string): boolean {
    if (this.#kinds[id] === Kind.escapedString) return this.string(id).text === key;
    const start = this.#starts[id]!;
    return this.#ends[id]! - start === key.length && this.text.startsWith(key, start);
  }

  /** Ids of the items of an array, or of the values of an object. */
  items(container: number): number[] {
    const kind = this.#kinds[container];
    const made = this.#made.get(container);
    if (made !== undefined) return [...made.cells.values()];
    const found: number[] = [];
    if (kind === Kind.array) {
      for (let at = container + 1; at < this.#nexts[container]!; at = this.#nexts[at]!) found.push(at);
    } else if (kind === Kind.object) {
      for (let at = container + 1; at < this.#nexts[container]!; at = this.#nexts[at + 1]!) found.push(at + 1);
    }
    return found;
  }

  /** The array or object that directly contains a value; undefined at the top. O(siblings on the way). */
  parent(id: number): number | undefined {
    let at = this.roots.findLast((root) => root <= id);
    while (at !== undefined && at < id) {
      let item: number = at + 1;
      // Keys and values are both rows, and the search does not need to distinguish them.
      while (this.#nexts[item]! <= id) item = this.#nexts[item]!;
      if (item === id) return at;
      at = item;
    }
    return undefined;
  }

  /** Whether another text has the same objects, arrays and keys; other values may differ. */
  hasShapeOf(other: JsonDocument): boolean {
    if (this.#count !== other.#count) return false;
    for (let id = 0; id < this.#count; id++) {
      const isContainer = this.isObject(id) || this.isArray(id);
      if (isContainer !== (other.isObject(id) || other.isArray(id)) || this.#nexts[id] !== other.#nexts[id]) return false;
      if (isContainer && this.#kinds[id] !== other.#kinds[id]) return false;
      if (!this.isObject(id)) continue;
      for (let key = id + 1; key < this.#nexts[id]!; key = this.#nexts[key + 1]!)
        if (this.string(key).text !== other.string(key).text) return false;
    }
    return true;
  }

  /** The text of a string value; of a value of another kind, its characters. */
  string(id: number): DocumentString {
    const start = this.#starts[id]!;
    return new DocumentString(this.text, start, this.#ends[id]!, this.#kinds[id] === Kind.escapedString);
  }

  /** The value of a number, NaN and infinities included. */
  number(id: number): number {
    return Number(this.text.slice(this.#starts[id], this.#ends[id]));
  }

  /** `"0.5", a string`: for messages. */
  describe(id: number): string {
    const kind = this.kind(id);
    if (kind === Kind.object || kind === Kind.array || kind === Kind.null || kind === Kind.invalid) return nameOf(kind);
    const { start, end } = this.span(id);
    const shown = end - start > 40 ? `${this.text.slice(start, start + 40)}…` : this.text.slice(start, end);
    return english('{0}, {1}', shown.replace(/\s+/g, ' '), nameOf(kind));
  }

  /** The keys and indices that lead to a value, e.g. `[2].children[3].mc_value`. O(siblings on the way). */
  path(id: number): string {
    const made = this.#made.get(id);
    if (made !== undefined) return made.name;
    let at = this.roots.findLast((root) => root <= id);
    let path = '';
    while (at !== undefined && at < id) {
      const isArray: boolean = this.isArray(at);
      const width = isArray ? 0 : 1;
      let index = 0;
      let item: number = at + 1 + width;
      for (; this.#nexts[item]! <= id; item = this.#nexts[item]! + width) index++;
      path += isArray ? `[${index}]` : `${path === '' ? '' : '.'}${this.string(item - 1).text}`;
      at = item;
    }
    return path;
  }
}

function doubled<T extends Uint8Array | Int32Array>(column: T, wider: T): T {
  wider.set(column);
  return wider;
}
