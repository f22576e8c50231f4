import { english } from '../l10n.js';
import type { ExpectedValue } from '../reasoning/problem.js';
import type { Span } from '../reasoning/span.js';
import type { FaultList } from './faults.js';
import { type JsonDocument, Kind } from './jsonDocument.js';
import type { DocumentString } from './jsonString.js';

/**
 * Reads the keys of JSON records as a format expects them. An absent key, `null` and NaN count as missing. A value of
 * another type counts as missing too, and is a fault that names the key's path.
 */
export class RecordReader {
  /** The number of PRM scores read, and the ids of those outside [0, 1], which `withoutForeignScores` judges. */
  readonly scores: { total: number; readonly outside: number[] } = { total: 0, outside: [] };

  constructor(
    readonly json: JsonDocument,
    readonly faults: FaultList,
  ) {}

  /** The id of a key's value; undefined when it is absent, `null` or unreadable (already reported). */
  value(object: number, key: string): number | undefined {
    const id = this.json.get(object, key);
    return id === undefined || this.#isMissing(id) ? undefined : id;
  }

  #isMissing(id: number): boolean {
    const kind = this.json.kind(id);
    return kind === Kind.null || kind === Kind.invalid;
  }

  /** Reports a value of the wrong type. An unreadable value is not reported again. */
  wrongType(id: number, expected: string, kind?: ExpectedValue): void {
    if (this.json.kind(id) === Kind.invalid) return;
    const message = (): string => english('{0} is {1}; {2} was expected.', this.#name(id), this.json.describe(id), expected);
    this.faults.add('wrong-type', this.json.span(id), message, kind);
  }

  /** Reports a wrong number of items. A cut-off list is not compared: it is already reported as cut off. */
  countMismatch(span: Span, message: () => string): void {
    if (this.json.text[span.start] === '[' && this.json.text[span.end - 1] !== ']') return;
    this.faults.add('count-mismatch', span, message);
  }

  /** Reports a missing key. A cut-off object is reported as cut off, not for its missing keys. */
  missingKey(object: number, key: string): void {
    if (!this.json.isClosed(object)) return;
    this.faults.add('missing-key', this.json.head(object), () => english('{0} has no "{1}"; add it.', this.#name(object), key));
  }

  /** The path of a value, for messages. */
  #name(id: number): string {
    const path = this.json.path(id);
    return path === '' ? english('The record') : path.length > 100 ? `…${path.slice(-99)}` : path;
  }

  string(object: number, key: string): DocumentString | undefined {
    const id = this.value(object, key);
    return id === undefined ? undefined : this.stringAt(id);
  }

  stringAt(id: number): DocumentString | undefined {
    if (this.json.isString(id)) return this.json.string(id);
    if (!this.#isMissing(id)) this.wrongType(id, english('a string'));
    return undefined;
  }

  #numberAt(id: number): number | undefined {
    if (this.json.kind(id) !== Kind.number) {
      if (!this.#isMissing(id)) this.wrongType(id, english('a number'), 'number');
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
    return this.#numberWithin(id, (value) => value >= 0 && value <= 1, english('a number in [0, 1]'));
  }

  /** A whole number, 0 or more. */
  count(object: number, key: string): number | undefined {
    const id = this.value(object, key);
    return id === undefined
      ? undefined
      : this.#numberWithin(id, (value) => Number.isInteger(value) && value >= 0, english('a whole number, 0 or more,'));
  }

  #numberWithin(id: number, fits: (value: number) => boolean, expected: string): number | undefined {
    const value = this.#numberAt(id);
    if (value === undefined || fits(value)) return value;
    this.outOfRange(id, expected);
    return undefined;
  }

  outOfRange(id: number, expected: string): void {
    this.faults.add('out-of-range', this.json.span(id), () =>
      english('{0} is {1}; {2} was expected.', this.#name(id), this.json.number(id), expected),
    );
  }

  /** A PRM's score. A score outside [0, 1] is undefined and is added to `scores`. */
  scoreAt(id: number): number | undefined {
    const value = this.#numberAt(id);
    if (value === undefined) return undefined;
    this.scores.total++;
    if (value >= 0 && value <= 1) return value;
    this.scores.outside.push(id);
    return undefined;
  }

  /** A whole number in [low, high]; anything else is reported and undefined. */
  wholeNumberAt(id: number, low: number, high: number): number | undefined {
    return this.#numberWithin(
      id,
      (value) => Number.isInteger(value) && value >= low && value <= high,
      english('a whole number from {0} to {1}', low, high),
    );
  }

  /** The text of a key that may be a string or a number; undefined when it is absent or empty. */
  text(object: number, key: string): string | undefined {
    const id = this.value(object, key);
    if (id === undefined) return undefined;
    const { text } = this.json.kind(id) === Kind.number ? this.json.string(id) : (this.stringAt(id) ?? { text: '' });
    return text === '' ? undefined : text;
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
    if (!this.#isMissing(id) && !Number.isNaN(value)) this.wrongType(id, english('1 or 0 (true or false)'), 'boolean');
    return undefined;
  }

  /** Ids of an array's items; undefined when the key is missing or not an array. */
  list(object: number, key: string): number[] | undefined {
    const id = this.value(object, key);
    return id === undefined ? undefined : this.listAt(id);
  }

  listAt(id: number): number[] | undefined {
    if (this.json.isArray(id)) return this.json.items(id);
    if (!this.#isMissing(id)) this.wrongType(id, english('an array'));
    return undefined;
  }

  /** The strings of an array; items of another type are reported and undefined. A lone string is reported and taken as one item. */
  stringsAt(id: number): (DocumentString | undefined)[] | undefined {
    if (this.json.isString(id)) {
      this.wrongType(id, english('an array of strings'));
      return [this.json.string(id)];
    }
    return this.listAt(id)?.map((item) => this.stringAt(item));
  }
}
