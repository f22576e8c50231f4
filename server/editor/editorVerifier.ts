import { openOwnVerifier } from '../answers/ownVerifier.js';
import type { Verifier } from '../answers/verifier.js';
import { originOf } from '../remote/serverKeys.js';
import type { EditorPolicyOptions } from './editorPolicy.js';

/**
 * Opens the verifier in `steplens.verifier` (a command or an endpoint), else the rules. An endpoint gets the key stored
 * for its server, and nothing before the user consents. Disposing it leaves the rules open. Throws AddressError.
 */
export async function openEditorVerifier(
  rules: Verifier,
  choice: string,
  { key, log, requireConsent }: Pick<EditorPolicyOptions, 'key' | 'log' | 'requireConsent'>,
): Promise<Verifier> {
  if (choice === '') return { name: rules.name, verify: (request) => rules.verify(request), dispose: () => Promise.resolve() };
  requireConsent(choice);
  const own = openOwnVerifier(choice, { apiKey: originOf(choice) === undefined ? undefined : await key(choice), log });
  return {
    name: own.name,
    async verify(request) {
      requireConsent(choice);
      return own.verify(request);
    },
    dispose: () => own.dispose(),
  };
}
