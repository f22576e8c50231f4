import { openOwnVerifier } from '../answers/ownVerifier.js';
import type { Verifier } from '../answers/verifier.js';
import { AddressError } from '../remote/serverAddress.js';
import { keyFor, originOf } from '../remote/serverKeys.js';
import { type CliWorld, UsageError } from './command.js';

export const verifierOption = { verifier: { type: 'string' } } as const;

/** Help text of the option, aligned to the column in which the other options of a command begin. */
export function verifierHelp(column: number): string {
  return `${'--verifier VERIFIER'.padEnd(column)}a command or the URL of an endpoint that verifies answers instead of the rules:\n${' '.repeat(column + 2)}JSON in, JSON out (docs/verifier.md)`;
}

/**
 * Opens the rules, or the verifier named on the command line; naming it is the user's consent to send it questions and
 * solutions. `named`: URLs of other servers on the command line (serverKeys.ts). Throws UsageError.
 */
export function openChosenVerifier(choice: string | undefined, world: CliWorld, named: readonly string[] = []): Verifier {
  if (choice === undefined) return world.openVerifier();
  const origins = [choice, ...named].flatMap((url) => originOf(url) ?? []);
  try {
    return openOwnVerifier(choice, {
      apiKey: keyFor(choice, world.env, origins),
      log: { info: (message) => void world.err.write(`steplens: ${message}\n`) },
    });
  } catch (error) {
    throw error instanceof AddressError ? new UsageError(error.message) : error;
  }
}
