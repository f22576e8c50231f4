import { join, resolve } from 'node:path';
import { FolderError } from '../labeling/labelError.js';
import { writeRunFile } from '../labeling/runFiles.js';
import { makeFolder } from '../labeling/runLock.js';
import { type CliWorld, exitCodes } from './command.js';

/**
 * Writes `label.sbatch`, an array of `steplens label ARGS --shared` tasks, into a run's folder. Returns the exit code.
 */
export async function writeArray(folder: string, tasks: number, args: readonly string[], { out, err, program }: CliWorld): Promise<number> {
  const script = join(folder, 'label.sbatch');
  try {
    await makeFolder(folder);
    await writeRunFile(script, slurmScript(folder, tasks, args, program));
  } catch (error) {
    if (!(error instanceof FolderError)) throw error;
    err.write(`steplens: ${error.message}\n`);
    return exitCodes.unusable;
  }
  out.write(`sbatch ${quoted(script)}\n`);
  return exitCodes.done;
}

/**
 * Returns the script. Slurm sends SIGTERM two minutes before the time limit. The run then ends as with Ctrl-C, and the
 * same script, submitted again, continues it. `program`: the command that runs StepLens, such as `node /path/cli.js`.
 */
export function slurmScript(folder: string, tasks: number, args: readonly string[], program: readonly string[]): string {
  const own = args.filter((arg, i) => arg !== '--shared' && !arg.startsWith('--slurm') && args[i - 1] !== '--slurm');
  const command = own.map((arg, i) => (isTasksOwn(arg, own[i - 1]) ? `${quoted(arg)}".$SLURM_ARRAY_TASK_ID"` : quoted(arg)));
  return `#!/bin/bash
#SBATCH --job-name=steplens-label
#SBATCH --array=0-${tasks - 1}
#SBATCH --cpus-per-task=2
#SBATCH --time=24:00:00
#SBATCH --signal=TERM@120
#SBATCH --requeue
#SBATCH --output="${resolve(folder).replaceAll('%', '%%')}/slurm-%A_%a.log"
cd ${quoted(process.cwd())} || exit 1
exec srun --ntasks=1 ${[...program, 'label'].map(quoted).join(' ')} ${command.join(' ')} --shared
`;
}

/** Whether an argument names a file that each task writes for itself: the task's number is appended to its name. */
function isTasksOwn(arg: string, before: string | undefined): boolean {
  return /^--(?:progress-json|metrics)=/.test(arg) || before === '--progress-json' || before === '--metrics';
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
