import { verifyAnswer } from './rules.js';
import type { Verifier } from './verifier.js';

/** The built-in rules in this thread, for tests and scripts. Their work is bounded, but they have no time limit. */
export function localVerifier(): Verifier {
  return {
    name: 'rules',
    verify: (request) => Promise.resolve(verifyAnswer(request)),
    dispose: () => Promise.resolve(),
  };
}
