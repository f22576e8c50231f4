import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { NotReadable, openRegular, readRegular } from '../disk/readRegular.js';
import { readAs } from '../formats/jsonFile.js';
import type { Mapping } from '../formats/mapping.js';
import { MAPPING_FILE, mappedFormat } from '../formats/mappingFile.js';
import { nameInside } from '../formats/recordsUri.js';
import { detectFormat, HEAD_LENGTHS, readDocument } from '../formats/registry.js';
import { describeUnrecognized } from '../formats/unrecognized.js';
import { english } from '../l10n.js';
import type { ReasoningDocument } from '../reasoning/problem.js';
import { LineIndex } from '../reasoning/span.js';
import { labelFileSuffix } from '../review/labelFile.js';
import { withLabels } from '../review/withLabels.js';
import { MAX_TEXT } from './containers/container.js';
import { containerOf } from './containers/registry.js';
import { decodeText } from './decodeText.js';
import { InputError } from './inputError.js';
import { mappingOf } from './mappings.js';

export { InputError } from './inputError.js';

const languages: Readonly<Record<string, string>> = {
  '.json': 'json',
  '.jsonc': 'jsonc',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.md': 'markdown',
  '.markdown': 'markdown',
  '.txt': 'plaintext',
};

/** How many bytes of a file in a folder are examined to recognize it. */
const LONGEST_LOOK = 64 * 1024 * 1024;

export interface InputFile {
  /** The path as given or as found in a given folder; for a text in a zip, `archive.zip/name`. */
  readonly file: string;
  readonly lines: LineIndex;
  readonly reasoning: ReasoningDocument;
}

/** The files of the arguments: a file itself; for a folder, the files in it that a format claims. */
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
    // The tree beside an event log has the same problem, and a label log is read with its data file.
    const isBeside = entry.name.endsWith('.events.jsonl') || entry.name.endsWith(labelFileSuffix);
    if (entry.name.startsWith('.') || entry.name === 'node_modules' || isBeside) continue;
    if (entry.isDirectory()) yield* claimedFiles(path);
    else if (entry.isFile() && (await isClaimed(path))) yield path;
  }
}

async function isClaimed(path: string): Promise<boolean> {
  const language = languageOf(path);
  if (language === undefined || basename(path) === MAPPING_FILE) return false;
  if (mappingFor(path) !== undefined) return true;
  const handle = await openRegular(path);
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

/** Reads a file that has one text. Of an archive, the first text is read. Rejects with InputError. */
export async function readInput(file: string): Promise<InputFile> {
  for await (const input of readInputs(file)) return input;
  throw new InputError(english('there is no text in it'));
}

/** Reads a whole file; of an archive each text that a format claims. Rejects with InputError. */
export async function* readInputs(file: string): AsyncGenerator<InputFile> {
  const container = containerOf(await beginningOf(file));
  if (container === undefined) {
    const bytes = await readBytes(file);
    const input = readText(file, basename(file), decodeText(bytes));
    yield { ...input, reasoning: await withLabels(file, input.reasoning) };
    return;
  }
  let read = 0;
  let refused: InputError | undefined;
  for await (const entry of container.entries(file)) {
    const path = entry.name === '' ? file : `${file}/${entry.name}`;
    const name = nameInside(basename(file), entry.name);
    try {
      yield readText(file, name, decodeText(await entry.read()), path);
      read++;
    } catch (error) {
      if (!(error instanceof InputError) || entry.name === '') throw error;
      refused ??= new InputError(english('{0}: {1}', entry.name, error.message));
    }
  }
  if (read === 0) throw refused ?? new InputError(english('this {0} file has no JSON, Markdown or plain text', container.title));
}

/** Reads a text as the content of a file with this name. Throws InputError. */
export function readText(file: string, name: string, text: string, path = file): InputFile {
  const mapping = mappingFor(join(dirname(file), basename(name)));
  const reasoning = mapping === undefined ? readDocument(text, languageOf(name)) : readAs(mappedFormat(mapping), text);
  if (!reasoning) throw new InputError(english('no format is recognized in it: {0}', describeUnrecognized(text)));
  return { file: path, lines: new LineIndex(text), reasoning };
}

function mappingFor(file: string): Mapping | undefined {
  try {
    return mappingOf(file);
  } catch (error) {
    throw new InputError((error as Error).message);
  }
}

/** The cause of an error; undefined where the system's own message is used. */
function causeOf(code: string | undefined): string | undefined {
  switch (code) {
    case 'ENOENT':
      return english('there is no such file');
    case 'EACCES':
      return english('it may not be read');
    case 'EISDIR':
      return english('it is a folder');
    default:
      return undefined;
  }
}

function asInputError(error: unknown): InputError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof NotReadable && code === undefined)
    return new InputError(english('it is not a regular file: it may lead to a device or a pipe'));
  return new InputError(causeOf(code) ?? message);
}

/** The first bytes of a file, which contain a container's signature. Rejects with InputError. */
export async function beginningOf(file: string): Promise<Uint8Array> {
  try {
    const handle = await openRegular(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(8), 0, 8, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw asInputError(error);
  }
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size > MAX_TEXT)
      throw new InputError(
        english(
          'it has {0} MiB, and at most {1} MiB of text are read; split it',
          Math.ceil(size / 2 ** 20),
          Math.round(MAX_TEXT / 2 ** 20),
        ),
      );
    return await readRegular(file);
  } catch (error) {
    throw error instanceof InputError ? error : asInputError(error);
  }
}

function languageOf(path: string): string | undefined {
  return languages[extname(path).toLowerCase()];
}
