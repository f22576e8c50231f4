import { stat } from 'node:fs/promises';
import { dirname, extname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const imageTypes = new Set(['.png', '.jpg', '.jpeg', '.gif', '.webp', '.bmp']);

/**
 * `file:` URIs of those of `paths` that name an existing image, in their order. A path is absolute, or relative to the
 * document's folder, to one above it (a run's trees are below the folder of its figures) or to a workspace folder. Network
 * paths are not looked for: the request alone would inform their host.
 */
export async function findImages(documentUri: string, folderUris: readonly string[], paths: readonly string[]): Promise<string[]> {
  const own = documentUri.startsWith('file:') ? foldersAbove(fileURLToPath(documentUri)) : [];
  const folders = [...own, ...folderUris.filter((uri) => uri.startsWith('file:')).map((uri) => fileURLToPath(uri))];
  const found = await Promise.all(paths.map((path) => findImage(folders, path)));
  return found.filter((uri) => uri !== undefined);
}

/** Every one of `paths`, for a model to read: as the URI where it is found, else unchanged, so that the reader can report that it is missing. */
export function locateImages(documentUri: string, folderUris: readonly string[], paths: readonly string[]): Promise<string[]> {
  return Promise.all(paths.map(async (path) => (await findImages(documentUri, folderUris, [path]))[0] ?? path));
}

/** The folder of a file and those above it, the nearest first. */
function foldersAbove(path: string): string[] {
  const folder = dirname(path);
  return folder === path ? [] : [folder, ...foldersAbove(folder)];
}

async function findImage(folders: readonly string[], path: string): Promise<string | undefined> {
  if (path.startsWith('data:image/')) return path;
  if (/^(\\\\|\/\/)/.test(path) || !imageTypes.has(extname(path).toLowerCase())) return undefined;
  const candidates = isAbsolute(path) ? [path] : folders.map((folder) => resolve(folder, path));
  for (const candidate of candidates) {
    const isFile = await stat(candidate).then(
      (one) => one.isFile(),
      () => false,
    );
    if (isFile) return pathToFileURL(candidate).href;
  }
  return undefined;
}
