import { english } from '../l10n.js';
import { Gate } from '../remote/gate.js';
import { HttpClient } from '../remote/httpClient.js';
import { RequestFailure } from '../remote/requestFailure.js';
import { serverAddress } from '../remote/serverAddress.js';
import { ownRequest, ownVerdict } from './ownVerdict.js';
import type { OwnVerifierLimits } from './ownVerifier.js';
import type { Verdict } from './verdict.js';
import { undecided, type Verifier, type VerifyRequest } from './verifier.js';

export interface EndpointHost {
  /** The API key that is set for the endpoint's server. */
  readonly apiKey: string | undefined;
  readonly log: { info(message: string): void };
}

/** The most bytes of a reply. */
const LONGEST_REPLY = 64 * 1024;

/**
 * Verifies with the user's endpoint, by one POST request per answer, as `ownVerdict.ts` describes. Broken connections
 * and 5xx are tried again within the time limit. An endpoint that fails, answers anything else or is too slow makes the
 * answer undecided, never wrong. Throws AddressError.
 */
export function openEndpointVerifier(url: string, host: EndpointHost, { timeout, concurrency }: OwnVerifierLimits): Verifier {
  const address = serverAddress(url, 'The verifier');
  const client = new HttpClient({ url: address, ...host, timeout, mostBytes: LONGEST_REPLY });
  const gate = new Gate(concurrency);
  const closing = new AbortController();
  return {
    // Without the scheme: a verifier's name is part of a run, unlike the addresses of other servers.
    name: `endpoint ${address.replace(/^https?:\/\//i, '')}`,
    async verify(request) {
      const stop = request.signal === undefined ? closing.signal : AbortSignal.any([request.signal, closing.signal]);
      stop.throwIfAborted();
      return await gate.pass(() => verdictOf(client, request, timeout, stop), stop);
    },
    async dispose() {
      closing.abort();
      client.dispose();
      await Promise.resolve();
    },
  };
}

async function verdictOf(client: HttpClient, request: VerifyRequest, timeout: number, stop: AbortSignal): Promise<Verdict> {
  const late = AbortSignal.timeout(timeout);
  try {
    return ownVerdict(await client.json('', ownRequest(request), AbortSignal.any([stop, late])));
  } catch (error) {
    stop.throwIfAborted();
    if (late.aborted) return undecided('limit', english('The verifier took longer than {0} s.', timeout / 1000));
    if (error instanceof RequestFailure) return undecided('error', english('The verifier failed: {0}', error.message));
    throw error;
  }
}
