import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { ScoringError } from './scorer.js';

/** Text to token ids, for templates (whose special tokens count) and for text from files (whose special tokens do not). */
export interface TextTokenizer {
  readonly path: string;
  /** Special tokens of the template's own text are recognised; those in what is filled in are plain text. */
  encode(template: string, fill?: Readonly<Record<string, string>>): number[];
  /** The id of a text that is one token; throws ScoringError otherwise. */
  tokenId(text: string, role: string): number;
}

interface TokenizerJson {
  readonly added_tokens: readonly { readonly content: string; readonly special?: boolean }[];
}

/**
 * Loads a Hugging Face `tokenizer.json`, with `tokenizer_config.json` beside it where there is one.
 * Rejects with ScoringError naming the file.
 *
 * @param marker Treated as special, whatever the tokenizer says of it.
 */
export async function loadTokenizer(path: string, marker: string): Promise<TextTokenizer> {
  const json = await readJson(path);
  const config = await readJson(join(dirname(path), 'tokenizer_config.json'), {});
  const added = (json as Partial<TokenizerJson>).added_tokens ?? [];
  const specials = new Set(added.filter((token) => token.special).map((token) => token.content)).add(marker);
  let whole: Tokenizer;
  let plain: Tokenizer;
  try {
    whole = new Tokenizer({ ...json, added_tokens: added }, config);
    plain = new Tokenizer({ ...json, added_tokens: added.filter((token) => !specials.has(token.content)) }, config);
  } catch (error) {
    throw new ScoringError(`${path} is not a tokenizer.json that can be used: ${(error as Error).message}. Export the tokenizer again with its model.`);
  }
  return createTextTokenizer(path, whole, plain, specials);
}

/** @param plain The same tokenizer without its special tokens. */
function createTextTokenizer(path: string, whole: Tokenizer, plain: Tokenizer, specials: ReadonlySet<string>): TextTokenizer {
  // Characters the vocabulary lacks, and no unknown token stands for, have no id.
  const ids = (tokenizer: Tokenizer, text: string) =>
    text === '' ? [] : (tokenizer.encode(text, { add_special_tokens: false }).ids as (number | undefined)[]).filter((id) => id !== undefined);
  const specialIds = new Set([...specials].map((text) => whole.token_to_id(text)));
  const splitter = new RegExp(`(${[...specials].sort((a, b) => b.length - a.length).map(escapeRegExp).join('|')})`);

  const tokenId = (text: string, role: string) => {
    const found = ids(whole, text);
    const [id] = found;
    if (found.length === 1 && id !== undefined && whole.id_to_token(id) !== undefined && id !== unknownId(whole)) return id;
    const what = found.length === 1 ? 'is unknown' : `makes ${found.length} tokens`;
    throw new ScoringError(`${path}: the ${role} ${JSON.stringify(text)} ${what}, but must be one token. Use the tokenizer the model was trained with, or correct the profile.`);
  };

  return {
    path,
    tokenId,
    encode(template, fill = {}) {
      return template.split(splitter).flatMap((piece, i) => {
        if (i % 2 === 1) return [tokenId(piece, 'special token')];
        const text = piece.replace(/\{(\w+)\}/g, (placeholder, name: string) => fill[name] ?? placeholder);
        const encoded = ids(plain, text);
        if (!encoded.some((id) => specialIds.has(id))) return encoded;
        // The vocabulary itself holds the special text: taken apart, it cannot come out as one token.
        return [...text].flatMap((character) => ids(plain, character));
      });
    },
  };
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
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (missing) return missing;
    throw new ScoringError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}).`);
  }
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null) return json;
  } catch (error) {
    throw new ScoringError(`${path} is not valid JSON: ${(error as Error).message}. Copy the file from the model again.`);
  }
  throw new ScoringError(`${path} does not hold a JSON object. Copy the file from the model again.`);
}
