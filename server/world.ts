import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { version } from '../package.json';
import { openEditorJudge, openEditorPolicy } from './editorPolicy.js';
import { readDocument } from './formats/registry.js';
import { findImages, locateImages } from './images.js';
import { readerFailed } from './language/diagnostics.js';
import { createLabeler } from './labeler.js';
import type { Reader } from './openDocument.js';
import { createModelScorer, type ScorerHost } from './scoring/backends/modelScorer.js';
import { createScorer } from './scoring/onnxScorer.js';
import type { Scorer } from './scoring/scorer.js';
import type { World } from './server.js';
import type { ScorerSettings } from './service.js';

/** Longest text read in the editor, in UTF-16 units; the command line reads any length. */
const editorMaxLength = 32_000_000;

/** `server/` in the sources, `dist/` when bundled: both are one below the root. */
const here = import.meta.url;
const bundledModel = fileURLToPath(new URL('../media/models/mini', here));
const bundledPolicy = fileURLToPath(new URL('../media/models/mini/policy', here));
const inferenceEntry = fileURLToPath(new URL(here.endsWith('.ts') ? './inference/main.ts' : './inference.js', here));

export { bundledPolicy, inferenceEntry, version };

/** A scorer on ONNX Runtime; the bundled model when no other is named. */
export function createOnnxScorer(settings: ScorerSettings, { cacheFolder, log }: Pick<ScorerHost, 'cacheFolder' | 'log'>): Scorer {
  const { modelPath, device, threads } = settings;
  return createScorer({
    modelFolder: modelPath === '' ? bundledModel : modelPath,
    device,
    threads,
    ...(cacheFolder !== undefined && { cacheFolder }),
    inferenceEntry,
    log,
  });
}

/** The key of a scoring server from the environment; settings and profiles never hold one. */
export function scoringKey(env: NodeJS.ProcessEnv): string | undefined {
  return env.STEPLENS_API_KEY || undefined;
}

/** A scorer for any model: at the server its profile names, else on ONNX Runtime. */
export function openScorer(settings: ScorerSettings, host: ScorerHost): Scorer {
  const openLocal = () => createOnnxScorer(settings, host);
  // The bundled model is on this machine, and the only one an untrusted workspace has.
  if (settings.modelPath === '') return openLocal();
  return createModelScorer({ ...host, modelFolder: settings.modelPath }, openLocal);
}

/** Where the command line keeps scores: the platform's folder for caches. */
export function defaultCacheFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const base =
    platform === 'win32' ? (env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local')) :
    platform === 'darwin' ? join(homedir(), 'Library', 'Caches') :
    env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(base, 'steplens', 'scores');
}

/**
 * Reads a text of an editor. An empty one is claimed only where nothing but records can stand in it (JSON Lines), and a
 * reader that fails is a fault of the document, not the end of the server.
 */
export const readInEditor: Reader = (text, { languageId }) => {
  if (text.trim() === '' && languageId !== 'jsonl') return undefined;
  try {
    return readDocument(text, languageId, editorMaxLength);
  } catch (error) {
    return { format: 'none', problems: [], faults: [readerFailed(error)] };
  }
};

export function createWorld(): World {
  return {
    version,
    read: readInEditor,
    createScorer: (settings, host) => openScorer(settings, { ...host, apiKey: async (url) => (await host.apiKey(url)) ?? scoringKey(process.env) }),
    createLabeler: (options) => createLabeler(
      (name) => openEditorPolicy(name, { bundledPolicy, inferenceEntry, ...options }),
      (algebra, judge) => openEditorJudge(algebra, judge, options),
    ),
    findImages,
    locateImages,
    readText: (uri) => readFile(fileURLToPath(uri), 'utf8'),
    clock: {
      after(ms, action) {
        const timer = setTimeout(action, ms);
        return () => clearTimeout(timer);
      },
    },
  };
}
