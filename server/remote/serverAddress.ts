import { english } from '../l10n.js';
/**
 * The base URL of a server as it is used: `http:` or `https:`, without a slash at its end. Throws an error that says what is
 * wrong with it and does not repeat what may be a key.
 *
 * @param what What the URL is for, as a sentence begins with it: "The policy".
 */
export function serverAddress(text: string, what: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || !/^https?:\/\//i.test(text.trim()))
    throw new AddressError(
      english('{0} "{1}" is not the URL of a server: write it like http://localhost:8000/v1.', what, withoutSecrets(text)),
    );
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new AddressError(
      english('{0} at {1} must have no user, password, query or fragment in its URL. {2}', what, url.origin, whereKeysGo()),
    );
  return text.trim().replace(/\/+$/, '');
}

/** Where a key belongs instead of a file, a setting or a URL. */
export function whereKeysGo(): string {
  return english(
    'Keys stay out of files and URLs: in VS Code run "StepLens: Set Server Key…", elsewhere set the environment variables STEPLENS_API_KEY and STEPLENS_API_URL.',
  );
}

/** A server that takes no key, or another one. `message`: what it said. */
export function refusedKey(url: string, message: string): string {
  return english(
    'The server at {0} refuses the key: {1} In VS Code run "StepLens: Set Server Key…"; elsewhere put the right key into the environment variable STEPLENS_API_KEY, with the server\'s address in STEPLENS_API_URL.',
    url,
    message,
  );
}

/** A text cannot be the address of a server; the message says why. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
}

/** A URL, or what was meant as one, without user, password, query and fragment: for messages and logs. */
export function withoutSecrets(text: string): string {
  return text
    .replace(/[?#][\s\S]*$/, '')
    .replace(/^([a-z][a-z\d+.-]*:)?(\/*)[^/]*@/i, (_, scheme: string | undefined, slashes: string) => `${scheme ?? ''}${slashes}`);
}
