import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Work on shorter texts leaves little behind. UTF-16 units. */
const LARGE = 5_000_000;

/**
 * Frees what was left behind before a large text is worked on: the message that brought it, or what an edit has replaced. By itself V8 waits
 * until about twice the memory in use is taken, and a text of 40 MB with its reading is most of the server's memory.
 */
export function collectBefore({ length }: { readonly length: number }): void {
  if (length < LARGE) return;
  // Node offers this only behind a flag of its command line, which the editor that starts the server does not set.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  collect();
}
