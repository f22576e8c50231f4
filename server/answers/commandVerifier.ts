import { spawn } from 'node:child_process';
import { english } from '../l10n.js';
import { ownRequest, ownVerdict } from './ownVerdict.js';
import type { OwnVerifierLimits } from './ownVerifier.js';
import type { Verdict } from './verdict.js';
import { undecided, type Verifier, type VerifyRequest } from './verifier.js';

const MAX_OUTPUT = 64 * 1024;

/**
 * Verifies with the user's command line, which the shell runs for each answer: one JSON object on standard input, one
 * on standard output, as `ownVerdict.ts` describes. A command that fails, prints anything else or takes too long makes
 * the answer undecided, never wrong (VisualPRM's reference code counts an exception as wrong).
 */
export function openCommandVerifier(command: string, { timeout, concurrency }: OwnVerifierLimits): Verifier {
  let running = 0;
  const waiting: (() => void)[] = [];
  return {
    name: `command ${command}`,
    async verify(request) {
      if (running >= concurrency) await new Promise<void>((resolve) => waiting.push(resolve));
      else running++;
      try {
        request.signal?.throwIfAborted();
        return await verdictOf(command, timeout, request);
      } finally {
        // The slot goes to the next waiting request.
        const next = waiting.shift();
        if (next) next();
        else running--;
      }
    },
    dispose: () => Promise.resolve(),
  };
}

async function verdictOf(command: string, timeout: number, request: VerifyRequest): Promise<Verdict> {
  const result = await runCommand(command, JSON.stringify(ownRequest(request)), timeout, request.signal);
  request.signal?.throwIfAborted();
  if (typeof result !== 'string') return undecided(result.isTimeout ? 'limit' : 'error', result.failure);
  try {
    return ownVerdict(JSON.parse(result));
  } catch {
    return undecided('error', english('The verifier did not print one JSON object.'));
  }
}

interface CommandFailure {
  readonly failure: string;
  readonly isTimeout: boolean;
}

/** The standard output of a command that succeeds. The time limit or the signal ends the command and its children. */
function runCommand(command: string, input: string, timeout: number, signal: AbortSignal | undefined): Promise<string | CommandFailure> {
  return new Promise((resolve) => {
    const isPosix = process.platform !== 'win32';
    const child = spawn(command, { shell: true, detached: isPosix, stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    let complaint = '';
    let stopped: CommandFailure | undefined;
    const stop = (failure: string, isTimeout: boolean): void => {
      stopped ??= { failure, isTimeout };
      // The command has its own process group, so the shell's children end too.
      try {
        if (isPosix && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
        else child.kill('SIGKILL');
      } catch {
        // It has already ended.
      }
    };
    const timer = setTimeout(() => stop(english('The verifier took longer than {0} s.', timeout / 1000), true), timeout);
    const onAbort = (): void => stop(english('The verifier was cancelled.'), false);
    signal?.addEventListener('abort', onAbort, { once: true });
    const finish = (result: string | CommandFailure): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve(stopped ?? result);
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length > MAX_OUTPUT) stop(english('The verifier printed more than {0} kB.', MAX_OUTPUT / 1024), false);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-2000);
    });
    child.on('error', (error) => finish({ failure: english('The verifier cannot be started: {0}', error.message), isTimeout: false }));
    child.on('close', (code, signalName) => {
      const last = complaint.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
      const by = code ?? signalName ?? '';
      const failure =
        last === '' ? english('The verifier ended with code {0}.', by) : english('The verifier ended with code {0}: {1}.', by, last);
      finish(code === 0 ? output : { failure, isTimeout: false });
    });
    // A command that does not read its input may close it early.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
