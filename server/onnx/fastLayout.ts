import { rename, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { writeModel } from './model.js';
import { readModel } from './readModel.js';
import { toTokenMajor } from './tokenMajor.js';

/** Keeps all weights of the graph's own file in memory: such a file has at most 2 GB. */
const wholeFile = Number.MAX_SAFE_INTEGER;

/**
 * Rewrites a decoder's file from Hugging Face's cache layout to one with a tree mask and outputs of only the new tokens
 * (see `toTokenMajor`). Weights beside it are not moved. The caller must know that its layers look back over the whole
 * sequence. Resolves with the reason if the graph stays unchanged. Rejects with OnnxFileError.
 */
export async function toFastLayout(path: string): Promise<string | undefined> {
  const rewritten = toTokenMajor(await readModel(path, wholeFile));
  if (typeof rewritten === 'string') return rewritten;
  const unfinished = `${path}.unfinished`;
  await writeFile(unfinished, writeModel(rewritten.model, basename));
  await rename(unfinished, path);
  return undefined;
}
