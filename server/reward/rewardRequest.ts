import { stepsOfText } from '../formats/solutionString.js';
import { type Aggregation, aggregations } from '../reasoning/aggregation.js';
import type { RewardMode } from './stepRewards.js';

/** The request cannot be answered; the message says which part is wrong and why. */
export class RewardRequestError extends Error {
  override readonly name = 'RequestError';
}

/** One completion with its steps; `end` counts code points, as Python does. */
export interface RewardCompletion {
  readonly question: string;
  readonly text: string;
  readonly steps: readonly { readonly text: string; readonly end: number }[];
}

export interface RewardRequest {
  readonly completions: readonly RewardCompletion[];
  readonly mode: RewardMode;
  /** Which prompts show images, as `prompts[3]`. */
  readonly withImages?: readonly string[];
  /** Default: the model's own. */
  readonly aggregation?: Aggregation;
}

const modes: readonly RewardMode[] = ['value', 'advantage'];
/** Maximum completions of one request; trainers send a few hundred. */
const mostCompletions = 16_384;

/**
 * Reads `{prompts, completions, mode?, aggregation?}`, the arguments of a TRL reward function. A prompt is a text or a
 * list of messages. A completion is a text, a list of messages, or a list of its steps.
 */
export function readRewards(body: unknown): RewardRequest {
  const given = bodyFields(body);
  const prompts = list(given.prompts, 'prompts');
  const completions = list(given.completions, 'completions');
  sameLength(prompts, completions, 'prompts', 'completions');
  return {
    completions: completions.map((completion, i) =>
      toCompletion(promptQuestion(prompts[i], `prompts[${i}]`), completion, `completions[${i}]`),
    ),
    withImages: prompts.flatMap((prompt, i) => (showsImage(prompt) ? [`prompts[${i}]`] : [])),
    ...choices(given),
  };
}

/**
 * Reads `{query, prompts, labels}`, which OpenRLHF sends to `--remote_rm_url`. A query is a prompt followed by the
 * completion.
 */
export function readQueries(body: unknown): RewardRequest {
  const given = bodyFields(body);
  const queries = list(given.query, 'query');
  const prompts = list(given.prompts, 'prompts');
  sameLength(queries, prompts, 'query', 'prompts');
  return {
    completions: queries.map((query, i) => {
      const prompt = prompts[i];
      if (typeof query !== 'string' || typeof prompt !== 'string')
        throw new RewardRequestError(`query[${i}] and prompts[${i}] must be texts.`);
      if (!query.startsWith(prompt)) throw new RewardRequestError(`query[${i}] does not begin with prompts[${i}].`);
      return toCompletion(promptQuestion(prompt, `prompts[${i}]`), query.slice(prompt.length), `query[${i}]`);
    }),
    ...choices(given),
  };
}

function choices(given: Readonly<Record<string, unknown>>): Pick<RewardRequest, 'mode' | 'aggregation'> {
  const mode = choice(given.mode, modes, 'mode') ?? 'value';
  const aggregation = choice(given.aggregation, aggregations, 'aggregation');
  return { mode, ...(aggregation && { aggregation }) };
}

function toCompletion(question: string, value: unknown, where: string): RewardCompletion {
  if (Array.isArray(value) && value.every((part) => typeof part === 'string')) {
    let end = 0;
    return { question, text: value.join(''), steps: value.map((text) => ({ text: text.trim(), end: (end += codePoints(text)) })) };
  }
  const text = withoutEnd(typeof value === 'string' ? value : lastMessage(value, 'assistant', where));
  return { question, text, steps: stepsOfText(text).map((step) => ({ text: step.text, end: codePoints(text.slice(0, step.span.end)) })) };
}

/** Returns the question of a prompt: its last user turn, if it has turns. */
export function promptQuestion(prompt: unknown, where: string): string {
  return (typeof prompt === 'string' ? (lastUserTurn(prompt) ?? prompt) : lastMessage(prompt, 'user', where)).trim();
}

/** Beginning and end of a user turn in the known chat templates. */
const userTurns: readonly (readonly [begin: RegExp, end: RegExp])[] = [
  [/<\|im_start\|>user\n/g, /<\|im_end\|>/g],
  [/<\|start_header_id\|>user<\|end_header_id\|>\s*/g, /<\|eot_id\|>/g],
  [/<\|user\|>\s*/g, /<\|(?:end|assistant)\|>/g],
  [/\[INST\]/g, /\[\/INST\]/g],
];

/** Returns the last user turn of a text made by a chat template; undefined if no known template made it. */
export function lastUserTurn(text: string): string | undefined {
  for (const [begin, end] of userTurns) {
    let found: string | undefined;
    // One regex for the whole turn would search for the end again from every beginning.
    for (let at = 0; ; ) {
      begin.lastIndex = at;
      if (!begin.test(text)) break;
      const start = begin.lastIndex;
      end.lastIndex = start;
      const closing = end.exec(text);
      if (!closing) break;
      found = text.slice(start, closing.index);
      at = end.lastIndex;
    }
    if (found !== undefined) return found;
  }
  return undefined;
}

const turnEnds = ['<|im_end|>', '<|eot_id|>', '<|endoftext|>', '<|end|>', '</s>'];

/** Removes the tokens that end a turn, which are not part of the last step. */
export function withoutEnd(text: string): string {
  let kept = text;
  for (;;) {
    const visible = kept.trimEnd();
    const end = turnEnds.find((token) => visible.endsWith(token));
    if (end === undefined) return kept;
    kept = visible.slice(0, -end.length).trimEnd();
  }
}

export function lastMessage(messages: unknown, role: string, where: string): string {
  if (!Array.isArray(messages)) throw new RewardRequestError(`${where} must be a text or a list of messages.`);
  const last = (messages as ({ role?: unknown; content?: unknown } | null)[]).findLast((one) => one?.role === role);
  if (!last) throw new RewardRequestError(`${where} has no message of the role "${role}".`);
  const { content } = last;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw new RewardRequestError(`${where}: the message of the role "${role}" has no text.`);
  return (content as ({ text?: unknown } | null)[]).flatMap((part) => (typeof part?.text === 'string' ? [part.text] : [])).join('');
}

/** Whether one of the messages shows an image: a model that reads images must not score without it. */
export function showsImage(messages: unknown): boolean {
  if (!Array.isArray(messages)) return false;
  return (messages as ({ content?: unknown } | null)[]).some(
    (message) =>
      Array.isArray(message?.content) &&
      (message.content as ({ type?: unknown } | null)[]).some((part) => typeof part?.type === 'string' && part.type.includes('image')),
  );
}

export function bodyFields(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new RewardRequestError('The body must be a JSON object.');
  return body as Record<string, unknown>;
}

function list(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new RewardRequestError(`'${name}' must be a list.`);
  if (value.length > mostCompletions)
    throw new RewardRequestError(`'${name}' has ${value.length} entries; at most ${mostCompletions} are read.`);
  return value;
}

function sameLength(a: readonly unknown[], b: readonly unknown[], first: string, second: string): void {
  if (a.length !== b.length)
    throw new RewardRequestError(`'${first}' has ${a.length} entries and '${second}' has ${b.length}; they must be as many.`);
}

function choice<T extends string>(value: unknown, values: readonly T[], name: string): T | undefined {
  if (value === undefined || value === null) return undefined;
  const found = values.find((one) => one === value);
  if (found === undefined) throw new RewardRequestError(`'${name}' must be one of ${values.join(', ')}.`);
  return found;
}

function codePoints(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) !== 0xdc00) count++;
  return count;
}
