import { english } from '../l10n.js';
import type { ExpectedValue, Fault } from '../reasoning/problem.js';
import type { Span } from '../reasoning/span.js';

/** Every fault that a reader can find in a file. `explanation` is the first sentence of its entry in docs/diagnostics.md. */
export const FAULTS = {
  'empty-file': { severity: 'warning', explanation: 'The file is empty or has no record, so there is nothing to score.' },
  'too-large': {
    severity: 'warning',
    explanation: 'The text is longer than the limit of the editor; the part before the limit was read.',
  },
  'truncated-json': {
    severity: 'error',
    explanation: 'The JSON ends before every bracket is closed, as after an interrupted write; everything before the end was read.',
  },
  'malformed-json': { severity: 'error', explanation: 'A character is not allowed by JSON at this place; the rest of the file was read.' },
  'loose-json': {
    severity: 'warning',
    explanation:
      'The file is close to JSON but not JSON (single quotes, True and None of Python, a trailing comma); it was read, but other programs reject it.',
  },
  'not-json': {
    severity: 'warning',
    explanation: 'A line of a JSON Lines file is not JSON, such as output of a program that was mixed in; the line was skipped.',
  },
  encoding: {
    severity: 'warning',
    explanation: 'Bytes of the file are not text in the encoding that it was read with, so characters are missing or wrong.',
  },
  'nested-too-deep': {
    severity: 'error',
    explanation: 'Arrays and objects are nested deeper than 2,000 levels; the value at that place was left out.',
  },
  'lone-surrogate': {
    severity: 'warning',
    explanation: 'Half of a surrogate pair is not a character: models see a replacement character there.',
  },
  'wrong-type': {
    severity: 'warning',
    explanation:
      'A value has another type than its format requires (such as a string for a number); the value was skipped, the rest was read.',
  },
  'out-of-range': {
    severity: 'warning',
    explanation: 'A number is outside the range of its key, such as a step value outside [0, 1]; it was skipped.',
  },
  'scores-not-in-range': {
    severity: 'warning',
    explanation:
      'The recorded PRM scores of the file are not probabilities (they look like logits or rewards), so none of them is used as a step value.',
  },
  'invalid-mapping': { severity: 'warning', explanation: 'The steplens.json beside the file cannot be read, so the file is not mapped.' },
  'missing-key': { severity: 'warning', explanation: 'A record does not have a key that its format requires.' },
  'unknown-record': {
    severity: 'warning',
    explanation: "A record has none of the keys of the file's format; it was skipped.",
  },
  'count-mismatch': {
    severity: 'warning',
    explanation:
      'Two lists that belong together, such as labels and `<prm>` markers, have different lengths; what can be paired from the front was paired.',
  },
  'empty-step': { severity: 'warning', explanation: 'A step has no text, so it is not scored.' },
  'no-steps': { severity: 'warning', explanation: 'A problem or solution has no steps, so there is nothing to score in it.' },
  'unclosed-block': {
    severity: 'warning',
    explanation:
      'A code fence, display formula or `<step>` is never closed; its opening was read as ordinary text (a `<step>` ends where the next one begins).',
  },
} as const satisfies Record<string, { severity: Fault['severity']; explanation: string }>;

export type FaultCode = keyof typeof FAULTS;

/** How many faults of one code are listed individually; further ones are only counted. */
export const FAULTS_PER_CODE = 100;

/** A fault that is reported at its first place only, with the number of places. */
interface RepeatedFault {
  readonly code: FaultCode;
  readonly span: Span;
  readonly message: (count: number) => string;
  count: number;
}

/** Collects the faults of one document, so that a file with the same fault everywhere still gives a short list. */
export class FaultList {
  readonly #faults: Fault[] = [];
  readonly #counts = new Map<FaultCode, number>();
  readonly #firstOmitted = new Map<FaultCode, Span>();
  readonly #repeated = new Map<string, RepeatedFault>();

  /** Number of faults added so far, repeated ones included. */
  get size(): number {
    let size = 0;
    for (const count of this.#counts.values()) size += count;
    return size;
  }

  /** `message` gives cause and remedy; called only for a kept fault. `expected`: the right value, for a quick fix. */
  add(code: FaultCode, span: Span, message: () => string, expected?: ExpectedValue): void {
    const count = this.#count(code);
    if (count <= FAULTS_PER_CODE)
      this.#faults.push({ code, severity: FAULTS[code].severity, message: message(), span, ...(expected !== undefined && { expected }) });
    else if (count === FAULTS_PER_CODE + 1) this.#firstOmitted.set(code, span);
  }

  /** Reports once, at its first place, a fault of many places. `kind` identifies it; `message` gets their number. */
  addRepeated(code: FaultCode, kind: string, span: Span, message: (count: number) => string): void {
    this.#count(code);
    const known = this.#repeated.get(kind);
    if (known === undefined) this.#repeated.set(kind, { code, span, message, count: 1 });
    else known.count++;
  }

  #count(code: FaultCode): number {
    const count = (this.#counts.get(code) ?? 0) + 1;
    this.#counts.set(code, count);
    return count;
  }

  has(code: FaultCode): boolean {
    return this.#counts.has(code);
  }

  /** All faults in document order, and one at the first omitted place of every code that has too many. */
  list(): Fault[] {
    const more = [...this.#firstOmitted].map(
      ([code, span]): Fault => ({
        code,
        severity: FAULTS[code].severity,
        message: english(
          '{0} more faults of this kind follow; fix these first, then check again.',
          this.#counts.get(code)! - FAULTS_PER_CODE,
        ),
        span,
      }),
    );
    const repeated = [...this.#repeated.values()].map(
      ({ code, span, message, count }): Fault => ({ code, severity: FAULTS[code].severity, message: message(count), span }),
    );
    return [...this.#faults, ...repeated, ...more].sort((a, b) => a.span.start - b.span.start);
  }
}

/** Reports a lone half of a surrogate pair, written as one character or as a six-character escape. */
export function loneSurrogate(faults: FaultList, at: number, length: number): void {
  faults.add('lone-surrogate', { start: at, end: at + length }, () =>
    english('This is half of a surrogate pair and not a character; write the whole character, or remove it.'),
  );
}
