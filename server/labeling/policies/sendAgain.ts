import { english } from '../../l10n.js';
import type { ProblemImage } from '../../models/images/imageFile.js';
import { type Exchange, imageDigest, onThisMachine, watchExchanges } from '../../remote/exchanges.js';
import { HttpClient } from '../../remote/httpClient.js';
import { RequestFailure } from '../../remote/requestFailure.js';
import { serverAddress } from '../../remote/serverAddress.js';
import type { KeptRequest } from '../keptRequests.js';
import { imageUrl } from './imageUrl.js';

/** A log may come from anyone. Only requests to these paths of a policy or judge are sent, and nothing else. */
const paths = /^(.*)(\/chat\/completions|\/completions|\/models)$/;

/** Why a kept request cannot be sent again, as a sentence; undefined when it can. */
export function whyNotAgain({ url, request, isCut }: KeptRequest): string | undefined {
  if (url === onThisMachine)
    return english(
      'A model on this machine wrote this: the same request with the same seed gives the same reply. Use "More Rollouts" to sample others.',
    );
  if (isCut === true && typeof request !== 'object') return english('The log keeps only a part of this request.');
  if (!paths.test(url)) return english('{0} is not the address of a policy or judge.', url);
  return undefined;
}

export interface AgainWorld {
  readonly images: readonly ProblemImage[];
  readonly apiKey: string | undefined;
  readonly signal: AbortSignal;
}

/** ms, as long as the editor waits for a policy. */
const timeout = 280_000;

/**
 * Sends a kept request again, with its image digests replaced by the images. Resolves with the exchange, even if it
 * failed. Rejects with AddressError, and with an Error when it cannot be sent again.
 */
export async function sendAgain(kept: KeptRequest, { images, apiKey, signal }: AgainWorld): Promise<Exchange> {
  const refusal = whyNotAgain(kept);
  if (refusal !== undefined) throw new Error(refusal);
  const [, base = '', path = ''] = paths.exec(kept.url) ?? [];
  const urls = await Promise.all(images.map(imageUrl));
  const body =
    kept.request === undefined ? undefined : (withImages(kept.request, new Map(urls.map((url) => [imageDigest(url), url]))) as object);
  const client = new HttpClient({
    url: serverAddress(base, english('The server')),
    apiKey,
    timeout,
    retries: 0,
    log: { info: () => undefined },
  });
  let exchange: Exchange | undefined;
  try {
    await watchExchanges(
      (one) => (exchange = one),
      [],
      () => client.json(path, body, signal),
    );
  } catch (error) {
    if (!(error instanceof RequestFailure)) throw error;
  }
  if (exchange === undefined) throw new Error(english('Nothing was sent.'));
  return exchange;
}

/** Replaces the digests in the log by the images. Throws when an image no longer exists. */
function withImages(value: unknown, images: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') {
    if (!/^data:[\w.+-]+\/[\w.+-]+;base64,\[\d+ characters, [0-9a-f]{32}\]$/.test(value)) return value;
    const image = images.get(value);
    if (image === undefined)
      throw new Error(
        english('An image of this request is not beside the log any more, or has changed. Put it back, or label the problem again.'),
      );
    return image;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => withImages(one, images));
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withImages(one, images)]));
}
