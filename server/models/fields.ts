import { english } from '../l10n.js';
import { ModelError } from './modelError.js';

/** The members of one JSON object, read by key. `refuseOthers` rejects members that were never read. */
export class Fields {
  readonly #object: Record<string, unknown>;
  readonly #asked = new Set<string>();

  constructor(
    json: unknown,
    readonly prefix: string,
    readonly path: string,
  ) {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      throw new ModelError(
        prefix === ''
          ? english('{0}: the file must be a JSON object.', path)
          : english("{0}: '{1}' must be a JSON object.", path, prefix.slice(0, -1)),
      );
    }
    this.#object = json as Record<string, unknown>;
  }

  fail(key: string, wanted: string): never {
    const value = this.#object[key];
    const name = `${this.prefix}${key}`;
    throw new ModelError(
      value === undefined
        ? english("{0}: '{1}' is missing; it must be {2}.", this.path, name, wanted)
        : english("{0}: '{1}' is {2}; it must be {3}.", this.path, name, JSON.stringify(value).slice(0, 80), wanted),
    );
  }

  has(key: string): boolean {
    this.#asked.add(key);
    return this.#object[key] !== undefined;
  }

  take(key: string): unknown {
    this.#asked.add(key);
    return this.#object[key];
  }

  text(key: string, mayBeEmpty = false): string {
    const value = this.take(key);
    return typeof value === 'string' && (mayBeEmpty || value !== '')
      ? value
      : this.fail(key, mayBeEmpty ? english('a text') : english('a text that is not empty'));
  }

  /**
   * Reads a text in which every `{name}` must be one of these places, because a misspelled one would reach the model
   * literally. The argument of a LaTeX command, as in `\boxed{answer}`, is not a place.
   */
  template(key: string, places: readonly string[], mayBeEmpty = false): string {
    const text = this.text(key, mayBeEmpty);
    const unknown = [...text.matchAll(/(?<!\\[A-Za-z]*(?:\{[^{}]*\})*)\{[a-z_]+\d*\??\}/g)].find(([place]) => !places.includes(place));
    if (!unknown) return text;
    throw new ModelError(
      english(
        "{0}: '{1}{2}' has the place {3}, which is not known here; known are {4}. Correct its name.",
        this.path,
        this.prefix,
        key,
        unknown[0],
        places.join(', '),
      ),
    );
  }

  number(key: string): number {
    const value = this.take(key);
    return Number.isFinite(value) ? (value as number) : this.fail(key, english('a number'));
  }

  flag(key: string): boolean {
    const value = this.take(key);
    return typeof value === 'boolean' ? value : this.fail(key, english('true or false'));
  }

  /** Reads a whole number in an inclusive range. It is limited because an untrusted model decides what is allocated. */
  whole(key: string, [least, most]: readonly [least: number, most: number], unit: string): number {
    const value = this.number(key);
    return Number.isInteger(value) && value >= least && value <= most
      ? value
      : this.fail(key, english('a whole number of {0} from {1} to {2}', unit, least, most.toLocaleString('en-US')));
  }

  numbers(key: string, length: number): readonly number[] {
    const value = this.take(key);
    const isGood = Array.isArray(value) && value.length === length && value.every(Number.isFinite);
    return isGood
      ? (value as readonly number[])
      : this.fail(key, length === 1 ? english('a list of {0} number', length) : english('a list of {0} numbers', length));
  }

  oneOf<T extends string>(key: string, values: readonly T[]): T {
    const value = this.take(key);
    return values.find((candidate) => candidate === value) ?? this.fail(key, values.map((name) => `"${name}"`).join(' or '));
  }

  object(key: string): Fields {
    const value = this.take(key);
    if (value === undefined) this.fail(key, english('a JSON object'));
    return new Fields(value, `${this.prefix}${key}.`, this.path);
  }

  refuseOthers(allowed: readonly string[]): void {
    const other = Object.keys(this.#object).find((key) => !this.#asked.has(key) && !allowed.includes(key));
    if (other === undefined) return;
    throw new ModelError(
      english("{0}: '{1}{2}' is not known here; known are {3}.", this.path, this.prefix, other, [...this.#asked].join(', ')),
    );
  }
}

/** How often `part` is in `text`. */
export function occurrences(text: string, part: string): number {
  return text.split(part).length - 1;
}
