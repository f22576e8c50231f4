import { type ChildProcess, fork } from 'node:child_process';
import { vulkanEnvironment } from './machine.js';

/** A child that nobody asked for ends after so long: the editor has shown nothing to score. */
const longestWaitMs = 60_000;

/** Children that were started before anybody needed one, by their program. */
const waiting = new Map<string, ChildProcess>();

/**
 * Starts a child before anything asks for one, so that Node and the runtime load while this process still loads itself; the next
 * `takeChild` gets it. It keeps this process from nothing, and ends with it.
 *
 * @param likely The graph that is probably loaded first; see `Engine.openEarly`.
 */
export function startEarly(entry: string, likely?: string): void {
  const child = forkChild(entry, likely === undefined ? [] : [likely]);
  const forget = () => {
    if (waiting.get(entry) === child) waiting.delete(entry);
  };
  child.once('exit', forget);
  child.once('error', forget);
  for (const handle of [child, child.channel, child.stdout, child.stderr] as ({ unref?(): void } | null | undefined)[]) handle?.unref?.();
  setTimeout(() => {
    if (waiting.get(entry) !== child) return;
    forget();
    child.kill();
  }, longestWaitMs).unref();
  waiting.set(entry, child);
}

/** A child that runs this program: the one that waits, or a new one. */
export function takeChild(entry: string): ChildProcess {
  const child = waiting.get(entry);
  waiting.delete(entry);
  return child ?? forkChild(entry);
}

function forkChild(entry: string, parameters: readonly string[] = []): ChildProcess {
  return fork(entry, parameters, {
    serialization: 'advanced',
    // Its standard output must not reach ours, which may carry the language server's messages.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [...(entry.endsWith('.ts') ? ['--import', 'tsx'] : []), ...inspectArguments(process.env)],
    // TF32 rounds factors to 10 bits, by default: scores would differ from the CPU's by up to 6e-3, for a speed that few models gain.
    env: { NVIDIA_TF32_OVERRIDE: '0', ...vulkanEnvironment(process.env), ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  });
}

/** A debugger attaches to the child at the port that the extension under debugging names. */
function inspectArguments({ STEPLENS_INFERENCE_INSPECT: port }: NodeJS.ProcessEnv): string[] {
  return port !== undefined && /^\d+$/.test(port) ? [`--inspect=${port}`] : [];
}
