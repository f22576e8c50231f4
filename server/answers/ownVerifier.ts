/** A verifier of the user's own: a command or an HTTP endpoint, asked with one JSON object and answering with one. */
import { openCommandVerifier } from './commandVerifier.js';
import { type EndpointHost, openEndpointVerifier } from './endpointVerifier.js';
import type { Verifier } from './verifier.js';

export interface OwnVerifierLimits {
  /** For one answer, in milliseconds. */
  readonly timeout: number;
  /** Answers at once. */
  readonly concurrency: number;
}

const LIMITS: OwnVerifierLimits = { timeout: 30_000, concurrency: 4 };

/** Opens a command line, or the endpoint at a URL. Throws AddressError for a URL that cannot be that of a server. */
export function openOwnVerifier(choice: string, host: EndpointHost, limits = LIMITS): Verifier {
  return isEndpoint(choice) ? openEndpointVerifier(choice, host, limits) : openCommandVerifier(choice, limits);
}

/** Whether a choice of the user names an endpoint; anything else is a command line. */
export function isEndpoint(choice: string): boolean {
  return /^https?:\/\//i.test(choice.trim());
}
