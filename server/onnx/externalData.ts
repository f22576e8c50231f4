import { realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, relative, sep } from 'node:path';
import type { Stored } from './model.js';
import { OnnxFileError, readWeights } from './readModel.js';

/**
 * Returns the files beside an ONNX file that contain its weights. Returns none if the file itself cannot be read,
 * because running it reports that. Rejects with OnnxFileError when one of them is missing, too short, or in another
 * folder: an untrusted model must not make StepLens read other files of this machine.
 */
export async function externalFiles(path: string): Promise<readonly string[]> {
  const weights = await readWeights(path).catch((error: unknown) => {
    if (error instanceof OnnxFileError) return undefined;
    throw error;
  });
  const ends = new Map<string, number>();
  for (const { data } of weights ?? []) {
    if (data !== undefined && !Buffer.isBuffer(data) && data.path !== path)
      ends.set(data.path, Math.max(ends.get(data.path) ?? 0, endOf(data)));
  }
  for (const [file, end] of ends) await check(path, file, end);
  return [...ends.keys()].sort();
}

function endOf({ offset, length }: Stored): number {
  return offset + length;
}

async function check(model: string, file: string, end: number): Promise<void> {
  const name = relative(dirname(model), file);
  const refuse = () => {
    throw new OnnxFileError(
      `${model} has its weights read from ${JSON.stringify(name)}, which is outside its folder and is not looked at. Put the file that is meant beside it and export the model again; if none is, do not trust this model.`,
    );
  };
  if (isOutside(name) || file.includes('\0')) refuse();
  const real = await realpath(file).catch((error: NodeJS.ErrnoException) => {
    throw new OnnxFileError(
      `${model} has its weights in ${name}, which cannot be read (${error.code}). Download or copy that file, too, and put it beside the model.`,
    );
  });
  // In a download, both the model and its weights may be links into a store.
  const folders = [await realpath(dirname(model)), dirname(await realpath(model))];
  if (folders.every((folder) => isOutside(relative(folder, real)))) refuse();
  const found = await stat(real);
  const { size } = found;
  if (!found.isFile() || size < end)
    throw new OnnxFileError(
      `${file} is damaged: ${model} has weights in it up to byte ${end}, but it has ${size}. Download or copy it again.`,
    );
}

function isOutside(path: string): boolean {
  return path === '' || path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path);
}
