import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ImagePlace, imagePlace } from '../files/images.js';

/** `--images DIR`, which may be given several times. */
export const imagesOption = { images: { type: 'string', multiple: true, default: [] as string[] } } as const;

/** Help text of the option. */
export const imagesHelp = `--images DIR     a further folder whose images may be read; else they must be in the folder of the file
                   that names them or in the current one`;

/** Where the images of a file may be: its own folder, the current one, and those given with `--images`. */
export function placeOfFile(file: string, folders: readonly string[]): ImagePlace {
  return imagePlace(pathToFileURL(file).href, [resolve('.'), ...folders.map((folder) => resolve(folder))]);
}
