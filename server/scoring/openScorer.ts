import { homedir } from 'node:os';
import { join } from 'node:path';
import { bundledModel, inferenceEntry } from '../bundled.js';
import type { Device } from '../inference/protocol.js';
import { createModelScorer, type ScorerHost } from './backends/modelScorer.js';
import { createLocalCritique } from './localCritique.js';
import { createScorer } from './onnxScorer.js';
import type { Scorer } from './scorer.js';

/** The settings of a scorer. A change of any of them needs another model or session. */
export interface ScorerSettings {
  /** Folder of the model; empty = the bundled one. */
  readonly modelPath: string;
  readonly device: Device;
  /** 0 = half of the cores, at most four. */
  readonly threads: number;
}

/** A scorer on ONNX Runtime; the bundled model when no other is named. */
export function createOnnxScorer(
  settings: ScorerSettings,
  { cacheFolder, log, isBackground = false }: Pick<ScorerHost, 'cacheFolder' | 'log' | 'isBackground'>,
  open: typeof createScorer = createScorer,
): Scorer {
  const { modelPath, device, threads } = settings;
  return open({
    modelFolder: modelPath === '' ? bundledModel : modelPath,
    device,
    threads,
    ...(cacheFolder !== undefined && { cacheFolder }),
    inferenceEntry,
    log,
    isBackground,
  });
}

/** Opens a scorer for any model: on the server that its profile names, else on ONNX Runtime. */
export function openScorer(settings: ScorerSettings, host: ScorerHost): Scorer {
  const openLocal = (kind: 'critique' | 'graph') =>
    createOnnxScorer(settings, host, kind === 'critique' ? createLocalCritique : createScorer);
  // The bundled model is on this machine, and the only one an untrusted workspace has.
  if (settings.modelPath === '') return openLocal('graph');
  return createModelScorer({ ...host, modelFolder: settings.modelPath }, openLocal);
}

/** Where the command line keeps scores: the platform's folder for caches. */
export function defaultCacheFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const base =
    platform === 'win32'
      ? (env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'))
      : platform === 'darwin'
        ? join(homedir(), 'Library', 'Caches')
        : env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(base, 'steplens', 'scores');
}
