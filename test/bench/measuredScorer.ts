import { readFileSync } from 'node:fs';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createScorer } from '../../server/scoring/onnxScorer.js';
import type { Scorer } from '../../server/scoring/scorer.js';

/** The child as it is shipped; `npm run bench` builds it. */
const inferenceEntry = fileURLToPath(new URL('../../dist/inference.js', import.meta.url));

/** A scorer that also reports the memory of its inference process. */
export interface MeasuredScorer extends Scorer {
  /** Current (`VmRSS`) or peak (`VmHWM`) memory in bytes; undefined on systems without /proc. */
  memory(what: 'VmRSS' | 'VmHWM'): number | undefined;
}

/** Copies a model to `folder` without its scope, so that it scores texts of any kind. */
export async function withoutScope(modelFolder: string, folder: string): Promise<string> {
  for (const name of ['model.onnx', 'tokenizer.json', 'tokenizer_config.json']) await copyFile(join(modelFolder, name), join(folder, name));
  const { scope: _, ...profile } = JSON.parse(await readFile(join(modelFolder, 'prm.json'), 'utf8')) as Record<string, unknown>;
  await writeFile(join(folder, 'prm.json'), JSON.stringify(profile));
  return folder;
}

/** A scorer on the CPU without a cache on disk. */
export function openMeasuredScorer(modelFolder: string, threads: number): MeasuredScorer {
  let child: number | undefined;
  const scorer = createScorer({
    modelFolder,
    device: 'cpu',
    threads,
    inferenceEntry,
    log: {
      info(message) {
        const started = /^Inference process (\d+) started/.exec(message)?.[1];
        if (started !== undefined) child = Number(started);
      },
      warn: (message) => console.warn(message),
    },
  });
  return {
    ...scorer,
    memory(what) {
      if (process.platform !== 'linux' || child === undefined) return undefined;
      const kilobytes = new RegExp(`^${what}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${child}/status`, 'utf8'))?.[1];
      return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
    },
  };
}
