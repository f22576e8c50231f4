/**
 * Shapes: descriptions of JSON values that check a value at run time and give its TypeScript type. A check reads the value where
 * it is and copies nothing, because one answer can hold 20,000 nodes. Unknown properties are allowed: either end may be newer.
 */

/** Where a value differs from its shape (`nodes[3].depth`; empty = the value itself), and what was expected there. */
export interface Mismatch {
  readonly path: string;
  readonly expected: string;
}

export interface Shape<T> {
  /** What a value of this shape is, in words: "a list". */
  readonly expected: string;
  /** Undefined when the value has this shape. */
  readonly check: (value: unknown) => Mismatch | undefined;
  /** The type of its values; never set. */
  readonly type?: T;
}

/** The TypeScript type of a shape's values. */
export type Infer<S> = S extends Shape<infer T> ? T : never;

/** A property that may be absent. */
export interface Optional<T> extends Shape<T> {
  readonly isOptional: true;
}

type Members = Readonly<Record<string, Shape<unknown>>>;
type Simplify<T> = { [K in keyof T]: T[K] };
type ObjectOf<F extends Members> = Simplify<
  { readonly [K in keyof F as F[K] extends Optional<unknown> ? never : K]: Infer<F[K]> } & {
    readonly [K in keyof F as F[K] extends Optional<unknown> ? K : never]?: Infer<F[K]>;
  }
>;

/** Maximum number of elements of a bulk list that are checked. */
const sampled = 16;

function primitive<T>(expected: string, is: (value: unknown) => boolean): Shape<T> {
  const mismatch: Mismatch = { path: '', expected };
  return { expected, check: (value) => (is(value) ? undefined : mismatch) };
}

export const text = primitive<string>('a text', (value) => typeof value === 'string');
export const flag = primitive<boolean>('true or false', (value) => typeof value === 'boolean');
/** A finite number. */
export const number = primitive<number>('a number', Number.isFinite);
/** A whole number from 0: a count, or a position in a list. */
export const count = primitive<number>('a whole number from 0', (value) => Number.isSafeInteger(value) && (value as number) >= 0);
/** A whole number, both ends included. */
export function whole(least: number, most: number): Shape<number> {
  const expected = () => `a whole number from ${least.toLocaleString('en-US')} to ${most.toLocaleString('en-US')}`;
  const is = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
  return {
    // Computed on demand: formatting the first number with commas loads locale data, 15 ms of every start.
    get expected() {
      return expected();
    },
    check: (value) => (is(value) ? undefined : { path: '', expected: expected() }),
  };
}
/** The value of an answer without content. */
export const nothing = primitive<null>('null', (value) => value === null);
/** Any object: its members are checked by the code that reads them. */
export const record = primitive<Readonly<Record<string, unknown>>>('an object', isObject);
/** Parameters of a request that has none. */
export const empty = primitive<Readonly<Record<string, never>>>('an object', isObject);

/** One of a few texts or numbers. */
export function oneOf<const T extends readonly (string | number)[]>(...values: T): Shape<T[number]> {
  return primitive(`one of ${values.join(', ')}`, (value) => values.includes(value as T[number]));
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  const expected = `${shape.expected} or null`;
  return {
    expected,
    check(value) {
      const mismatch = value === null ? undefined : shape.check(value);
      return mismatch?.path === '' ? { path: '', expected } : mismatch;
    },
  };
}

/** Marks a property of an object that may be absent. */
export function optional<T>(shape: Shape<T>): Optional<T> {
  return { expected: shape.expected, isOptional: true, check: (value) => (value === undefined ? undefined : shape.check(value)) };
}

export function list<T>(shape: Shape<T>): Shape<readonly T[]> {
  return listOf(shape, Infinity);
}

/** A list that can be very long: elements at its start, at its end and at even distances between are checked, at most 16. */
export function bulk<T>(shape: Shape<T>): Shape<readonly T[]> {
  return listOf(shape, sampled);
}

function listOf<T>(shape: Shape<T>, most: number): Shape<readonly T[]> {
  const expected = 'a list';
  return {
    expected,
    check(value) {
      if (!Array.isArray(value)) return { path: '', expected };
      const checked = Math.min(value.length, most);
      for (let i = 0; i < checked; i++) {
        const index = checked === value.length ? i : Math.floor((i * (value.length - 1)) / (checked - 1));
        const mismatch = shape.check(value[index]);
        if (mismatch) return within(`[${index}]`, mismatch);
      }
      return undefined;
    },
  };
}

/** A list of exactly two numbers. */
export const pair = primitive<readonly [number, number]>(
  'a list of two numbers',
  (value) => Array.isArray(value) && value.length === 2 && value.every(Number.isFinite),
);

/** Values by name. */
export function dictionary<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  const expected = 'an object';
  return {
    expected,
    check(value) {
      if (!isObject(value)) return { path: '', expected };
      for (const name of Object.keys(value)) {
        const mismatch = shape.check(value[name]);
        if (mismatch) return within(`.${name}`, mismatch);
      }
      return undefined;
    },
  };
}

export function object<const F extends Members>(fields: F): Shape<ObjectOf<F>> {
  const entries = Object.entries(fields);
  const expected = 'an object';
  return {
    expected,
    check(value) {
      if (!isObject(value)) return { path: '', expected };
      for (const [name, shape] of entries) {
        const mismatch = shape.check(value[name]);
        if (mismatch) return within(`.${name}`, mismatch);
      }
      return undefined;
    },
  };
}

/** Objects of several kinds, distinguished by the property `tag`. */
export function variants<const K extends string, const V extends Readonly<Record<string, Members>>>(
  tag: K,
  kinds: V,
): Shape<{ [N in keyof V & string]: Simplify<{ readonly [T in K]: N } & ObjectOf<V[N]>> }[keyof V & string]> {
  const shapes = new Map<unknown, Shape<unknown>>(Object.entries(kinds).map(([name, fields]) => [name, object(fields)]));
  const wanted = `one of ${Object.keys(kinds).join(', ')}`;
  const expected = 'an object';
  return {
    expected,
    check(value) {
      if (!isObject(value)) return { path: '', expected };
      const shape = shapes.get(value[tag]);
      return shape ? shape.check(value) : { path: `.${tag}`, expected: wanted };
    },
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function within(place: string, { path, expected }: Mismatch): Mismatch {
  return { path: `${place}${path}`, expected };
}
