import type { Verifier } from '../answers/verifier.js';
import type { PolicyChoice, PolicyHost } from '../labeling/policies/openPolicy.js';
import type { Policy } from '../labeling/policy.js';
import type { ScorerSettings } from '../scoring/openScorer.js';
import type { Scorer } from '../scoring/scorer.js';
import type { Styled } from './terminal.js';

/** A stream of the terminal, as the commands use it. */
export interface Output {
  write(text: string | Styled): unknown;
  readonly isTTY?: boolean;
  /** Width in characters, when it is a terminal. */
  readonly columns?: number;
}

/** Everything a command needs from outside. */
export interface CliWorld {
  readonly out: Output;
  readonly err: Output;
  readonly version: string;
  readonly isColorful: boolean;
  /** Aborted by Ctrl-C, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
  /**
   * `cacheFolder` undefined: scores are not kept. `servers`: origins named on the command line, which may receive text
   * and the key from the environment.
   */
  createScorer(settings: ScorerSettings, cacheFolder: string | undefined, servers: readonly string[]): Scorer;
  /** The verifier of final answers. */
  openVerifier(): Verifier;
  /** Throws PolicyError. */
  openPolicy(choice: PolicyChoice, host: Pick<PolicyHost, 'key' | 'log'>): Policy;
  /** Where scores are kept between runs. */
  readonly cacheFolder: string;
  /** The command line that starts this command again: the interpreter and the script. */
  readonly program: readonly string[];
  /** Environment variables, which contain the keys of servers. */
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds. */
  now(): number;
  /** ms since 1970. */
  date(): number;
  /** Runs the language server until its client leaves. */
  serve(): void;
}

/** One command, one file; `cli.ts` lists them. */
export interface CliCommand {
  readonly name: string;
  readonly summary: string;
  /** Text of `steplens help <name>`. */
  readonly help: string;
  /**
   * Returns the exit code; undefined keeps the process running. A UsageError and a ModelError are reported by the
   * caller.
   */
  run(args: readonly string[], world: CliWorld): Promise<number | undefined>;
}

/** Exit codes: a public contract, documented in the README. */
export const exitCodes = { done: 0, findings: 1, unusable: 2, interrupted: 130 } as const;

/** The command was called in a way it does not understand. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
