import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { MarkerLayout, Profile, Readout } from './profile.js';
import { ScoringError } from './scorer.js';

export interface LoadedProfile {
  readonly profile: Profile;
  readonly profilePath: string;
  readonly graphPath: string;
  readonly tokenizerPath: string;
  /** SHA-256 over profile, tokenizer and graph with its external data, as hexadecimal. */
  readonly fingerprint: string;
}

/**
 * Reads `prm.json` of a model's folder and looks at the files it names.
 * Rejects with ScoringError that names file, key and remedy.
 */
export async function loadProfile(modelFolder: string): Promise<LoadedProfile> {
  const profilePath = join(modelFolder, 'prm.json');
  const text = await readText(profilePath, `Set the model's folder to one that holds a prm.json (see media/schemas/prm.schema.json).`);
  const profile = parseProfile(text, profilePath);
  const graphPath = resolve(modelFolder, profile.graph);
  const tokenizerPath = resolve(modelFolder, profile.tokenizer);
  await refusePointer(graphPath, `'graph' of ${profilePath} names it`);
  await refusePointer(tokenizerPath, `'tokenizer' of ${profilePath} names it`);
  const hash = createHash('sha256').update(text);
  const tokenizerConfig = join(modelFolder, 'tokenizer_config.json');
  for (const path of [tokenizerPath, tokenizerConfig, graphPath, `${graphPath}_data`, `${graphPath}.data`]) {
    if (await isFile(path)) for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  }
  return { profile, profilePath, graphPath, tokenizerPath, fingerprint: hash.digest('hex') };
}

/** Checks the content of a `prm.json`; throws ScoringError naming `path`, the key and what belongs there. */
export function parseProfile(text: string, path: string): Profile {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new ScoringError(`${path} is not valid JSON: ${(error as Error).message}.`);
  }
  const root = new Fields(json, '', path);
  const profile: Profile = {
    name: root.text('name'),
    family: root.text('family'),
    graph: root.text('graph'),
    tokenizer: root.text('tokenizer'),
    layout: readLayout(root.object('layout')),
    readout: readReadout(root.object('readout')),
    range: readRange(root),
    threshold: root.number('threshold'),
    aggregation: root.oneOf('aggregation', ['min', 'mean', 'last', 'product']),
    maxTokens: root.number('maxTokens'),
  };
  root.refuseOthers(['$schema']);
  const [low, high] = profile.range;
  if (profile.threshold < low || profile.threshold > high) root.fail('threshold', `a number in the range [${low}, ${high}]`);
  if (!Number.isInteger(profile.maxTokens) || profile.maxTokens < 2) root.fail('maxTokens', 'a whole number of tokens, at least 2');
  return profile;
}

function readLayout(fields: Fields): MarkerLayout {
  const layout: MarkerLayout = {
    kind: fields.oneOf('kind', ['marker']),
    before: fields.text('before'),
    step: fields.text('step'),
    marker: fields.text('marker'),
    ...(fields.has('after') && { after: fields.text('after', true) }),
  };
  fields.refuseOthers([]);
  if (count(layout.before, '{question}') !== 1) fields.fail('before', 'a text with {question} once');
  if (count(layout.step, '{step}') !== 1) fields.fail('step', 'a text with {step} once');
  const marker = layout.step.indexOf(layout.marker);
  if (count(layout.step, layout.marker) !== 1 || marker < layout.step.indexOf('{step}')) {
    fields.fail('step', `a text with the marker ${JSON.stringify(layout.marker)} once, after {step}`);
  }
  return layout;
}

function readReadout(fields: Fields): Readout {
  const kind = fields.oneOf('kind', ['token-pair', 'label-head']);
  const readout: Readout =
    kind === 'token-pair'
      ? { kind, positive: fields.text('positive'), negative: fields.text('negative') }
      : { kind, positive: fields.number('positive') };
  fields.refuseOthers([]);
  if (readout.kind === 'label-head' && (!Number.isInteger(readout.positive) || readout.positive < 0)) {
    fields.fail('positive', 'the number of the label that means right, from 0');
  }
  if (readout.kind === 'token-pair' && readout.positive === readout.negative) fields.fail('negative', `another token than 'positive'`);
  return readout;
}

function readRange(root: Fields): readonly [number, number] {
  const value = root.take('range');
  const [low, high] = Array.isArray(value) ? (value as unknown[]) : [];
  if (!Array.isArray(value) || value.length !== 2 || typeof low !== 'number' || typeof high !== 'number' || !(low < high)) {
    return root.fail('range', 'two numbers, the lower first, as [0, 1]');
  }
  return [low, high];
}

/** The members of one JSON object, each asked for by key; complains about those nobody asked for. */
class Fields {
  readonly #object: Record<string, unknown>;
  readonly #asked = new Set<string>();

  constructor(
    json: unknown,
    readonly prefix: string,
    readonly path: string,
  ) {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      throw new ScoringError(`${path}: ${prefix === '' ? 'the file' : `'${prefix.slice(0, -1)}'`} must be a JSON object.`);
    }
    this.#object = json as Record<string, unknown>;
  }

  fail(key: string, wanted: string): never {
    const value = this.#object[key];
    const found = value === undefined ? 'is missing; it must be' : `is ${JSON.stringify(value).slice(0, 80)}; it must be`;
    throw new ScoringError(`${this.path}: '${this.prefix}${key}' ${found} ${wanted}.`);
  }

  has(key: string): boolean {
    return this.#object[key] !== undefined;
  }

  take(key: string): unknown {
    this.#asked.add(key);
    return this.#object[key];
  }

  text(key: string, mayBeEmpty = false): string {
    const value = this.take(key);
    return typeof value === 'string' && (mayBeEmpty || value !== '') ? value : this.fail(key, mayBeEmpty ? 'a text' : 'a text that is not empty');
  }

  number(key: string): number {
    const value = this.take(key);
    return typeof value === 'number' ? value : this.fail(key, 'a number');
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
    throw new ScoringError(`${this.path}: '${this.prefix}${other}' is not known here; known are ${[...this.#asked].join(', ')}.`);
  }
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

async function readText(path: string, remedy: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new ScoringError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}). ${remedy}`);
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

/** A clone without Git LFS leaves a small text where the model should be; the runtime's message would not tell. */
async function refusePointer(path: string, why: string): Promise<void> {
  if (!(await isFile(path))) throw new ScoringError(`${path} does not exist; ${why}. Put the file there or correct the profile.`);
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
    const head = buffer.toString('latin1', 0, bytesRead);
    if (bytesRead === 0) throw new ScoringError(`${path} is empty; ${why}. Download ${basename(path)} again.`);
    if (head.startsWith('version https://git-lfs')) {
      throw new ScoringError(`${path} is a Git LFS pointer, not the file itself. Fetch it with "git lfs pull" in its repository.`);
    }
  } finally {
    await file.close();
  }
}
