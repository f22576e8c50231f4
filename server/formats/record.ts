import type { Span } from '../reasoning/span.js';
import type { FaultList } from './faults.js';
import { type JsonDocument, Kind } from './jsonDocument.js';
import type { DocumentString } from './jsonString.js';

/**
 * Reads the keys of JSON records as a format expects them. An absent key, `null` and NaN are simply missing; another type is
 * a fault that names the key's path, and missing too.
 */
export class RecordReader {
  constructor(
    readonly json: JsonDocument,
    readonly faults: FaultList,
  ) {}

  /** The id of a key's value; undefined when it is absent, `null` or unreadable (which is reported already). */
  value(object: number, key: string): number | undefined {
    const id = this.json.get(object, key);
    return id === undefined || this.#isMissing(id) ? undefined : id;
  }

  #isMissing(id: number): boolean {
    const kind = this.json.kind(id);
    return kind === Kind.null || kind === Kind.invalid;
  }

  /** An unreadable value is not reported again. */
  wrongType(id: number, expected: string): void {
    if (this.json.kind(id) === Kind.invalid) return;
    this.faults.add('wrong-type', this.json.span(id), () => `${this.#name(id)} is ${this.json.describe(id)}; ${expected} was expected.`);
  }

  /** Of a list that was cut off no length is expected: that is reported already. */
  countMismatch(span: Span, message: () => string): void {
    if (this.json.text[span.start] === '[' && this.json.text[span.end - 1] !== ']') return;
    this.faults.add('count-mismatch', span, message);
  }

  /** Of an object that was cut off nothing is missed: that is reported already. */
  missingKey(object: number, key: string): void {
    const { start, end } = this.json.span(object);
    if (this.json.text[end - 1] !== '}') return;
    this.faults.add('missing-key', { start, end: start + 1 }, () => `${this.#name(object)} has no "${key}"; add it.`);
  }

  /** Where a value stands, for messages. */
  #name(id: number): string {
    const path = this.json.path(id);
    return path === '' ? 'The record' : path.length > 100 ? `…${path.slice(-99)}` : path;
  }

  string(object: number, key: string): DocumentString | undefined {
    const id = this.value(object, key);
    return id === undefined ? undefined : this.stringAt(id);
  }

  stringAt(id: number): DocumentString | undefined {
    if (this.json.isString(id)) return this.json.string(id);
    if (!this.#isMissing(id)) this.wrongType(id, 'a string');
    return undefined;
  }

  #numberAt(id: number): number | undefined {
    if (this.json.kind(id) !== Kind.number) {
      if (!this.#isMissing(id)) this.wrongType(id, 'a number');
      return undefined;
    }
    const value = this.json.number(id);
    return Number.isNaN(value) ? undefined : value;
  }

  /** A number in [0, 1]. */
  share(object: number, key: string): number | undefined {
    const id = this.value(object, key);
    return id === undefined ? undefined : this.shareAt(id);
  }

  shareAt(id: number): number | undefined {
    return this.#numberWithin(id, (value) => value >= 0 && value <= 1, 'a number in [0, 1]');
  }

  /** A whole number, 0 or more. */
  count(object: number, key: string): number | undefined {
    const id = this.value(object, key);
    return id === undefined
      ? undefined
      : this.#numberWithin(id, (value) => Number.isInteger(value) && value >= 0, 'a whole number, 0 or more,');
  }

  #numberWithin(id: number, fits: (value: number) => boolean, expected: string): number | undefined {
    const value = this.#numberAt(id);
    if (value === undefined || fits(value)) return value;
    this.faults.add('out-of-range', this.json.span(id), () => `${this.#name(id)} is ${value}; ${expected} was expected.`);
    return undefined;
  }

  boolean(object: number, key: string): boolean | undefined {
    const id = this.value(object, key);
    return id === undefined ? undefined : this.verdictAt(id);
  }

  /** true or false, also as 1 or 0. */
  verdictAt(id: number): boolean | undefined {
    const kind = this.json.kind(id);
    if (kind === Kind.true || kind === Kind.false) return kind === Kind.true;
    const value = kind === Kind.number ? this.json.number(id) : undefined;
    if (value === 0 || value === 1) return value === 1;
    if (!this.#isMissing(id) && !Number.isNaN(value)) this.wrongType(id, '1 or 0 (true or false)');
    return undefined;
  }

  /** Ids of an array's items; undefined when the key is missing or no array. */
  list(object: number, key: string): number[] | undefined {
    const id = this.value(object, key);
    return id === undefined ? undefined : this.listAt(id);
  }

  listAt(id: number): number[] | undefined {
    if (this.json.isArray(id)) return this.json.items(id);
    if (!this.#isMissing(id)) this.wrongType(id, 'an array');
    return undefined;
  }

  /** The strings of an array; items of another type are reported and undefined. A lone string is reported and taken as one item. */
  stringsAt(id: number): (DocumentString | undefined)[] | undefined {
    if (this.json.isString(id)) {
      this.wrongType(id, 'an array of strings');
      return [this.json.string(id)];
    }
    return this.listAt(id)?.map((item) => this.stringAt(item));
  }
}
