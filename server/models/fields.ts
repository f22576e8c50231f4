import { ModelError } from './modelError.js';

/** The members of one JSON object, each asked for by key; complains about those nobody asked for. */
export class Fields {
  readonly #object: Record<string, unknown>;
  readonly #asked = new Set<string>();

  constructor(
    json: unknown,
    readonly prefix: string,
    readonly path: string,
  ) {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      throw new ModelError(`${path}: ${prefix === '' ? 'the file' : `'${prefix.slice(0, -1)}'`} must be a JSON object.`);
    }
    this.#object = json as Record<string, unknown>;
  }

  fail(key: string, wanted: string): never {
    const value = this.#object[key];
    const found = value === undefined ? 'is missing; it must be' : `is ${JSON.stringify(value).slice(0, 80)}; it must be`;
    throw new ModelError(`${this.path}: '${this.prefix}${key}' ${found} ${wanted}.`);
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
      : this.fail(key, mayBeEmpty ? 'a text' : 'a text that is not empty');
  }

  /**
   * A text in which every `{name}` is one of these places: a misspelled one would reach the model as it is written. The
   * argument of a LaTeX command, as in `\boxed{answer}`, is no place.
   */
  template(key: string, places: readonly string[], mayBeEmpty = false): string {
    const text = this.text(key, mayBeEmpty);
    const unknown = [...text.matchAll(/(?<!\\[A-Za-z]*(?:\{[^{}]*\})*)\{[a-z_]+\d*\??\}/g)].find(([place]) => !places.includes(place));
    if (!unknown) return text;
    throw new ModelError(
      `${this.path}: '${this.prefix}${key}' has the place ${unknown[0]}, which is not known here; known are ${places.join(', ')}. Correct its name.`,
    );
  }

  number(key: string): number {
    const value = this.take(key);
    return Number.isFinite(value) ? (value as number) : this.fail(key, 'a number');
  }

  flag(key: string): boolean {
    const value = this.take(key);
    return typeof value === 'boolean' ? value : this.fail(key, 'true or false');
  }

  /** A whole number of `unit`, both ends of the range included: what a model of a stranger says is allocated. */
  whole(key: string, [least, most]: readonly [least: number, most: number], unit: string): number {
    const value = this.number(key);
    return Number.isInteger(value) && value >= least && value <= most
      ? value
      : this.fail(key, `a whole number of ${unit} from ${least} to ${most.toLocaleString('en-US')}`);
  }

  numbers(key: string, length: number): readonly number[] {
    const value = this.take(key);
    const isGood = Array.isArray(value) && value.length === length && value.every(Number.isFinite);
    return isGood ? (value as readonly number[]) : this.fail(key, `a list of ${length} number${length === 1 ? '' : 's'}`);
  }

  oneOf<T extends string>(key: string, values: readonly T[]): T {
    const value = this.take(key);
    return values.find((candidate) => candidate === value) ?? this.fail(key, values.map((name) => `"${name}"`).join(' or '));
  }

  object(key: string): Fields {
    const value = this.take(key);
    if (value === undefined) this.fail(key, 'a JSON object');
    return new Fields(value, `${this.prefix}${key}.`, this.path);
  }

  refuseOthers(allowed: readonly string[]): void {
    const other = Object.keys(this.#object).find((key) => !this.#asked.has(key) && !allowed.includes(key));
    if (other === undefined) return;
    throw new ModelError(`${this.path}: '${this.prefix}${other}' is not known here; known are ${[...this.#asked].join(', ')}.`);
  }
}

/** How often `part` is in `text`. */
export function count(text: string, part: string): number {
  return text.split(part).length - 1;
}
