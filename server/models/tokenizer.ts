import { dirname, join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { readRegular } from '../disk/readRegular.js';
import { english } from '../l10n.js';
import { hasKnownPatternsOnly } from './knownPatterns.js';
import { ModelError } from './modelError.js';
import { TimeLimitError, withinTime } from './timeLimit.js';
import { type TokenizerJson, tokenizerFault } from './tokenizerFaults.js';

/** Where a text begins. SentencePiece tokenizers put a blank before it or not, depending on this. */
export type TextPlace = 'start' | 'after-special' | 'inside';

/** Encodes templates, in which special tokens are recognized, and text from files, in which they are plain text. */
export interface TextTokenizer {
  readonly path: string;
  /** Recognizes special tokens in the template's own text. In the texts of `fill` they are plain text. */
  encode(template: string, fill?: Readonly<Record<string, string>>, place?: TextPlace): number[];
  /** The id of a text that is one token; throws ModelError otherwise. */
  tokenId(text: string, role: string): number;
  /** The id of the vocabulary's entry of that name; throws ModelError when there is none. */
  pieceId(piece: string, role: string): number;
  hasPiece(piece: string): boolean;
  /** The largest id of the vocabulary and the added plain tokens. Without special tokens: no text encodes to them. */
  readonly largestId: number;
  /** Whether the vocabulary has a token with this id. */
  has(id: number): boolean;
  /**
   * Replaces `{bos}` (the beginning-of-sequence token), `{bos?}` (the same if there is one) and `{start}` (what the
   * tokenizer itself puts before a text) in a template. Throws ModelError when there is no such token.
   */
  expand(template: string): string;
  /** Where the last special token of a template ends; 0 = it has none. */
  lastSpecialEnd(template: string): number;
  /** The special tokens that the tokenizer itself puts before a text; may be empty. */
  readonly start: string;
  /** Jinja source of the model's chat template, where it has one. */
  readonly chatTemplate: string | undefined;
  /** Texts of the tokens that chat templates may use: `bos_token`, `eos_token`, ... */
  readonly tokenTexts: Readonly<Record<string, string>>;
  /** The text of ids, special tokens included. */
  decode(ids: readonly number[]): string;
  readonly specialIds: ReadonlySet<number>;
}

/** @param vocabulary Ids by text, or a list of [text, score] whose indexes are the ids. */
function largestId(vocabulary: unknown): number {
  if (Array.isArray(vocabulary)) return vocabulary.length - 1;
  let largest = -1;
  for (const id of Object.values(vocabulary ?? {})) if (typeof id === 'number' && id > largest) largest = id;
  return largest;
}

interface Component {
  readonly type?: string;
  readonly normalizers?: readonly Component[];
  readonly pretokenizers?: readonly Component[];
  readonly add_prefix_space?: boolean;
}

/**
 * Loads a Hugging Face `tokenizer.json`, with the `tokenizer_config.json` and `chat_template.jinja` beside it if
 * they exist. Rejects with ModelError naming the file.
 *
 * @param markers Texts that become special tokens, either always or (`ifAdded`) only when they are added tokens.
 */
export async function loadTokenizer(path: string, ...markers: readonly (string | { readonly ifAdded: string })[]): Promise<TextTokenizer> {
  const json = (await readJson(path)) as Partial<TokenizerJson>;
  const config = await readJson(join(dirname(path), 'tokenizer_config.json'), {});
  const chatTemplate =
    (await readRegular(join(dirname(path), 'chat_template.jinja')).catch(() => undefined))?.toString('utf8') ?? templateOf(config);
  const fault = tokenizerFault(json);
  if (fault !== undefined)
    throw new ModelError(english('{0} contradicts itself: {1}. Copy tokenizer.json from the model again.', path, fault));
  const added = json.added_tokens ?? [];
  const isAdded = (text: string) => added.some((token) => token.content === text);
  const forced = markers.flatMap((marker) => (typeof marker === 'string' ? [marker] : isAdded(marker.ifAdded) ? [marker.ifAdded] : []));
  const specials = new Set([...added.filter((token) => token.special).map((token) => token.content), ...forced]);
  const plainAdded = added.filter((token) => !specials.has(token.content));
  const { normalizer, pre_tokenizer, post_processor, decoder } = json;
  const limited = hasKnownPatternsOnly([normalizer, pre_tokenizer, post_processor, decoder]) ? unlimited : timeLimit(path);
  try {
    const whole = new Tokenizer({ ...json, added_tokens: added }, config);
    const plain = new Tokenizer({ ...json, added_tokens: plainAdded }, config);
    const bare = withoutPrefix(json);
    // Loading a vocabulary takes half a second. Most tokenizers put nothing before a text, so `plain` is reused.
    const inner = bare ? new Tokenizer({ ...bare, added_tokens: plainAdded }, { ...config, add_prefix_space: false }) : plain;
    limited(ordinaryText.length, () => refuseUnfit(whole, path));
    return createTextTokenizer({
      path,
      whole,
      plain,
      inner,
      isPrefixedOnce: bare !== undefined && /"prepend_scheme":"first"/.test(JSON.stringify([json.normalizer, json.pre_tokenizer])),
      specials,
      largestId: Math.max(largestId(json.model?.vocab), ...plainAdded.map(({ id }) => id)),
      chatTemplate,
      tokenTexts: tokenTextsOf(config),
      limited,
    });
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError(
      english(
        '{0} is not a tokenizer.json that can be used: {1}. Export the tokenizer again with its model.',
        path,
        (error as Error).message,
      ),
    );
  }
}

/** Ordinary text of a solution. The vocabulary of every PRM has pieces of it. */
const ordinaryText = 'Step 1: 3 + 4 = 7, so the answer is 7.';
/** A vocabulary that knows a smaller share of this text is refused. */
const leastKnown = 0.5;
/** The vocabulary of every PRM has these, singly or in groups, and not only as bytes. */
const digits = '0123456789';

/** Refuses a vocabulary that has no tokens for ordinary text: what it lacks would be left out of every prompt unnoticed. */
function refuseUnfit(tokenizer: Tokenizer, path: string): void {
  const knownOf = (text: string): string[] => {
    const { ids, tokens } = tokenizer.encode(text, { add_special_tokens: false }) as { ids: (number | undefined)[]; tokens: string[] };
    return tokens.filter((token, i) => ids[i] !== undefined && ids[i] !== unknownId(tokenizer) && !/^<0x..>$/.test(token));
  };
  const missing = [...digits].filter((digit) => !knownOf(digits).join('').includes(digit));
  if (missing.length > 0 && missing.length < digits.length)
    throw new ModelError(
      english(
        '{0} contradicts itself: {1}. Copy tokenizer.json from the model again.',
        path,
        english('the vocabulary has no entry for the digit {0}', missing.join(', ')),
      ),
    );
  const known = knownOf(ordinaryText);
  const characters = known.reduce((sum, token) => sum + token.length, 0);
  if (characters >= leastKnown * ordinaryText.length && missing.length === 0) return;
  const found = known.length === 0 ? english('nothing') : english('no more than {0}', known.join(' '));
  throw new ModelError(
    english(
      '{0} does not fit text: of {1} it knows {2}. Copy tokenizer.json from the model again; its vocabulary may be empty or damaged.',
      path,
      JSON.stringify(ordinaryText),
      found,
    ),
  );
}

interface Parts {
  readonly path: string;
  readonly whole: Tokenizer;
  /** The same tokenizer without its special tokens. */
  readonly plain: Tokenizer;
  /** Like `plain`, but without the blank that it puts before a text. */
  readonly inner: Tokenizer;
  /** Whether a blank is put only before the whole text, not after special tokens. */
  readonly isPrefixedOnce: boolean;
  readonly specials: ReadonlySet<string>;
  readonly largestId: number;
  readonly chatTemplate: string | undefined;
  readonly tokenTexts: Readonly<Record<string, string>>;
  readonly limited: Limited;
}

/** Runs a tokenizer's work in bounded time. `length`: characters of the text. */
type Limited = <T>(length: number, work: () => T) => T;

/**
 * Limits the time of a tokenizer's work, because an untrusted regex in a tokenizer.json may try every way to split a
 * text. Work that takes longer than any sound tokenizer needs throws ModelError, and so does all later work, at once.
 */
function timeLimit(path: string): Limited {
  let refusal: ModelError | undefined;
  return (length, work) => {
    if (refusal) throw refusal;
    try {
      return withinTime(mostMs + length / charactersPerMs, work);
    } catch (error) {
      if (!(error instanceof TimeLimitError)) throw error;
      refusal = new ModelError(
        english(
          "{0}: a regex of this tokenizer does not end on an ordinary text, so it is not used. Copy tokenizer.json from the model's authors again.",
          path,
        ),
      );
      throw refusal;
    }
  };
}

const unlimited: Limited = (_, work) => work();

/** Encoding takes 1 ms per 1,000 characters. A slow machine may need ten times as long. */
const mostMs = 1000;
const charactersPerMs = 100;

function createTextTokenizer({
  path,
  whole,
  plain,
  inner,
  isPrefixedOnce,
  specials,
  largestId,
  chatTemplate,
  tokenTexts,
  limited,
}: Parts): TextTokenizer {
  // Characters that the vocabulary lacks have no id when there is no unknown token.
  const ids = (tokenizer: Tokenizer, text: string) =>
    text === ''
      ? []
      : limited(text.length, () =>
          (tokenizer.encode(text, { add_special_tokens: false }).ids as (number | undefined)[]).filter((id) => id !== undefined),
        );
  const specialIds = new Set([...specials].flatMap((text) => whole.token_to_id(text) ?? []));
  const splitter = new RegExp(
    `(${[...specials]
      .sort((a, b) => b.length - a.length)
      .map(escapeRegExp)
      .join('|')})`,
  );
  const split = (template: string) => (specials.size === 0 ? [template] : template.split(splitter));
  const start = limited(1, () => startTokens(whole));

  /** A cache: every step of every problem looks up the same few tokens. */
  const tokenIds = new Map<string, number>();
  const tokenId = (text: string, role: string) => {
    const known = tokenIds.get(text);
    if (known !== undefined) return known;
    const found = ids(whole, text);
    const [id] = found;
    if (found.length === 1 && id !== undefined && whole.id_to_token(id) !== undefined && id !== unknownId(whole)) {
      tokenIds.set(text, id);
      return id;
    }
    const what = found.length === 1 ? english('is unknown') : english('makes {0} tokens', found.length);
    throw new ModelError(
      english(
        '{0}: the {1} {2} {3}, but must be one token. Use the tokenizer the model was trained with, or correct the profile.',
        path,
        role,
        JSON.stringify(text),
        what,
      ),
    );
  };

  return {
    path,
    tokenId,
    specialIds,
    largestId,
    start,
    chatTemplate,
    tokenTexts,
    hasPiece: (piece) => whole.token_to_id(piece) !== undefined,
    has: (id) => whole.id_to_token(id) !== undefined,
    pieceId(piece, role) {
      const id = whole.token_to_id(piece);
      if (id !== undefined && id !== unknownId(whole)) return id;
      throw new ModelError(
        english(
          '{0}: the vocabulary has no entry {1}, the {2}. Use the tokenizer the model was trained with, or correct the profile.',
          path,
          JSON.stringify(piece),
          role,
        ),
      );
    },
    expand: (template) => expand(template, { path, start, tokenTexts, split }),
    lastSpecialEnd(template) {
      return split(template)
        .slice(0, -1)
        .reduce((end, { length }) => end + length, 0);
    },
    decode: (encoded) =>
      encoded.length === 0
        ? ''
        : limited(encoded.length, () => whole.decode([...encoded], { skip_special_tokens: false, clean_up_tokenization_spaces: false })),
    encode(template, fill = {}, place = 'start') {
      let before = '';
      return split(template).flatMap((piece, i) => {
        if (i % 2 === 1) {
          before += piece;
          return [tokenId(piece, english('special token'))];
        }
        const text = piece.replace(/\{(\w+)\}/g, (placeholder, name: string) => fill[name] ?? placeholder);
        // A tokenizer adds its own start tokens last, so the text behind them still counts as the start.
        const here = i === 0 ? place : place === 'start' && before === start ? 'start' : 'after-special';
        before += piece;
        const tokenizer = here === 'inside' || (here === 'after-special' && isPrefixedOnce) ? inner : plain;
        const encoded = ids(tokenizer, text);
        if (!encoded.some((id) => specialIds.has(id))) return encoded;
        // The vocabulary itself has the special text. Encoded character by character, it cannot become that token.
        return [...text].flatMap((character, at) => ids(at === 0 ? tokenizer : inner, character));
      });
    },
  };
}

/** See `TextTokenizer.expand`. Throws ModelError when a token is missing or is not a special token. */
function expand(
  template: string,
  {
    path,
    start,
    tokenTexts,
    split,
  }: Pick<TextTokenizer, 'path' | 'start' | 'tokenTexts'> & { readonly split: (template: string) => string[] },
): string {
  const bos = tokenTexts['bos_token'];
  if (template.includes('{bos}') && bos === undefined) {
    throw new ModelError(
      english(
        "{0}: 'bos_token' is missing in tokenizer_config.json beside it, and the profile puts it before the text. Copy tokenizer_config.json from the model.",
        path,
      ),
    );
  }
  const filled: readonly (readonly [place: string, text: string])[] = [
    ['{bos}', bos ?? ''],
    ['{bos?}', bos ?? ''],
    ['{start}', start],
  ];
  return filled.reduce((text, [place, token]) => {
    // Text that is not a special token would be encoded as ordinary text.
    const plainPart = text.includes(place) && split(token).find((piece, i) => i % 2 === 0 && piece !== '');
    if (plainPart)
      throw new ModelError(
        english(
          '{0}: {1}, which the profile puts before the text, is not one of its special tokens. Copy tokenizer.json and tokenizer_config.json from the model again.',
          path,
          JSON.stringify(plainPart),
        ),
      );
    return text.replaceAll(place, () => token);
  }, template);
}

/** The texts of the special tokens that the tokenizer puts before every text. */
function startTokens(tokenizer: Tokenizer): string {
  const own = tokenizer.encode('a', { add_special_tokens: false }).ids;
  const ids = tokenizer.encode('a', { add_special_tokens: true }).ids;
  const at = ids.findIndex((_, i) => own.every((id, j) => ids[i + j] === id));
  return ids
    .slice(0, Math.max(0, at))
    .map((id) => tokenizer.id_to_token(id) ?? '')
    .join('');
}

/** The tokenizer without the blank it puts before a text, for text that continues; undefined where it puts none. */
function withoutPrefix(json: Partial<TokenizerJson>): object | undefined {
  let isPrefixed = false;
  const bare = (component: Component | null | undefined): Component | null => {
    if (!component) return null;
    const keep = (parts: readonly Component[]) => parts.map(bare).filter((part) => part !== null);
    if (component.normalizers) return { ...component, normalizers: keep(component.normalizers) };
    if (component.pretokenizers) return { ...component, pretokenizers: keep(component.pretokenizers) };
    const isMetaspace = component.type === 'Metaspace';
    if (component.type !== 'Prepend' && !isMetaspace && component.add_prefix_space !== true) return component;
    isPrefixed = true;
    return component.type === 'Prepend' ? null : { ...component, add_prefix_space: false, ...(isMetaspace && { prepend_scheme: 'never' }) };
  };
  const parts = { normalizer: bare(json.normalizer as Component | null), pre_tokenizer: bare(json.pre_tokenizer as Component | null) };
  return isPrefixed ? { ...json, ...parts } : undefined;
}

/** Reads the chat template: newer files have it as text, older ones in a list of named templates. */
function templateOf(config: object): string | undefined {
  const { chat_template: template } = config as { chat_template?: unknown };
  if (typeof template === 'string') return template;
  if (!Array.isArray(template)) return undefined;
  const named = (template as { name?: unknown; template?: unknown }[]).find((entry) => entry.name === 'default');
  return typeof named?.template === 'string' ? named.template : undefined;
}

/** Special tokens by their role: a text, or an object with the text as `content`. */
function tokenTextsOf(config: object): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [role, value] of Object.entries(config)) {
    if (!role.endsWith('_token')) continue;
    const text: unknown = typeof value === 'object' && value !== null ? (value as { content?: unknown }).content : value;
    if (typeof text === 'string') texts[role] = text;
  }
  return texts;
}

function unknownId(tokenizer: Tokenizer): number | undefined {
  return (tokenizer.model as { unk_token_id?: number } | null)?.unk_token_id;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

async function readJson(path: string, missing?: object): Promise<object> {
  let text: string;
  try {
    text = (await readRegular(path)).toString('utf8');
  } catch (error) {
    if (missing) return missing;
    throw new ModelError(english('{0} cannot be read ({1}).', path, (error as NodeJS.ErrnoException).code ?? String(error)));
  }
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null) return json;
  } catch (error) {
    throw new ModelError(english('{0} is not valid JSON: {1}. Copy the file from the model again.', path, (error as Error).message));
  }
  throw new ModelError(english('{0} does not hold a JSON object. Copy the file from the model again.', path));
}
