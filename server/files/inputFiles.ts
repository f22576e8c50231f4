import { open, readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { detectFormat, HEAD_LENGTHS, readDocument } from '../formats/registry.js';
import type { ReasoningDocument } from '../reasoning/problem.js';
import { LineIndex } from '../reasoning/span.js';
import { decodeText } from './decodeText.js';

const languages: Readonly<Record<string, string>> = {
  '.json': 'json',
  '.jsonc': 'jsonc',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.md': 'markdown',
  '.markdown': 'markdown',
  '.txt': 'plaintext',
};

/** Bytes of a file in a folder that are looked at to recognize it. */
const LONGEST_LOOK = 64 * 1024 * 1024;

export interface InputFile {
  /** As given, or as found in a folder that was given. */
  readonly file: string;
  readonly lines: LineIndex;
  readonly reasoning: ReasoningDocument;
}

/** A path that cannot be read, or has nothing to score; the message does not repeat the path. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** The files of the arguments: a file itself, of a folder the files in it that a format claims. */
export async function* inputFiles(args: readonly string[]): AsyncGenerator<string> {
  for (const arg of args) {
    const isFolder = await stat(arg).then(
      (one) => one.isDirectory(),
      () => false,
    );
    if (isFolder) yield* claimedFiles(arg);
    else yield arg;
  }
}

async function* claimedFiles(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    // The tree beside an event log has the same problem.
    if (entry.name.startsWith('.') || entry.name === 'node_modules' || entry.name.endsWith('.events.jsonl')) continue;
    if (entry.isDirectory()) yield* claimedFiles(path);
    else if (entry.isFile() && (await isClaimed(path))) yield path;
  }
}

async function isClaimed(path: string): Promise<boolean> {
  const language = languageOf(path);
  if (language === undefined) return false;
  const handle = await open(path);
  try {
    for (const length of HEAD_LENGTHS) {
      const wanted = Math.min(length, LONGEST_LOOK);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(wanted), 0, wanted, 0);
      if (detectFormat(decodeText(buffer.subarray(0, bytesRead)), language) !== undefined) return true;
      if (bytesRead < wanted) return false;
    }
    return false;
  } finally {
    await handle.close();
  }
}

/** Reads a whole file, whatever its size. Rejects with InputError. */
export async function readInput(file: string): Promise<InputFile> {
  const text = await readText(file);
  const reasoning = readDocument(text, languageOf(file));
  if (!reasoning) throw new InputError('no format of StepLens is recognised in it; the README lists the formats');
  return { file, lines: new LineIndex(text), reasoning };
}

async function readText(file: string): Promise<string> {
  try {
    return decodeText(await readFile(file));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const causes: Record<string, string> = { ENOENT: 'there is no such file', EACCES: 'it may not be read', EISDIR: 'it is a folder' };
    throw new InputError(causes[code ?? ''] ?? message);
  }
}

function languageOf(path: string): string | undefined {
  return languages[extname(path).toLowerCase()];
}
