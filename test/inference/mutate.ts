import type { Random } from '../../server/reasoning/random.js';

/** A change to a file's bytes, described in words. */
export interface Mutation {
  readonly name: string;
  apply(bytes: Buffer, random: Random): Buffer;
}

const below = (random: Random, size: number) => Math.min(size - 1, Math.floor(random() * size));
const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)]!;

/** Damage that a disk, a network or a text editor can do to any file. */
export const byteMutations: readonly Mutation[] = [
  { name: 'one bit flipped', apply: (bytes, random) => flipped(bytes, random, 1, bytes.length) },
  { name: '40 bits flipped', apply: (bytes, random) => flipped(bytes, random, 40, bytes.length) },
  { name: '8 bits flipped in the first kilobytes', apply: (bytes, random) => flipped(bytes, random, 8, 4000) },
  { name: 'cut off', apply: (bytes, random) => bytes.subarray(0, 1 + below(random, bytes.length - 1)) },
  {
    name: 'a part zeroed',
    apply(bytes, random) {
      const copy = Buffer.from(bytes);
      const start = below(random, copy.length);
      return copy.fill(0, start, Math.min(copy.length, start + 1 + below(random, 2000)));
    },
  },
  {
    name: 'a part written twice',
    apply(bytes, random) {
      const start = below(random, bytes.length);
      const end = start + 1 + below(random, 2000);
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)]);
    },
  },
];

function flipped(bytes: Buffer, random: Random, count: number, within: number): Buffer {
  const copy = Buffer.from(bytes);
  for (let i = 0; i < count; i++) copy[below(random, Math.min(within, copy.length))]! ^= 1 << below(random, 8);
  return copy;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Container = Json[] | { [key: string]: Json };

const strange: readonly Json[] = [
  null,
  true,
  -1,
  0,
  1e308,
  2 ** 53,
  4_000_000_000,
  '',
  '(',
  '\ud800',
  '{step}{question}<prm>',
  'x'.repeat(100_000),
  [],
  {},
  [[[[]]]],
  { '': null },
];

/** Changes that a person, a script or an attacker can make to a JSON file. */
export const jsonMutations: readonly Mutation[] = [
  { name: 'a value replaced', apply: jsonMutation((at, key, random) => void set(at, key, pick(random, strange))) },
  { name: 'a field deleted', apply: jsonMutation((at, key) => void (Array.isArray(at) ? at.splice(Number(key), 1) : delete at[key])) },
  {
    name: 'two fields swapped',
    apply: jsonMutation((at, key, random, places) => {
      const [other, otherKey] = pick(random, places);
      const held = get(at, key);
      set(at, key, get(other, otherKey));
      set(other, otherKey, held);
    }),
  },
  {
    name: 'a number made huge',
    apply: jsonMutation((_at, _key, random, places) => {
      const numbers = places.filter(([at, key]) => typeof get(at, key) === 'number');
      if (numbers.length === 0) return;
      const [at, key] = pick(random, numbers);
      set(at, key, pick(random, [-5, 0.5, 2 ** 31, 2 ** 40, 1e300]));
    }),
  },
  { name: 'nested 20,000 deep', apply: (bytes) => Buffer.from(`${'['.repeat(20_000)}${bytes.toString()}${']'.repeat(20_000)}`) },
];

/** Hostile chat templates for `tokenizer_config.json`. Chat templates are programs. */
export const templateMutations: readonly Mutation[] = [
  '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}',
  '{% for a in range(2000000000) %}x{% endfor %}',
  '{% set n = namespace(s="x") %}{% for i in range(60) %}{% set n.s = n.s + n.s %}{% endfor %}{{ n.s }}',
  '{% set n = namespace(l=[1]) %}{% for i in range(60) %}{% set n.l = n.l + n.l %}{% endfor %}{{ n.l | length }}',
  '{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}',
  `${'{% if true %}'.repeat(20_000)}x${'{% endif %}'.repeat(20_000)}`,
  `{{ ${'('.repeat(20_000)}1${')'.repeat(20_000)} }}`,
  '{{ messages.constructor.constructor("return process")().exit(3) }}',
  '{% for m in messages %}{{ m.role }}',
].map((template) => ({
  name: `the template ${template.slice(0, 40)}`,
  apply: (bytes) => Buffer.from(JSON.stringify({ ...(JSON.parse(bytes.toString()) as object), chat_template: template })),
}));

function jsonMutation(
  change: (at: Container, key: string, random: Random, places: readonly (readonly [Container, string])[]) => void,
): Mutation['apply'] {
  return (bytes, random) => {
    const root = JSON.parse(bytes.toString()) as Json;
    const places: (readonly [Container, string])[] = [];
    const open: Json[] = [root];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (typeof next !== 'object' || next === null) continue;
      for (const key of Object.keys(next)) {
        // A vocabulary has thousands of entries of only a few kinds, so most are skipped.
        if (places.length > 400 && random() < 0.95) continue;
        places.push([next, key]);
        open.push(get(next, key));
      }
    }
    const [at, key] = pick(random, places);
    change(at, key, random, places);
    return Buffer.from(JSON.stringify(root));
  };
}

function get(at: Container, key: string): Json {
  return (at as { [key: string]: Json })[key] ?? null;
}

function set(at: Container, key: string, value: Json): void {
  (at as { [key: string]: Json })[key] = value;
}

/** Hostile changes to an ONNX model: sizes that do not match the data (onnx.proto3, field numbers in comments). */
export const modelMutations: readonly Mutation[] = [
  {
    name: 'the size of a weight changed',
    apply: (bytes, random) => changeGraph(bytes, 5, random, 1, (value) => pick(random, [0, 1, value * 2, 2 ** 31, 2 ** 40])),
  },
  {
    name: 'the type of a weight changed',
    apply: (bytes, random) => changeGraph(bytes, 5, random, 2, () => pick(random, [0, 2, 6, 7, 8, 10, 11, 16, 99])),
  },
  { name: 'a node left out', apply: (bytes, random) => changeNodes(bytes, random, () => []) },
  { name: 'a node twice', apply: (bytes, random) => changeNodes(bytes, random, (node) => [node, node]) },
];

interface Field {
  readonly number: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
  readonly wire: number;
  readonly value: number;
  readonly body: Buffer;
  readonly raw: Buffer;
}

/** Changes a varint field of one of the graph's messages: 1 node, 5 initializer (TensorProto: 1 dims, 2 data_type). */
function changeGraph(model: Buffer, message: number, random: Random, field: number, change: (value: number) => number): Buffer {
  return inGraph(model, (graph) => {
    const chosen = pick(
      random,
      graph.filter(({ number }) => number === message),
    );
    return graph.map((one) => {
      if (one !== chosen) return one.raw;
      const changed = fields(one.body).map((inner) => {
        if (inner.number !== field) return inner.raw;
        // Sizes are packed into one field, or each has its own field.
        if (inner.wire === 2) return lengthDelimited(field, Buffer.concat(varints(inner.body).map((value) => varint(change(value)))));
        return Buffer.concat([varint(field << 3), varint(change(inner.value))]);
      });
      return lengthDelimited(message, Buffer.concat(changed));
    });
  });
}

function changeNodes(model: Buffer, random: Random, change: (node: Buffer) => readonly Buffer[]): Buffer {
  return inGraph(model, (graph) => {
    const chosen = pick(
      random,
      graph.filter(({ number }) => number === 1),
    );
    return graph.flatMap((one) => (one === chosen ? change(one.raw) : [one.raw]));
  });
}

/** ModelProto: 7 graph. */
function inGraph(model: Buffer, change: (graph: readonly Field[]) => readonly Buffer[]): Buffer {
  return Buffer.concat(
    fields(model).map((field) => (field.number === 7 ? lengthDelimited(7, Buffer.concat(change(fields(field.body)))) : field.raw)),
  );
}

function fields(bytes: Buffer): Field[] {
  const found: Field[] = [];
  for (let at = 0; at < bytes.length; ) {
    const start = at;
    const tag = readVarint(bytes, at);
    const wire = tag.value & 7;
    let { next } = tag;
    let value = 0;
    let body = bytes.subarray(next, next);
    if (wire === 0) ({ value, next } = readVarint(bytes, next));
    else if (wire === 2) {
      const length = readVarint(bytes, next);
      body = bytes.subarray(length.next, length.next + length.value);
      next = length.next + length.value;
    } else next += wire === 1 ? 8 : 4;
    at = next;
    found.push({ number: Math.floor(tag.value / 8), wire, value, body, raw: bytes.subarray(start, at) });
  }
  return found;
}

function readVarint(bytes: Buffer, at: number): { value: number; next: number } {
  let value = 0;
  for (let shift = 1; ; shift *= 128, at++) {
    const byte = bytes[at]!;
    value += (byte & 127) * shift;
    if (byte < 128) return { value, next: at + 1 };
  }
}

function varints(bytes: Buffer): number[] {
  const values: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { value, next } = readVarint(bytes, at);
    values.push(value);
    at = next;
  }
  return values;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

function lengthDelimited(field: number, body: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(body.length), body]);
}
