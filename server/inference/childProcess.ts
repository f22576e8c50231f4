import { type ChildProcess, fork } from 'node:child_process';
import { vulkanEnvironment } from './machine.js';

/** Milliseconds after which an unused early child is ended: the editor has shown nothing to score. */
const longestWaitMs = 60_000;

/** Children that were started early and are not used yet, by their program. */
const waiting = new Map<string, ChildProcess>();

/**
 * Starts a child before it is needed, so that Node and the runtime load while this process is still loading; the next
 * `takeChild` returns it. The child does not keep this process alive, and ends with it.
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

/** Returns a child that runs this program: the one started early, or a new one. */
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
    // By default CUDA rounds factors to 10 bits (TF32): scores would differ from the CPU's by up to 6e-3, and few
    // models become faster.
    env: { NVIDIA_TF32_OVERRIDE: '0', ...vulkanEnvironment(process.env), ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  });
}

/** `STEPLENS_INFERENCE_INSPECT` is the port at which a debugger can attach to the child. */
function inspectArguments({ STEPLENS_INFERENCE_INSPECT: port }: NodeJS.ProcessEnv): string[] {
  return port !== undefined && /^\d+$/.test(port) ? [`--inspect=${port}`] : [];
}
