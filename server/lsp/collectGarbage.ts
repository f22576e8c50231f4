import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Minimum length of a large text, in UTF-16 units. Work on shorter texts leaves little garbage. */
const LARGE = 5_000_000;

/**
 * Collects garbage before work on a large text: the message that carried it, or what an edit has replaced. V8 alone
 * waits until about twice the memory in use is taken, and a text of 40 MB and its reading take most of the memory.
 */
export function collectBefore({ length }: { readonly length: number }): void {
  if (length < LARGE) return;
  // Node exposes `gc` only with a command-line flag, which the editor that starts the server does not set.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  collect();
}
