import { isAbsolute, relative, sep } from 'node:path';

/** Whether a path is one of the folders or inside one, by names alone: pass real paths, with all links resolved. */
export function isInside(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => {
    const rest = relative(folder, path);
    return rest !== '..' && !rest.startsWith(`..${sep}`) && !isAbsolute(rest);
  });
}
