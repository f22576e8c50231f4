/** A user's own verifier: a command or an HTTP endpoint that gets one JSON object and answers with one. */
import { openCommandVerifier } from './commandVerifier.js';
import { type EndpointHost, openEndpointVerifier } from './endpointVerifier.js';
import type { Verifier } from './verifier.js';

export interface OwnVerifierLimits {
  /** For one answer, in milliseconds. */
  readonly timeout: number;
  /** Number of answers verified at the same time. */
  readonly concurrency: number;
}

const LIMITS: OwnVerifierLimits = { timeout: 30_000, concurrency: 4 };

/** Opens a command line or the endpoint at a URL as a verifier. Throws AddressError if the URL is not a server's. */
export function openOwnVerifier(choice: string, host: EndpointHost, limits = LIMITS): Verifier {
  return isEndpoint(choice) ? openEndpointVerifier(choice, host, limits) : openCommandVerifier(choice, limits);
}

/** Whether the user's choice names an endpoint; anything else is a command line. */
export function isEndpoint(choice: string): boolean {
  return /^https?:\/\//i.test(choice.trim());
}
