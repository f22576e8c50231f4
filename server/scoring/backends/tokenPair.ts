import { english } from '../../l10n.js';
import { itemAt, mustHave } from '../../reasoning/present.js';
import { readChoices } from '../../remote/choices.js';
import { RequestFailure } from '../../remote/requestFailure.js';
import type { PathScore } from './backend.js';

/** The most that OpenAI and vLLM (`--max-logprobs`) return. */
export const topLogprobs = 20;
/** Largest accepted change of the score by a token outside the list. */
const tolerance = 0.01;

/** A possible token at one position of a reply. */
export interface ListedToken {
  readonly token: string;
  readonly probability: number;
}

/**
 * P(positive) against P(negative) for the first token of a chat reply, from its list of likeliest tokens; the likeliest
 * spelling of each counts. The probability of an unlisted token is limited by the smallest one in the list and by
 * 1 minus the list's sum. If that cannot change the score, the token counts as 0 (the reference code uses e^-100);
 * else there is no score.
 */
export function readTokenPair(reply: unknown, positive: readonly string[], negative: readonly string[]): PathScore {
  const [choice] = readChoices(reply);
  const content = (choice as { logprobs?: { content?: unknown } | null } | undefined)?.logprobs?.content;
  const [first] = Array.isArray(content) ? (content as ({ top_logprobs?: unknown } | null)[]) : [];
  return likelierOf(readListed(first), (token) => token, positive, negative);
}

/** Reads the likeliest tokens at a position of a reply. Throws RequestFailure when the server gives none. */
export function readListed(place: { readonly top_logprobs?: unknown } | null | undefined): ListedToken[] {
  if (!Array.isArray(place?.top_logprobs)) {
    throw new RequestFailure(
      english(
        "The server gives no log-probabilities ('logprobs', 'top_logprobs'), from which the score is read: use one that does, as vLLM.",
      ),
    );
  }
  return (place.top_logprobs as ({ token?: unknown; logprob?: unknown } | null)[]).flatMap((one) =>
    typeof one?.token === 'string' && typeof one.logprob === 'number' ? [{ token: one.token, probability: Math.exp(one.logprob) }] : [],
  );
}

/** Does the same for the tokens listed at any position. `spelled` unifies spellings with the same meaning. */
export function likelierOf(
  listed: readonly ListedToken[],
  spelled: (token: string) => string,
  positive: readonly string[],
  negative: readonly string[],
): PathScore {
  const [yes, no] = [positive, negative].map((tokens) =>
    listed.reduce<number | undefined>(
      (best, { token, probability }) => (tokens.includes(spelled(token)) && !(probability <= (best ?? -1)) ? probability : best),
      undefined,
    ),
  );
  const pair = english('{0} nor {1}', JSON.stringify(positive[0]), JSON.stringify(negative[0]));
  if (yes === undefined && no === undefined) {
    return {
      skipped: english(
        'Neither {0} is among the {1} likeliest answers of the model, which begin with {2}.',
        pair,
        listed.length,
        JSON.stringify(listed[0]?.token ?? ''),
      ),
    };
  }
  if (yes !== undefined && no !== undefined) return yes / (yes + no);
  const left = Math.max(0, 1 - listed.reduce((sum, { probability }) => sum + probability, 0));
  const most = Math.min(left, ...listed.map(({ probability }) => probability));
  const one = mustHave(yes ?? no, 'listed token');
  if (most > tolerance * (one + most)) {
    const missing = yes === undefined ? positive[0] : negative[0];
    return {
      skipped: english(
        '{0} is not among the {1} likeliest answers of the model, but may be likely enough ({2} against {3}) to change the score.',
        JSON.stringify(missing),
        listed.length,
        most.toPrecision(2),
        one.toPrecision(2),
      ),
    };
  }
  return yes === undefined ? 0 : 1;
}

/** Averages the replies that have a score. If there are none, returns the reason of the first. */
export function averageScore(scores: readonly PathScore[]): PathScore {
  const numbers = scores.filter((score) => typeof score === 'number');
  return numbers.length > 0 ? numbers.reduce((sum, score) => sum + score, 0) / numbers.length : itemAt(scores, 0);
}
