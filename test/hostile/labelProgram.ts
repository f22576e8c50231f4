import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Creates a temporary folder with the labeling program (`labelChild.ts`) bundled so that a process can run it. */
export async function labelProgram(prefix: string): Promise<{ readonly root: string; readonly program: string }> {
  const root = await mkdtemp(join(tmpdir(), prefix));
  const program = join(root, 'child.mjs');
  await build({
    entryPoints: ['test/hostile/labelChild.ts'],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  return { root, program };
}
