import { ModelError } from '../models/modelError.js';
import { type CliCommand, type CliWorld, exitCodes, UsageError } from './command.js';
import { costCommand } from './cost.js';
import { debug } from './debug.js';
import { doctor } from './doctor.js';
import { evaluate } from './evaluate.js';
import { exportCommand } from './export.js';
import { exportModel } from './exportModel.js';
import { label } from './label.js';
import { lsp } from './lsp.js';
import { mcp } from './mcp.js';
import { quantise } from './quantise.js';
import { score } from './score.js';
import { serveCommand } from './serve.js';
import { suspects } from './suspects.js';
import { type Stream, terminal } from './terminal.js';
import { verify } from './verify.js';

export const commands: readonly CliCommand[] = [
  score,
  label,
  costCommand,
  evaluate,
  suspects,
  verify,
  exportCommand,
  exportModel,
  quantise,
  doctor,
  serveCommand,
  lsp,
  mcp,
  debug,
];

/** Runs `steplens ARGS`; resolves with the exit code, undefined when the process has to keep running. */
export function runCli(
  args: readonly string[],
  { out, err, ...world }: Omit<CliWorld, 'out' | 'err'> & { readonly out: Stream; readonly err: Stream },
): Promise<number | undefined> {
  return runCommand(args, { ...world, out: terminal(out), err: terminal(err) });
}

async function runCommand(args: readonly string[], world: CliWorld): Promise<number | undefined> {
  const [name, ...rest] = args;
  const command = commands.find((one) => one.name === name);
  if (name === '--version' || name === '-v') return print(world, `${world.version}\n`);
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const about = commands.find((one) => one.name === rest[0]);
    if (name === undefined) {
      world.err.write(overview());
      return exitCodes.unusable;
    }
    return print(world, about ? about.help : overview());
  }
  if (!command) return refuse(world, `"${name}" is not a command of steplens`, '');
  if (rest.includes('--help') || rest.includes('-h')) return print(world, command.help);
  try {
    return await command.run(rest, world);
  } catch (error) {
    if (error instanceof UsageError) return refuse(world, error.message, ` ${command.name}`);
    if (world.signal.aborted) return exitCodes.interrupted;
    if (!(error instanceof ModelError)) throw error;
    world.err.write(`steplens: ${error.message}\n`);
    return exitCodes.unusable;
  }
}

function overview(): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}   ${summary}`);
  return `Usage: steplens COMMAND [OPTIONS]\n\n${lines.join('\n')}\n\n"steplens COMMAND --help" lists its options; "steplens --version" prints the version.\n`;
}

function print({ out }: CliWorld, text: string): number {
  out.write(text);
  return exitCodes.done;
}

function refuse({ err }: CliWorld, message: string, about: string): number {
  err.write(`steplens: ${message}. See "steplens${about} --help".\n`);
  return exitCodes.unusable;
}
