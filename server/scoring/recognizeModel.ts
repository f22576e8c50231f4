import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readRegular } from '../disk/readRegular.js';
import { type GraphFiles, graphFolders, graphNames, isFile } from '../models/modelFiles.js';
import { loadTokenizer } from '../models/tokenizer.js';
import { recognizeFamilies } from './families/families.js';
import type { Family, ModelTraits } from './families/family.js';
import { readGraphTensors } from './graphTensors.js';

export interface RecognizedModel {
  /** Relative to the model's folder. */
  readonly graph: GraphFiles;
  /** Folder of the model it may be compared with, relative to its own. */
  readonly reference?: string;
  /** Several if the files do not identify one. */
  readonly families: readonly Family[];
}

/**
 * Which families a model without `prm.json` may be of, by its graph's inputs and outputs, its vocabulary and its
 * `config.json`; undefined when there is no graph or no tokenizer. Rejects with ModelError when one of them is damaged.
 */
export async function recognizeModel(modelFolder: string): Promise<RecognizedModel | undefined> {
  const graph = await findGraph(modelFolder);
  const tokenizerPath = join(modelFolder, 'tokenizer.json');
  if (graph === undefined || !(await isFile(tokenizerPath))) return undefined;
  const [{ inputs, outputs }, tokenizer] = await Promise.all([
    readGraphTensors(join(modelFolder, typeof graph === 'string' ? graph : graph.decoder)),
    loadTokenizer(tokenizerPath),
  ]);
  const architecture = await readArchitecture(modelFolder);
  const hasReference = (await findGraph(join(modelFolder, referenceFolder))) !== undefined;
  const width = outputs.find(({ name }) => name === 'logits')?.dims.at(-1);
  const traits: ModelTraits = {
    ...(architecture !== undefined && { architecture }),
    ...(width !== undefined && { width }),
    takesImages: inputs.some(({ name }) => name === 'pixel_values' || name === 'inputs_embeds'),
    hasReference,
    hasToken: (text) => tokenizer.hasPiece(text),
  };
  return { graph, ...(hasReference && { reference: referenceFolder }), families: recognizeFamilies(traits) };
}

/** The smallest `prm.json` of a recognized model. */
export function shortestProfile({ graph, reference }: RecognizedModel, { id, profile }: Family): string {
  return JSON.stringify({ family: id, graph, ...(profile.readout.kind === 'log-ratio' && { reference }) });
}

const referenceFolder = 'reference';

async function findGraph(modelFolder: string): Promise<GraphFiles | undefined> {
  for (const folder of graphFolders) {
    const files = new Set(await readdir(join(modelFolder, folder)).catch(() => []));
    const inFolder = (name: string) => (folder === '' ? name : `${folder}/${name}`);
    const name = graphNames.find((one) => files.has(one));
    if (name === undefined) continue;
    const isInParts = name !== 'model.onnx' && files.has('embed_tokens.onnx') && files.has('vision_encoder.onnx');
    return isInParts
      ? { decoder: inFolder(name), embeddings: inFolder('embed_tokens.onnx'), vision: inFolder('vision_encoder.onnx') }
      : inFolder(name);
  }
  return undefined;
}

async function readArchitecture(modelFolder: string): Promise<string | undefined> {
  try {
    const config = JSON.parse((await readRegular(join(modelFolder, 'config.json'))).toString('utf8')) as { architectures?: unknown } | null;
    const [first] = Array.isArray(config?.architectures) ? (config.architectures as unknown[]) : [];
    return typeof first === 'string' ? first : undefined;
  } catch {
    return undefined;
  }
}
