/** Files that several test files use, created once before the first of them runs. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The child's program, bundled as shipped. It is below node_modules, so that it finds the native runtime. */
export const inferenceEntry = join(root, 'node_modules/.cache/steplens-test/inference.js');

/** The bundled model. */
export const mini = join(root, 'media/models/mini');

/** The bundled model without its scope, because these tests score texts of any kind. */
export const unscopedMini = join(root, 'node_modules/.cache/steplens-test/mini');

export function setup(): void {
  buildSync({
    entryPoints: [join(root, 'server/inference/main.ts')],
    outfile: inferenceEntry,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['onnxruntime-node'],
    logLevel: 'error',
  });
  mkdirSync(unscopedMini, { recursive: true });
  for (const name of ['model.onnx', 'tokenizer.json', 'tokenizer_config.json']) copyFileSync(join(mini, name), join(unscopedMini, name));
  const { scope: _scope, ...unscoped } = JSON.parse(readFileSync(join(mini, 'prm.json'), 'utf8')) as Record<string, unknown>;
  writeFileSync(join(unscopedMini, 'prm.json'), JSON.stringify(unscoped));
}
