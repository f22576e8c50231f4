import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { openRegular } from '../disk/readRegular.js';
import { readAs } from '../formats/jsonFile.js';
import { JSON_FORMATS } from '../formats/registry.js';
import { LineIndex } from '../reasoning/span.js';
import { labelFileOf } from '../review/labelFile.js';
import { decodeText } from './decodeText.js';
import { type InputFile, readInputs, readText } from './inputFiles.js';

/** A part of a file, as whole lines. */
export interface InputBlock extends InputFile {
  /** Number of lines in the file before this part. */
  readonly linesBefore: number;
}

/** A file of lines with more bytes than this is read in parts. */
const SMALL = 16 * 2 ** 20;
/** Bytes of a part. Parsed, it takes about twenty times as much, which is short-lived only if the part is small. */
const BLOCK = 256 * 2 ** 10;

/**
 * Reads a file like `readInputs`, but a large JSON Lines file in parts, so that memory does not grow with its length.
 * The problem numbers continue from part to part. Rejects with InputError.
 */
export async function* readInputBlocks(file: string): AsyncGenerator<InputBlock> {
  if (await isLarge(file)) yield* blocksOf(file);
  else for await (const input of readInputs(file)) yield { ...input, linesBefore: 0 };
}

/** Whether a file is read in parts. A file with a label log or a mapping beside it is read whole. */
async function isLarge(file: string): Promise<boolean> {
  const size = await stat(file).then(
    (found) => (found.isFile() ? found.size : 0),
    () => 0,
  );
  if (size <= SMALL || !/^\.(?:jsonl|ndjson)$/i.test(extname(file))) return false;
  const beside = await Promise.all(
    [labelFileOf(file), join(dirname(file), 'steplens.json')].map((path) => stat(path).catch(() => undefined)),
  );
  return beside.every((one) => one === undefined);
}

async function* blocksOf(file: string): AsyncGenerator<InputBlock> {
  const handle = await openRegular(file);
  try {
    let format: (typeof JSON_FORMATS)[number] | undefined;
    let [linesBefore, problemsBefore] = [0, 0];
    let rest: Buffer = Buffer.alloc(0);
    const buffer = Buffer.alloc(BLOCK);
    for (let isEnded = false; !isEnded; ) {
      const { bytesRead } = await handle.read(buffer, 0, BLOCK);
      isEnded = bytesRead === 0;
      const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      const end = isEnded ? bytes.length : bytes.lastIndexOf(10) + 1;
      rest = bytes.subarray(end);
      const text = decodeText(bytes.subarray(0, end));
      if (text.trim() === '') {
        linesBefore += text.split('\n').length - 1;
        continue;
      }
      const input =
        format === undefined ? readText(file, basename(file), text) : { file, lines: new LineIndex(text), reasoning: readAs(format, text) };
      format ??= JSON_FORMATS.find(({ id }) => id === input.reasoning.format);
      const problems = input.reasoning.problems.map((problem) => ({ ...problem, index: problem.index + problemsBefore }));
      yield { ...input, reasoning: { ...input.reasoning, problems }, linesBefore };
      problemsBefore += problems.length;
      linesBefore += text.split('\n').length - 1;
    }
  } finally {
    await handle.close();
  }
}
