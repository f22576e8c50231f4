import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { openRegular, readRegular } from '../disk/readRegular.js';
import { english } from '../l10n.js';
import { externalFiles } from '../onnx/externalData.js';
import { OnnxFileError } from '../onnx/readModel.js';
import { Fields } from './fields.js';
import { type FileIdentity, identifyFiles } from './fileIdentity.js';
import { ModelChangedError, ModelError } from './modelError.js';

/** One ONNX file, or three when the images, the tokens and the decoder over their embeddings have separate graphs. */
export type GraphFiles = string | { readonly decoder: string; readonly embeddings: string; readonly vision: string };

/** Names that Optimum, transformers.js and most scripts give a graph, and folders that they put it in. */
export const graphNames = ['model.onnx', 'decoder_model_merged.onnx', 'decoder_model.onnx'] as const;
export const graphFolders = ['', 'onnx'];

/** Files that the profile of any model names. */
export interface ModelFiles {
  /** Relative to the profile. */
  readonly graph: GraphFiles;
  /** The graph it is compared with, or that graph's folder, relative to the profile. */
  readonly reference?: string;
  /** `tokenizer.json`, relative to the profile; `tokenizer_config.json` is looked for beside it. */
  readonly tokenizer: string;
  /** The file of word pairs that the model knows, relative to the profile. */
  readonly scope?: { readonly pairs: string };
}

export interface LoadedModelFiles<P> {
  readonly profile: P;
  readonly profilePath: string;
  /** The graph that gives the scores. */
  readonly graphPath: string;
  /** The other two graphs, when the model has three. */
  readonly parts?: { readonly embeddingsPath: string; readonly visionPath: string };
  readonly referencePath?: string;
  readonly tokenizerPath: string;
  /** Of profile, tokenizer, graph with its external data, and known word pairs. */
  readonly identity: FileIdentity;
}

/**
 * Reads the profile `name` of a model's folder with `parse` and looks at the files it names.
 * Rejects with ModelError that names file, key and remedy.
 */
export async function loadModelFiles<P extends ModelFiles>(
  modelFolder: string,
  name: string,
  parse: (text: string, path: string) => P,
): Promise<LoadedModelFiles<P>> {
  const profilePath = join(modelFolder, name);
  const text = await readModelText(
    profilePath,
    english("Set the model's folder to one that holds a {0} (see media/schemas/{1}).", name, name.replace('.', '.schema.')),
  );
  const profile = parse(text, profilePath);
  const { graph } = profile;
  const graphPath = resolve(modelFolder, typeof graph === 'string' ? graph : graph.decoder);
  const parts =
    typeof graph === 'string'
      ? undefined
      : { embeddingsPath: resolve(modelFolder, graph.embeddings), visionPath: resolve(modelFolder, graph.vision) };
  const tokenizerPath = resolve(modelFolder, profile.tokenizer);
  const referencePath = profile.reference === undefined ? undefined : await findReference(resolve(modelFolder, profile.reference));
  const graphPaths = [graphPath, ...(parts ? [parts.embeddingsPath, parts.visionPath] : [])];
  for (const path of graphPaths) await refusePointer(path, english("'graph' of {0} names it", profilePath));
  if (referencePath !== undefined) {
    await refusePointer(referencePath, english("'reference' of {0} names it", profilePath));
    graphPaths.push(referencePath);
  }
  await refusePointer(tokenizerPath, english("'tokenizer' of {0} names it", profilePath));
  const beside = ['tokenizer_config.json', 'chat_template.jinja'].map((file) => join(dirname(tokenizerPath), file));
  // Data files with the usual names are included even if the graph cannot be parsed.
  const graphs = await Promise.all(
    graphPaths.map(async (file) => [file, `${file}_data`, `${file}.data`, ...(await externalWeights(file))]),
  );
  const identity = await identifyFiles([
    ...new Set([
      profilePath,
      tokenizerPath,
      ...beside,
      ...(profile.scope ? [resolve(modelFolder, profile.scope.pairs)] : []),
      ...graphs.flat(),
    ]),
  ]);
  if ((await readRegular(profilePath).catch(() => undefined))?.toString('utf8') !== text)
    throw new ModelChangedError(english('{0} changed while it was read. Try again.', profilePath));
  return {
    profile,
    profilePath,
    graphPath,
    ...(parts && { parts }),
    ...(referencePath !== undefined && { referencePath }),
    tokenizerPath,
    identity,
  };
}

/** Resolves a folder to the graph in it. */
async function findReference(path: string): Promise<string> {
  if (!(await stat(path).catch(() => undefined))?.isDirectory()) return path;
  for (const folder of graphFolders) {
    for (const name of graphNames) if (await isFile(join(path, folder, name))) return join(path, folder, name);
  }
  return join(path, graphNames[0]);
}

function externalWeights(graphPath: string): Promise<readonly string[]> {
  return externalFiles(graphPath).catch((error: unknown) => {
    throw error instanceof OnnxFileError ? new ModelError(error.message) : error;
  });
}

/** The fields of a profile's text; throws ModelError naming `path` when it is not a JSON object. */
export function readProfileFields(text: string, path: string): Fields {
  let json: unknown;
  try {
    json = profileJson(text);
  } catch (error) {
    throw new ModelError(english('{0} is not valid JSON: {1}.', path, (error as Error).message));
  }
  return new Fields(json, '', path);
}

/** The content of a profile; throws SyntaxError when it is not JSON. */
export function profileJson(text: string): unknown {
  return JSON.parse(text.replace(/^\uFEFF/, ''));
}

/** Whether the text of a profile is a JSON object with this key; false also when it is not valid JSON. */
export function profileHas(text: string, key: string): boolean {
  try {
    const json = profileJson(text);
    return typeof json === 'object' && json !== null && key in json;
  } catch {
    return false;
  }
}

export async function readModelText(path: string, remedy: string): Promise<string> {
  try {
    return (await readRegular(path)).toString('utf8');
  } catch (error) {
    throw new ModelError(english('{0} cannot be read ({1}). {2}', path, (error as NodeJS.ErrnoException).code ?? String(error), remedy));
  }
}

export async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

/** Rejects a missing or empty file, and the Git LFS pointer that a clone without Git LFS has in place of the model. */
async function refusePointer(path: string, why: string): Promise<void> {
  if (!(await isFile(path)))
    throw new ModelError(english('{0} does not exist; {1}. Put the file there or correct the profile.', path, why));
  const file = await openRegular(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
    const head = buffer.toString('latin1', 0, bytesRead);
    if (bytesRead === 0) throw new ModelError(english('{0} is empty; {1}. Download {2} again.', path, why, basename(path)));
    if (head.startsWith('version https://git-lfs')) {
      throw new ModelError(english('{0} is a Git LFS pointer, not the file itself. Fetch it with "git lfs pull" in its repository.', path));
    }
  } finally {
    await file.close();
  }
}
