import type { Fault } from '../reasoning/problem.js';
import type { Span } from '../reasoning/span.js';

/** Everything a reader can find wrong with a file: what the code means, for docs/diagnostics.md. One line each. */
export const FAULTS = {
  'empty-file': { severity: 'warning', explanation: 'The file holds nothing, or no record, so there is nothing to score.' },
  'too-large': {
    severity: 'warning',
    explanation: 'The text is longer than the reader was told to read; the part before the limit was read.',
  },
  'truncated-json': {
    severity: 'error',
    explanation:
      'The JSON ends before everything that was opened is closed, as after an interrupted write; what stands before the end was read.',
  },
  'malformed-json': { severity: 'error', explanation: 'A character stands where JSON does not allow it; reading went on behind it.' },
  'nested-too-deep': {
    severity: 'error',
    explanation: 'Arrays and objects are nested deeper than 2,000 levels; the value at that place was left out.',
  },
  'lone-surrogate': {
    severity: 'warning',
    explanation: 'Half of a surrogate pair stands alone, which is no character: models see a replacement character there.',
  },
  'wrong-type': {
    severity: 'warning',
    explanation:
      'A value has another type than its format writes there (a string for a number, say); the value was left out, the rest was read.',
  },
  'out-of-range': {
    severity: 'warning',
    explanation: 'A number lies outside what its key can mean, such as a step value outside [0, 1]; it was left out.',
  },
  'missing-key': { severity: 'warning', explanation: 'A record lacks a key its format cannot do without.' },
  'unknown-record': {
    severity: 'warning',
    explanation: 'A record has none of the keys of the format the file was recognised as; it was left out.',
  },
  'count-mismatch': {
    severity: 'warning',
    explanation:
      'Two lists that belong together, such as labels and `<prm>` markers, have different lengths; what can be paired from the front was paired.',
  },
  'empty-step': { severity: 'warning', explanation: 'A step has no text, so its value says nothing.' },
  'no-steps': { severity: 'warning', explanation: 'A problem or solution has no step, so there is nothing to score in it.' },
  'unclosed-block': {
    severity: 'warning',
    explanation:
      'A code fence, display formula or `<step>` is opened and never closed; its opening was read as ordinary text (a `<step>` ends where the next one begins).',
  },
} as const satisfies Record<string, { severity: Fault['severity']; explanation: string }>;

export type FaultCode = keyof typeof FAULTS;

/** Faults of one code that are told one by one; the rest is told as a number. */
export const FAULTS_PER_CODE = 100;

/** Collects the faults of one document; a file that is wrong everywhere yields a list somebody can read. */
export class FaultList {
  readonly #faults: Fault[] = [];
  readonly #counts = new Map<FaultCode, number>();
  readonly #firstOmitted = new Map<FaultCode, Span>();

  /** `message`: one sentence, the cause and the remedy; made only when the fault is kept. */
  add(code: FaultCode, span: Span, message: () => string): void {
    const count = (this.#counts.get(code) ?? 0) + 1;
    this.#counts.set(code, count);
    if (count <= FAULTS_PER_CODE) this.#faults.push({ code, severity: FAULTS[code].severity, message: message(), span });
    else if (count === FAULTS_PER_CODE + 1) this.#firstOmitted.set(code, span);
  }

  has(code: FaultCode): boolean {
    return this.#counts.has(code);
  }

  /** In document order, with one fault at the first place left out for every code that has more. */
  list(): Fault[] {
    const more = [...this.#firstOmitted].map(
      ([code, span]): Fault => ({
        code,
        severity: FAULTS[code].severity,
        message: `${this.#counts.get(code)! - FAULTS_PER_CODE} more of this kind from here on; mend the first ones and look again.`,
        span,
      }),
    );
    return [...this.#faults, ...more].sort((a, b) => a.span.start - b.span.start);
  }
}

/** Reports half of a surrogate pair: one character, or the six of its escape. */
export function loneSurrogate(faults: FaultList, at: number, length: number): void {
  faults.add(
    'lone-surrogate',
    { start: at, end: at + length },
    () => 'Half of a surrogate pair stands alone here and is no character; write the whole character, or remove it.',
  );
}
