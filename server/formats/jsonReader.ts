import { type FaultList, loneSurrogate } from './faults.js';
import { type JsonDocument, Kind } from './jsonDocument.js';
import { escapeLength } from './jsonString.js';

/**
 * Deepest nesting that is read, in arrays and objects. MM-PRM's files come from Python, whose `json.dump` gives up at about
 * 1,000; trees of real runs are some 20 nodes (40 levels) deep.
 */
export const MAX_DEPTH = 2000;

/** What may come next. */
const Expect = { value: 0, key: 1, colon: 2, comma: 3 } as const;
type State = (typeof Expect)[keyof typeof Expect];

/**
 * Reads the JSON values between two offsets into `document`, iteratively. What is broken is reported, closed where it makes
 * sense, and read on. `isLine`: the part is a line of JSON Lines (for the messages).
 */
export class JsonReader {
  readonly #document: JsonDocument;
  readonly #text: string;
  readonly #faults: FaultList;
  readonly #end: number;
  readonly #isLine: boolean;
  #at: number;
  #state: State = Expect.value;
  /** Right behind a comma. */
  #afterComma = false;
  /** Ids of the open containers. */
  readonly #open: number[] = [];

  constructor(document: JsonDocument, faults: FaultList, start: number, end: number, isLine: boolean) {
    this.#document = document;
    this.#text = document.text;
    this.#faults = faults;
    this.#at = start;
    this.#end = end;
    this.#isLine = isLine;
  }

  read(): void {
    while (this.#at < this.#end) {
      const c = this.#text.charCodeAt(this.#at);
      switch (c) {
        case 0x20:
        case 0x0a:
        case 0x0d:
        case 0x09:
          this.#at++;
          break;
        case 0x22:
          this.#prepareValue(true);
          this.#string();
          break;
        case 0x7b:
        case 0x5b:
          this.#prepareContainer();
          this.#openContainer(c === 0x7b);
          break;
        case 0x7d:
        case 0x5d:
          this.#closeContainer(c === 0x7d);
          break;
        case 0x2c:
          this.#comma();
          break;
        case 0x3a:
          if (this.#state === Expect.colon) this.#state = Expect.value;
          else this.#malformed(1, () => 'Unexpected ":"; a colon stands only between a key and its value.');
          this.#at++;
          break;
        default:
          this.#word();
      }
    }
    this.#finish();
  }

  get #container(): number | undefined {
    return this.#open[this.#open.length - 1];
  }

  #inObject(): boolean {
    const container = this.#container;
    return container !== undefined && this.#document.isObject(container);
  }

  #malformed(length: number, message: () => string): void {
    this.#faults.add('malformed-json', { start: this.#at, end: Math.min(this.#at + length, this.#end) }, message);
  }

  /** Makes the state fit a value (or a key, where one may stand) about to be read. */
  #prepareValue(mayBeKey: boolean): void {
    if (this.#state === Expect.comma) {
      this.#malformed(1, () => 'A comma is missing before this value.');
      this.#state = this.#inObject() ? Expect.key : Expect.value;
    } else if (this.#state === Expect.colon) {
      this.#malformed(1, () => 'A colon is missing between the key and this value.');
      this.#state = Expect.value;
    }
    if (this.#state === Expect.key && !mayBeKey) {
      this.#document.push(Kind.string, this.#at, this.#at);
      this.#state = Expect.value;
    }
    this.#afterComma = false;
  }

  /** An object or array where a key belongs: the object it stands in was not closed. */
  #prepareContainer(): void {
    const outer = this.#open[this.#open.length - 2];
    if (
      this.#inObject() &&
      (this.#state === Expect.key || this.#state === Expect.comma) &&
      (outer === undefined || this.#document.isArray(outer))
    ) {
      this.#malformed(1, () => 'A "}" is missing before this: the object before it is not closed.');
      this.#closeTop(this.#at);
      this.#state = Expect.value;
    }
    this.#prepareValue(false);
  }

  #added(id: number): void {
    if (this.#open.length === 0) this.#document.roots.push(id);
  }

  #openContainer(isObject: boolean): void {
    const start = this.#at;
    if (this.#open.length >= MAX_DEPTH) {
      this.#skipValue();
      this.#faults.add(
        'nested-too-deep',
        { start, end: start + 1 },
        () =>
          `Arrays and objects are nested deeper than ${MAX_DEPTH.toLocaleString('en')} levels here; this value was left out. Flatten it, or write one record for each path.`,
      );
      this.#added(this.#document.push(Kind.invalid, start, this.#at));
      this.#valueRead();
      return;
    }
    const id = this.#document.push(isObject ? Kind.object : Kind.array, start, this.#end);
    this.#added(id);
    this.#open.push(id);
    this.#state = isObject ? Expect.key : Expect.value;
    this.#at++;
  }

  /** Passes over a bracketed value without remembering its content. */
  #skipValue(): void {
    let depth = 0;
    for (; this.#at < this.#end; this.#at++) {
      const c = this.#text.charCodeAt(this.#at);
      if (c === 0x22) {
        for (this.#at++; this.#at < this.#end; this.#at++) {
          const inside = this.#text.charCodeAt(this.#at);
          if (inside === 0x5c) this.#at++;
          else if (inside === 0x22) break;
        }
      } else if (c === 0x7b || c === 0x5b) depth++;
      else if ((c === 0x7d || c === 0x5d) && --depth === 0) {
        this.#at++;
        return;
      }
    }
    this.#at = this.#end;
  }

  #valueRead(): void {
    this.#state = this.#open.length === 0 ? Expect.value : Expect.comma;
    this.#afterComma = false;
  }

  #closeTop(end: number): void {
    if (this.#inObject() && (this.#state === Expect.colon || this.#state === Expect.value)) this.#document.push(Kind.invalid, end, end);
    this.#document.close(this.#open.pop()!, end);
    this.#valueRead();
  }

  #closeContainer(isObject: boolean): void {
    const bracket = isObject ? '}' : ']';
    const match = this.#open.findLastIndex((id) => this.#document.isObject(id) === isObject);
    if (match < 0) {
      this.#malformed(1, () => `Unexpected "${bracket}"; nothing is open that it could close. Remove it.`);
      this.#at++;
      return;
    }
    if (match < this.#open.length - 1) {
      this.#malformed(1, () => `"${isObject ? ']' : '}'}" is missing before this "${bracket}".`);
      while (match < this.#open.length - 1) this.#closeTop(this.#at);
    } else if (this.#afterComma) {
      this.#malformed(1, () => `A comma stands before this "${bracket}"; remove it.`);
    } else if (isObject && (this.#state === Expect.colon || this.#state === Expect.value)) {
      this.#malformed(1, () => 'The last key has no value.');
    }
    this.#at++;
    this.#closeTop(this.#at);
  }

  #comma(): void {
    if (this.#state === Expect.comma) {
      this.#state = this.#inObject() ? Expect.key : Expect.value;
    } else {
      this.#malformed(1, () =>
        this.#open.length === 0
          ? 'A comma stands between two records; put the records into an array, or one on each line without commas.'
          : 'A value is missing before this comma.',
      );
      if (this.#inObject() && this.#state !== Expect.key) {
        this.#document.push(Kind.invalid, this.#at, this.#at);
        this.#state = Expect.key;
      }
    }
    this.#afterComma = this.#open.length > 0;
    this.#at++;
  }

  /** A key or string value; `at` is on its opening quote. */
  #string(): void {
    const text = this.#text;
    const end = this.#end;
    const start = this.#at + 1;
    let isEscaped = false;
    let isClosed = false;
    /** A high surrogate that waits for its low one, and where that must stand. */
    let high = -1;
    let highEnd = -1;
    let i = start;
    while (i < end) {
      const c = text.charCodeAt(i);
      if (c === 0x22) {
        isClosed = true;
        break;
      }
      if (c > 0x5c && c < 0xd800) {
        i++;
      } else if (c === 0x5c) {
        isEscaped = true;
        const length = escapeLength(text, i, end);
        if (length === 6) {
          const unit = parseInt(text.slice(i + 2, i + 6), 16);
          if (unit >= 0xd800 && unit <= 0xdfff) [high, highEnd] = this.#surrogate(unit, i, 6, high, highEnd);
        } else if (length === 1 && i + (text.charCodeAt(i + 1) === 0x75 ? 6 : 2) <= end) {
          this.#faults.add(
            'malformed-json',
            { start: i, end: i + 2 },
            () => `"${text.slice(i, i + 2)}" is no JSON escape; write a backslash as "\\\\".`,
          );
        }
        i += length;
      } else if (c < 0x20) {
        if ((c === 0x0a || c === 0x0d) && this.#endsAtLineBreak(i)) break;
        this.#faults.add(
          'malformed-json',
          { start: i, end: i + 1 },
          () =>
            `A string holds a raw ${c === 0x0a || c === 0x0d ? 'line break' : c === 0x09 ? 'tab' : 'control character'}; write it as "${c === 0x0a ? '\\n' : c === 0x0d ? '\\r' : c === 0x09 ? '\\t' : `\\u${c.toString(16).padStart(4, '0')}`}".`,
        );
        i++;
      } else {
        if (c >= 0xd800 && c <= 0xdfff) [high, highEnd] = this.#surrogate(c, i, 1, high, highEnd);
        i++;
      }
    }
    if (high >= 0) loneSurrogate(this.#faults, high, highEnd - high);
    if (!isClosed && i < end) {
      this.#faults.add('malformed-json', { start: this.#at, end: i }, () => 'This string is not closed; put a quotation mark at its end.');
    }
    const isKey = this.#state === Expect.key;
    const id = this.#document.push(isEscaped ? Kind.escapedString : Kind.string, start, i);
    this.#at = isClosed ? i + 1 : i;
    if (isKey) this.#state = Expect.colon;
    else {
      this.#added(id);
      this.#valueRead();
    }
  }

  /** Whether the string ends at a raw line break: what follows is the rest of a JSON text rather than of a sentence. */
  #endsAtLineBreak(at: number): boolean {
    let i = at;
    while (i < this.#end && this.#text.charCodeAt(i) <= 0x20) i++;
    return '"}],{['.includes(this.#text[i] ?? '"');
  }

  #surrogate(unit: number, at: number, length: number, high: number, highEnd: number): [number, number] {
    if (unit >= 0xdc00) {
      if (high >= 0 && highEnd === at) return [-1, -1];
      loneSurrogate(this.#faults, at, length);
      return [high, highEnd];
    }
    if (high >= 0) loneSurrogate(this.#faults, high, highEnd - high);
    return [at, at + length];
  }

  /** A number, `true`, `false`, `null`, or something that is none of them. */
  #word(): void {
    const start = this.#at;
    let end = start + 1;
    while (end < this.#end && !isDelimiter(this.#text.charCodeAt(end))) end++;
    const word = this.#text.slice(start, end);
    // A number or word at the very end of an unfinished text may have lost its tail.
    const isCut = end === this.#end && this.#open.length > 0;
    const kind = isCut ? Kind.invalid : wordKind(word);
    if (this.#open.length === 0 && kind === Kind.invalid) {
      this.#malformed(end - start, () => `${shorten(word)} stands outside of every record; remove it.`);
      this.#at = end;
      return;
    }
    this.#prepareValue(true);
    if (this.#state === Expect.key) {
      this.#malformed(end - start, () => `The key ${shorten(word)} has no quotation marks; write "${shorten(word)}".`);
      this.#document.push(Kind.string, start, end);
      this.#state = Expect.colon;
    } else {
      if (kind === Kind.invalid && !isCut) {
        this.#malformed(
          end - start,
          () => `${shorten(word)} is no JSON value; write null, true, false, a number or a string in double quotes.`,
        );
      }
      this.#added(this.#document.push(kind, start, end));
      this.#valueRead();
    }
    this.#at = end;
  }

  #finish(): void {
    if (this.#open.length === 0) return;
    const count = this.#open.length;
    const first = this.#open[0]!;
    const { start } = this.#document.span(first);
    this.#faults.add('truncated-json', { start: Math.max(start, this.#end - 1), end: this.#end }, () => {
      const open = count === 1 ? 'one bracket is' : `${count} brackets are`;
      return this.#isLine
        ? `This line ends while ${open} still open; its record was read up to here. Write the record again, on one line.`
        : `The file ends while ${open} still open; everything before was read. It was probably cut while it was written: write it again.`;
    });
    while (this.#open.length > 0) this.#closeTop(this.#end);
  }
}

function isDelimiter(c: number): boolean {
  return c <= 0x20 || c === 0x2c || c === 0x3a || c === 0x22 || c === 0x5b || c === 0x5d || c === 0x7b || c === 0x7d;
}

function wordKind(word: string): Kind {
  switch (word) {
    case 'true':
      return Kind.true;
    case 'false':
      return Kind.false;
    case 'null':
      return Kind.null;
    case 'NaN':
    case 'Infinity':
    case '-Infinity':
      return Kind.number;
    default:
      return /^[+-]?[\d.]/.test(word) && !Number.isNaN(Number(word)) ? Kind.number : Kind.invalid;
  }
}

function shorten(word: string): string {
  return word.length > 40 ? `${word.slice(0, 40)}…` : word;
}
