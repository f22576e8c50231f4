// Over 400 lines: one state machine over one text, whose states share position, stack and faults.
import { english } from '../l10n.js';
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
 * Reads the JSON values between two offsets into `document`, iteratively. Comments, single quotes and the words of Python are
 * accepted. Everything else that is broken is reported, and reading continues after it. `isLine`: the part is a line of JSON
 * Lines (for the messages).
 */
export class JsonReader {
  readonly #document: JsonDocument;
  readonly #text: string;
  readonly #faults: FaultList;
  readonly #end: number;
  readonly #isLine: boolean;
  #at: number;
  #state: State = Expect.value;
  /** The last token was a comma. */
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
        case 0x1e: // separates the records of a JSON text sequence (RFC 7464)
        case 0xa0:
        case 0x2028:
        case 0x2029:
        case 0xfeff:
          this.#at++;
          break;
        case 0x22:
          this.#prepareValue(true);
          this.#string(0x22);
          break;
        case 0x27:
          this.#singleQuote();
          break;
        case 0x2f:
          this.#comment();
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
          else this.#malformed(1, () => english('Unexpected ":"; JSON allows a colon only between a key and its value.'));
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

  /** Reports a deviation from JSON that loses nothing, once per file. */
  #loose(kind: string, start: number, end: number, message: string): void {
    this.#faults.addRepeated('loose-json', kind, { start, end }, (count) => withPlaces(message, count));
  }

  /** Skips `// ..` to the end of the line, or a slash-star comment. An unclosed comment hides the rest of the text. */
  #comment(): void {
    const next = this.#text.charCodeAt(this.#at + 1);
    if (next === 0x2f) {
      while (this.#at < this.#end && !isLineBreak(this.#text.charCodeAt(this.#at))) this.#at++;
    } else if (next === 0x2a) {
      const close = this.#text.indexOf('*/', this.#at + 2);
      if (close < 0 || close >= this.#end) {
        this.#malformed(2, () => english('This comment is not closed; write "*/" at its end.'));
        this.#at = this.#end;
      } else this.#at = close + 2;
    } else this.#word();
  }

  /** Reads a string as Python prints it. Outside of all records, a single quote is an apostrophe. */
  #singleQuote(): void {
    if (this.#open.length === 0) return this.#word();
    this.#loose(
      'python',
      this.#at,
      this.#at + 1,
      english('The file uses single quotes, as Python prints them, and not JSON; it was read. Write it with json.dumps.'),
    );
    this.#prepareValue(true);
    this.#string(0x27);
  }

  /** Prepares the state for a value (or a key, where one is allowed). */
  #prepareValue(mayBeKey: boolean): void {
    if (this.#state === Expect.comma) {
      this.#malformed(1, () => english('A comma is missing before this value.'));
      this.#state = this.#inObject() ? Expect.key : Expect.value;
    } else if (this.#state === Expect.colon) {
      this.#malformed(1, () => english('A colon is missing between the key and this value.'));
      this.#state = Expect.value;
    }
    if (this.#state === Expect.key && !mayBeKey) {
      this.#document.push(Kind.string, this.#at, this.#at);
      this.#state = Expect.value;
    }
    this.#afterComma = false;
  }

  /** An object or array in the place of a key means that the object around it was not closed. */
  #prepareContainer(): void {
    const outer = this.#open[this.#open.length - 2];
    if (
      this.#inObject() &&
      (this.#state === Expect.key || this.#state === Expect.comma) &&
      (outer === undefined || this.#document.isArray(outer))
    ) {
      this.#malformed(1, () => english('A "}" is missing before this: the object before it is not closed.'));
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
      this.#faults.add('nested-too-deep', { start, end: start + 1 }, () =>
        english(
          'Arrays and objects are nested deeper than {0} levels here; this value was skipped. Flatten it, or write one record for each path.',
          MAX_DEPTH.toLocaleString('en'),
        ),
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

  /** Skips a bracketed value. */
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
      this.#malformed(1, () => english('Unexpected "{0}"; there is no open bracket for it. Remove it.', bracket));
      this.#at++;
      return;
    }
    if (match < this.#open.length - 1) {
      this.#malformed(1, () => english('"{0}" is missing before this "{1}".', isObject ? ']' : '}', bracket));
      while (match < this.#open.length - 1) this.#closeTop(this.#at);
    } else if (this.#afterComma) {
      this.#loose(
        'comma',
        this.#at - 1,
        this.#at + 1,
        english('JSON allows no comma before "{0}"; remove it. The file was read.', bracket),
      );
    } else if (isObject && (this.#state === Expect.colon || this.#state === Expect.value)) {
      this.#malformed(1, () => english('The last key has no value.'));
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
          ? english('There is a comma between two records; put the records into an array, or write one on each line without commas.')
          : english('A value is missing before this comma.'),
      );
      if (this.#inObject() && this.#state !== Expect.key) {
        this.#document.push(Kind.invalid, this.#at, this.#at);
        this.#state = Expect.key;
      }
    }
    this.#afterComma = this.#open.length > 0;
    this.#at++;
  }

  /** A key or string value; `at` is on its opening quote, whose code is `quote`. */
  #string(quote: number): void {
    const text = this.#text;
    const end = this.#end;
    const start = this.#at + 1;
    let isEscaped = false;
    let isClosed = false;
    /** A high surrogate that has no low one yet, and the offset at which the low one must follow. */
    let high = -1;
    let highEnd = -1;
    let i = start;
    while (i < end) {
      const c = text.charCodeAt(i);
      if (c === quote) {
        isClosed = true;
        break;
      }
      if (c > 0x5c && c < 0xd800) {
        i++;
      } else if (c === 0x5c) {
        isEscaped = true;
        const length = escapeLength(text, i, end, quote === 0x27);
        if (length === 6) {
          const unit = parseInt(text.slice(i + 2, i + 6), 16);
          if (unit >= 0xd800 && unit <= 0xdfff) [high, highEnd] = this.#surrogate(unit, i, 6, high, highEnd);
        } else if (length === 1 && i + (text.charCodeAt(i + 1) === 0x75 ? 6 : 2) <= end) {
          const escape = text.slice(i, i + 2);
          this.#faults.addRepeated('malformed-json', 'escape', { start: i, end: i + 2 }, (count) =>
            withPlaces(english('"{0}" is not a JSON escape; write a backslash as "\\\\".', escape), count),
          );
        }
        i += length;
      } else if (c < 0x20) {
        if ((c === 0x0a || c === 0x0d) && this.#endsAtLineBreak(i)) break;
        this.#rawControl(c, i);
        i++;
      } else {
        if (c >= 0xd800 && c <= 0xdfff) [high, highEnd] = this.#surrogate(c, i, 1, high, highEnd);
        i++;
      }
    }
    if (high >= 0) loneSurrogate(this.#faults, high, highEnd - high);
    if (!isClosed && i < end) {
      this.#faults.add('malformed-json', { start: this.#at, end: i }, () =>
        english('This string is not closed; put a quotation mark at its end.'),
      );
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

  #rawControl(c: number, at: number): void {
    const name = isLineBreak(c) ? english('line break') : c === 0x09 ? english('tab') : english('control character');
    const written = c === 0x0a ? '\\n' : c === 0x0d ? '\\r' : c === 0x09 ? '\\t' : `\\u${c.toString(16).padStart(4, '0')}`;
    this.#faults.addRepeated('malformed-json', name, { start: at, end: at + 1 }, (count) =>
      withPlaces(english('A string contains a raw {0}; write it as "{1}".', name, written), count),
    );
  }

  /** Whether the string ends at a raw line break, because JSON and not the rest of a sentence follows. */
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

  /** Reads a number, `true`, `false`, `null` (also as Python writes them), or something else. */
  #word(): void {
    const start = this.#at;
    let end = start + 1;
    while (end < this.#end && !isDelimiter(this.#text.charCodeAt(end))) end++;
    const word = this.#text.slice(start, end);
    // A number or word at the very end of an unfinished text may have lost its tail.
    const isCut = end === this.#end && this.#open.length > 0;
    const kind = isCut ? Kind.invalid : wordKind(word);
    if (this.#open.length === 0 && kind === Kind.invalid) {
      this.#at = this.#isLine ? this.#end : end;
      this.#faults.addRepeated(
        this.#isLine ? 'not-json' : 'malformed-json',
        this.#isLine ? 'line' : 'outside',
        { start, end: this.#at },
        (count) =>
          this.#isLine ? notJson(count) : withPlaces(english('{0} is outside of every record; remove it.', shorten(word)), count),
      );
      return;
    }
    if (PYTHON_WORDS.has(word) && this.#state !== Expect.key) {
      this.#loose(
        'python',
        start,
        end,
        english('{0} is a word of Python and not of JSON; it was read. Write the file with json.dumps.', word),
      );
    }
    this.#prepareValue(true);
    if (this.#state === Expect.key) {
      this.#loose(
        'key',
        start,
        end,
        english('The key {0} has no quotation marks; write "{1}". The file was read.', shorten(word), shorten(word)),
      );
      this.#document.push(Kind.string, start, end);
      this.#state = Expect.colon;
    } else {
      if (kind === Kind.invalid && !isCut) {
        this.#malformed(end - start, () =>
          english('{0} is not a JSON value; write null, true, false, a number or a string in double quotes.', shorten(word)),
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
      const open = count === 1 ? english('one open bracket') : english('{0} open brackets', count);
      return this.#isLine
        ? english('This line ends with {0}; its record was read up to here. Write the record again, on one line.', open)
        : english(
            'The file ends with {0}; everything before was read. It was probably cut off while it was written: write it again.',
            open,
          );
    });
    while (this.#open.length > 0) this.#closeTop(this.#end);
  }
}

/** The message of a fault that is reported at its first place only, with the number of places. */
function withPlaces(message: string, count: number): string {
  return count === 1 ? message : english('{0} This is the first of {1} places.', message, count.toLocaleString('en'));
}

/** Lines that are not JSON, reported at the first one. */
function notJson(count: number): string {
  if (count === 1) return english('This line is not JSON; skipped. Remove it.');
  return count === 2
    ? english('This and another line are not JSON; skipped. Remove them.')
    : english('This and {0} other lines are not JSON; skipped. Remove them.', count - 1);
}

function isLineBreak(c: number): boolean {
  return c === 0x0a || c === 0x0d;
}

const PYTHON_WORDS: ReadonlySet<string> = new Set(['True', 'False', 'None']);

function isDelimiter(c: number): boolean {
  return c <= 0x20 || c === 0x2c || c === 0x3a || c === 0x22 || c === 0x5b || c === 0x5d || c === 0x7b || c === 0x7d;
}

function wordKind(word: string): Kind {
  switch (word) {
    case 'true':
    case 'True':
      return Kind.true;
    case 'false':
    case 'False':
      return Kind.false;
    case 'null':
    case 'None':
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
