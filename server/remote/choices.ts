import { english } from '../l10n.js';
import { RequestFailure, reportedFailure } from './requestFailure.js';

/** A choice of a chat or completions reply, as servers are known to fill it in; every field is checked where it is read. */
export interface Choice {
  readonly index?: unknown;
  readonly finish_reason?: unknown;
  /** Completions. */
  readonly text?: unknown;
  /** Chat. `reasoning` is vLLM's name since 0.11, `reasoning_content` DeepSeek's and vLLM's before. */
  readonly message?: {
    readonly content?: unknown;
    readonly reasoning?: unknown;
    readonly reasoning_content?: unknown;
    readonly refusal?: unknown;
    readonly tool_calls?: unknown;
    /** The older form of tool calls. */
    readonly function_call?: unknown;
  } | null;
}

/** Returns the choices of a reply in order, at least one. Throws RequestFailure that reports what came instead. */
export function readChoices(reply: unknown): Choice[] {
  if (typeof reply === 'string') {
    throw new RequestFailure(
      english(
        'The server answered with {0} instead of JSON; is its URL right?',
        /^\s*</.test(reply) ? english('an HTML page') : english('plain text'),
      ),
    );
  }
  const { choices, error } = (reply ?? {}) as { readonly choices?: unknown; readonly error?: unknown };
  // Some gateways report an error with a success status.
  if (error !== undefined && error !== null && !(Array.isArray(choices) && choices.length > 0)) throw reportedFailure({ error });
  if (!Array.isArray(choices)) throw new RequestFailure(english('The server answered without choices.'));
  const found = choices.filter((choice): choice is Choice => typeof choice === 'object' && choice !== null);
  if (found.length === 0) throw new RequestFailure(english('The server answered with an empty list of choices.'));
  return found.sort((a, b) => Number(a.index ?? 0) - Number(b.index ?? 0));
}

/** Reads text and reasoning from a message's content: a text, or a list of parts (such as Mistral's `thinking`). */
export function contentOf(content: unknown): { readonly text?: string; readonly reasoning?: string } {
  if (typeof content === 'string') return { text: content };
  if (!Array.isArray(content)) return {};
  const parts = content.filter((part): part is Readonly<Record<string, unknown>> => typeof part === 'object' && part !== null);
  const text = parts.map((part) => (typeof part.text === 'string' ? part.text : '')).join('');
  const reasoning = parts.map(({ thinking }) => (typeof thinking === 'string' ? thinking : (contentOf(thinking).text ?? ''))).join('');
  return { text, ...(reasoning !== '' && { reasoning }) };
}
