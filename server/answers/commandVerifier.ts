import { spawn } from 'node:child_process';
import type { Verdict } from './verdict.js';
import { undecided, type Verifier, type VerifyRequest } from './verifier.js';

export interface CommandLimits {
  /** For one answer, in milliseconds. */
  readonly timeout: number;
  /** Commands at once. */
  readonly concurrency: number;
}

const MAX_OUTPUT = 64 * 1024;

/**
 * A verifier of the user's own: a command line, run by the shell for each answer. It reads one JSON object from standard input,
 * `{"question", "reference", "answer", "solution"}` (`answer` is null when none is marked, `solution` the list of steps), and
 * prints one, `{"verdict": "right" | "wrong" | "undecided", "reason"?}`. A command that fails, prints anything else or takes too
 * long makes the answer undecided, never wrong (VisualPRM's reference code counts an exception as wrong).
 */
export function openCommandVerifier(
  command: string,
  { timeout, concurrency }: CommandLimits = { timeout: 30_000, concurrency: 4 },
): Verifier {
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
        // The place goes to the next one that waits.
        const next = waiting.shift();
        if (next) next();
        else running--;
      }
    },
    dispose: () => Promise.resolve(),
  };
}

async function verdictOf(
  command: string,
  timeout: number,
  { question, reference, answer, solution, signal }: VerifyRequest,
): Promise<Verdict> {
  const input = JSON.stringify({ question: question ?? '', reference, answer: answer ?? null, solution: solution ?? [] });
  const result = await runCommand(command, input, timeout, signal);
  signal?.throwIfAborted();
  return typeof result === 'string' ? readVerdict(result) : undecided(result.isTimeout ? 'limit' : 'error', result.failure);
}

function readVerdict(output: string): Verdict {
  let value: unknown;
  try {
    value = JSON.parse(output);
  } catch {
    return undecided('error', 'The verifier did not print one JSON object.');
  }
  const { verdict, reason } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (verdict !== 'right' && verdict !== 'wrong' && verdict !== 'undecided') {
    return undecided('error', 'The verifier printed no "verdict" of right, wrong or undecided.');
  }
  return { verdict, method: 'own', ...(typeof reason === 'string' && { reason: reason.slice(0, 500) }) };
}

interface CommandFailure {
  readonly failure: string;
  readonly isTimeout: boolean;
}

/** Standard output of a command that succeeds. The command and what it started end with the limit and with the signal. */
function runCommand(command: string, input: string, timeout: number, signal: AbortSignal | undefined): Promise<string | CommandFailure> {
  return new Promise((resolve) => {
    const isPosix = process.platform !== 'win32';
    const child = spawn(command, { shell: true, detached: isPosix, stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    let complaint = '';
    let stopped: CommandFailure | undefined;
    const stop = (failure: string, isTimeout: boolean): void => {
      stopped ??= { failure, isTimeout };
      // A group of its own: the shell's children end, too.
      try {
        if (isPosix && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
        else child.kill('SIGKILL');
      } catch {
        // It has ended already.
      }
    };
    const timer = setTimeout(() => stop(`The verifier took longer than ${timeout / 1000} s.`, true), timeout);
    const onAbort = (): void => stop('The verifier was cancelled.', false);
    signal?.addEventListener('abort', onAbort, { once: true });
    const finish = (result: string | CommandFailure): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve(stopped ?? result);
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length > MAX_OUTPUT) stop(`The verifier printed more than ${MAX_OUTPUT / 1024} kB.`, false);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-2000);
    });
    child.on('error', (error) => finish({ failure: `The verifier cannot be started: ${error.message}`, isTimeout: false }));
    child.on('close', (code) => {
      const last = complaint.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
      finish(code === 0 ? output : { failure: `The verifier ended with code ${code}${last === '' ? '' : `: ${last}`}.`, isTimeout: false });
    });
    // A command that reads nothing closes its input early.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
