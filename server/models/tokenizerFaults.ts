import { english } from '../l10n.js';

/** Maximum number of merges that are checked, spread over the list: checking all of them takes a third of a second. */
const mostMerges = 8192;
/** Lowest accepted ratio of merges to longer entries: a learned vocabulary has a merge for nearly every such entry. */
const leastMerged = 0.75;

export interface TokenizerJson {
  readonly model: {
    readonly type?: unknown;
    /** Ids by text, or a list of [text, score] whose indexes are the ids. */
    readonly vocab?: unknown;
    readonly merges?: unknown;
    readonly ignore_merges?: unknown;
  } | null;
  readonly added_tokens: readonly AddedToken[];
  readonly normalizer: unknown;
  readonly pre_tokenizer: unknown;
  readonly post_processor: unknown;
  readonly decoder: unknown;
}

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special?: boolean;
}

/**
 * Returns a contradiction in a `tokenizer.json` that the reference (the crate `tokenizers`) refuses or numbers
 * differently; undefined when there is none. Such a tokenizer would give other or negative tokens, and so wrong scores.
 */
export function tokenizerFault({ model, added_tokens: added = [], pre_tokenizer }: Partial<TokenizerJson>): string | undefined {
  if (!areTokens(added)) return english("'added_tokens' is not a list of tokens with their texts and numbers");
  const vocabulary = model?.vocab;
  if (Array.isArray(vocabulary)) {
    const textOf = (id: number) => String((vocabulary as readonly (readonly unknown[] | null)[])[id]?.[0]);
    const other = added.find(({ id, content }) => id < vocabulary.length && textOf(id) !== content);
    return other && sameNumber(other.content, textOf(other.id), other.id);
  }
  if (!model || typeof vocabulary !== 'object' || vocabulary === null) return english("'model.vocab' holds no vocabulary");
  const words = vocabulary as Readonly<Record<string, unknown>>;
  const fault = idFault(words, added);
  if (fault !== undefined || model.type !== 'BPE') return fault;
  return alphabetFault(words, pre_tokenizer) ?? mergeFault(words, added, model);
}

function areTokens(added: unknown): added is readonly AddedToken[] {
  return Array.isArray(added) && (added as readonly unknown[]).every((token) => isToken(token as Partial<AddedToken> | null));
}

function isToken(token: Partial<AddedToken> | null): boolean {
  return typeof token?.content === 'string' && token.content !== '' && isId(token.id);
}

function isId(id: unknown): id is number {
  return Number.isInteger(id) && (id as number) >= 0;
}

function idFault(words: Readonly<Record<string, unknown>>, added: readonly AddedToken[]): string | undefined {
  const textOf = new Map<number, string>();
  for (const word in words) {
    const id = words[word];
    if (!isId(id)) return english('the number of {0} is {1}', JSON.stringify(word), JSON.stringify(id));
    const other = textOf.get(id);
    if (other !== undefined) return sameNumber(other, word, id);
    textOf.set(id, word);
  }
  for (const { id, content } of added) {
    const own = Object.hasOwn(words, content) ? words[content] : undefined;
    if (own !== undefined && own !== id)
      return english('the number of {0} is {1}', JSON.stringify(content), english('{0} and {1}', JSON.stringify(own), id));
    const other = textOf.get(id);
    if (other !== undefined && other !== content) return sameNumber(other, content, id);
    textOf.set(id, content);
  }
  return undefined;
}

function sameNumber(one: string, other: string, id: number): string {
  return english('{0} and {1} have the same number, {2}', JSON.stringify(one), JSON.stringify(other), id);
}

/** Finds a byte that a byte-level vocabulary lacks: it would be dropped from every text. */
function alphabetFault(words: Readonly<Record<string, unknown>>, splitter: unknown): string | undefined {
  if (!JSON.stringify(splitter ?? null).includes('"ByteLevel"')) return undefined;
  const missing = byteLetters.findIndex((letter) => !Object.hasOwn(words, letter));
  return missing < 0
    ? undefined
    : english('the vocabulary has no entry for the byte {0} ({1})', missing, JSON.stringify(byteLetters[missing]));
}

/** The visible letter by which GPT-2 represents each byte. */
const byteLetters: readonly string[] = (() => {
  let moved = 0;
  return Array.from({ length: 256 }, (_, byte) => {
    const isVisible = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    return String.fromCharCode(isVisible ? byte : 256 + moved++);
  });
})();

function mergeFault(
  words: Readonly<Record<string, unknown>>,
  added: readonly AddedToken[],
  { merges, ignore_merges: ignores }: NonNullable<TokenizerJson['model']>,
): string | undefined {
  if (!Array.isArray(merges)) return english("'model.merges' is not a list");
  const stride = Math.ceil(merges.length / mostMerges);
  for (let i = 0; i < merges.length; i += stride) {
    const merge = merges[i] as unknown;
    const parts = typeof merge === 'string' ? merge.split(' ') : merge;
    const isKnown = (part: unknown) => typeof part === 'string' && Object.hasOwn(words, part);
    if (!Array.isArray(parts) || parts.length !== 2 || ![...(parts as unknown[]), parts.join('')].every(isKnown))
      return english('the vocabulary lacks an entry of the merge {0}', JSON.stringify(merge));
  }
  if (ignores === true) return undefined;
  const special = new Set(added.map(({ content }) => content));
  let longer = 0;
  for (const word in words) if (word.length > 1 && !special.has(word) && !/^<0x..>$/.test(word) && [...word].length > 1) longer++;
  return merges.length >= leastMerged * longer
    ? undefined
    : english('there are {0} merges for {1} longer entries of the vocabulary', merges.length, longer);
}
