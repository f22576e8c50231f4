import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError } from '../files/inputFiles.js';
import { ModelError } from '../models/modelError.js';
import { OnnxFileError } from '../onnx/readModel.js';
import { type CliWorld, exitCodes, UsageError } from './command.js';
import type { ProgressLine } from './progressLine.js';

/**
 * Makes a folder of a model: `fill` gets an empty folder, which gets the wanted name once it is complete. A call that
 * fails, or is interrupted or killed, leaves nothing behind.
 * @param named `--out`, as it was given. @returns the exit code
 */
export async function makeModelFolder(
  named: string,
  world: CliWorld,
  progress: ProgressLine,
  fill: (folder: string) => Promise<void>,
): Promise<number> {
  const out = resolve(named);
  let unfinished: string | undefined;
  try {
    if (await exists(out)) throw new UsageError(`${named} exists; name another folder with --out, or remove it`);
    await mkdir(dirname(out), { recursive: true });
    await removeAbandoned(out);
    unfinished = await mkdtemp(`${out}.unfinished-${process.pid}-`);
    await fill(unfinished);
    await rename(unfinished, out);
    world.out.write(`Written to ${named}; use it with "steplens score --model ${named}" or as steplens.model.path.\n`);
    return exitCodes.done;
  } catch (error) {
    progress.clear();
    if (world.signal.aborted) return exitCodes.interrupted;
    if (!isExpected(error)) throw error;
    world.err.write(`steplens: ${error.message}\n`);
    return exitCodes.unusable;
  } finally {
    if (unfinished !== undefined) await rm(unfinished, { recursive: true, force: true });
  }
}

/** Removes what killed processes have left beside `out`. */
async function removeAbandoned(out: string): Promise<void> {
  const start = `${basename(out)}.unfinished-`;
  for (const name of await readdir(dirname(out))) {
    const owner = name.startsWith(start) ? /^(\d+)-\w{6}$/.exec(name.slice(start.length))?.[1] : undefined;
    if (owner !== undefined && !isAlive(Number(owner))) await rm(join(dirname(out), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Whether a model, an input or a disk is the cause; system errors name their path themselves. */
function isExpected(error: unknown): error is Error {
  return (
    error instanceof ModelError ||
    error instanceof OnnxFileError ||
    error instanceof InputError ||
    (error instanceof Error && 'syscall' in error)
  );
}
