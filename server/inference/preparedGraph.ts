import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bytesField, fieldText, readFields, type WireField, writeMessage } from '../onnx/wire.js';
import type { LoadRequest } from './protocol.js';
import type { Runtime, RuntimeSession } from './runtime.js';

/** A graph made ready for the CPU, beside the model whose weights it uses: `npm run model:prepare` writes it. */
export const preparedName = 'model.cpu.onnx';
/** ModelProto.metadata_props, whose entries have a key (1) and a value (2). */
const metadataField = 14;
const key = 'steplens.prepared';

/** What a prepared graph was made from, and facts that would otherwise be read from the model. */
export interface PreparedFacts {
  /** SHA-256 of the model's file. */
  readonly source: string;
  /** ONNX Runtime's version: another one may support other nodes. */
  readonly runtime: string;
  /** The columns that the graph returns, and how many the model's head has. */
  readonly columns: readonly number[];
  readonly width: number;
  readonly vocabulary: number;
  readonly bytesOnCpu: number;
}

/** A session of the whole model that was opened before it was requested. */
export interface PreparedSession {
  readonly graphPath: string;
  readonly threads: number;
  readonly facts: PreparedFacts;
  readonly session: RuntimeSession;
  /** Whether the model's file is still the one that was opened. */
  isCurrent(): Promise<boolean>;
}

export function isFor({ graphPath, threads, facts }: PreparedSession, request: LoadRequest): boolean {
  return (
    request.graphPath === graphPath && request.threads === threads && !request.parts && facts.columns.join() === request.columns.join()
  );
}

/** Returns the fields of a model with `facts` as its metadata. */
export function withFacts(fields: readonly WireField[], facts: PreparedFacts): WireField[] {
  const entry = writeMessage([bytesField(1, key), bytesField(2, JSON.stringify(facts))]);
  return [...fields.filter(({ number }) => number !== metadataField), bytesField(metadataField, entry)];
}

export function readPreparedFacts(bytes: Buffer): PreparedFacts | undefined {
  for (const { number, body } of readFields(bytes)) {
    if (number !== metadataField) continue;
    const entry = readFields(body);
    if (fieldText(entry, 1) === key) return JSON.parse(fieldText(entry, 2)) as PreparedFacts;
  }
  return undefined;
}

/**
 * Opens the prepared graph beside a model on the CPU; undefined when there is none, or when it was made from another
 * file or for another version of the runtime. The model's content is compared by its hash, so that a prepared graph
 * never uses weights that it was not made with.
 */
export async function openPrepared(runtime: Runtime, graphPath: string, threads: number): Promise<PreparedSession | undefined> {
  const stamp = await stampOf(graphPath);
  const folder = dirname(graphPath);
  const bytes = await readFile(join(folder, preparedName)).catch(() => undefined);
  const facts = bytes && readPreparedFacts(bytes);
  if (stamp === '' || !facts || facts.runtime !== runtime.version) return undefined;
  if (
    createHash('sha256')
      .update(await readFile(graphPath))
      .digest('hex') !== facts.source
  )
    return undefined;
  const session = await runtime.createSession({ bytes, folder }, 'cpu', threads);
  return { graphPath, threads, facts, session, isCurrent: async () => (await stampOf(graphPath)) === stamp };
}

/** Changes with every write: the change time cannot be set back. */
async function stampOf(path: string): Promise<string> {
  const info = await stat(path, { bigint: true }).catch(() => undefined);
  return info?.isFile() ? [info.dev, info.ino, info.size, info.mtimeNs, info.ctimeNs].join() : '';
}
