import { english } from '../l10n.js';
import { contentOf } from './choices.js';
import { EventStream, type StreamItem } from './eventStream.js';
import type { BodyReader, PieceOutcome } from './exchange.js';
import { RequestFailure, reportedFailure } from './requestFailure.js';

/** The fields of a request that affect how its stream is read. */
export interface StreamedRequest {
  readonly n?: unknown;
  readonly stop?: unknown;
  readonly include_stop_str_in_output?: unknown;
}

interface StreamedChoice {
  text: string;
  reasoning: { name: string; text: string } | undefined;
  refusal: string;
  readonly toolCalls: unknown[];
  functionCall: unknown;
  /** Log-probabilities of the tokens of a chat reply, if requested. */
  readonly logprobs: unknown[];
  isChat: boolean;
  finishReason: string | undefined;
  /** Whether the text continued after a stop string. The rest of it is ignored. */
  isCut: boolean;
  pieces: number;
}

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Combines the pieces of a streamed reply of /chat/completions or /completions into the reply to the same request
 * without `stream`. A text that continues after a stop string is cut there. When all texts are cut, the rest of the
 * stream is not wanted, and closing it makes the server stop writing.
 */
export class StreamedReply implements BodyReader {
  readonly #stops: readonly string[];
  readonly #keepsStop: boolean;
  readonly #count: number;
  readonly #events = new EventStream();
  readonly #choices = new Map<number, StreamedChoice>();
  #head: JsonObject = {};
  /** Token counts from events without a text, and the last count that came with each text. */
  readonly #usages: JsonObject[] = [];
  readonly #usageOf = new Map<number, JsonObject>();
  #isDone = false;
  /** The body until its first event: some servers report an error as plain JSON in a body declared as a stream. */
  #plain: Buffer[] | undefined = [];

  constructor({ n, stop, include_stop_str_in_output: keeps }: StreamedRequest) {
    this.#stops = (Array.isArray(stop) ? stop : [stop]).filter((one): one is string => typeof one === 'string' && one !== '');
    this.#keepsStop = keeps === true;
    this.#count = typeof n === 'number' ? n : 1;
  }

  takes(contentType: string): boolean {
    return /^\s*text\/event-stream\b/i.test(contentType);
  }

  /** Whether a body that is not declared as a stream is one: some proxies change its content type. */
  static isStream(body: Buffer): boolean {
    return /^\uFEFF?\s*(data|event|id|retry)?:/.test(body.toString('utf8', 0, 64));
  }

  /** Throws RequestFailure for an event that is an error or cannot be read. */
  read(piece: Uint8Array): PieceOutcome {
    const items = this.#events.read(piece);
    this.#plain?.push(Buffer.from(piece));
    if (items.some((item) => item !== 'comment')) this.#plain = undefined;
    this.#addAll(items);
    if (this.#isDone) return 'finished';
    if (this.#choices.size >= this.#count && [...this.#choices.values()].every(({ isCut }) => isCut)) {
      this.#isDone = true;
      return 'unwanted';
    }
    return items.length > 0 && items.every(isAlive) ? 'comment' : 'more';
  }

  /** Returns the whole reply as JSON. Throws RequestFailure when the stream ended before all texts did. */
  end(): Buffer {
    if (!this.#isDone) this.#addAll(this.#events.end());
    const plain = this.#choices.size === 0 && this.#plain !== undefined ? Buffer.concat(this.#plain) : undefined;
    if (plain !== undefined && /^\uFEFF?\s*[{[]/.test(plain.toString('utf8', 0, 64))) return plain;
    const open = [...this.#choices.values()].filter(({ finishReason }) => finishReason === undefined);
    // Some servers send no finish reason. Their texts are complete if the stream ended with [DONE].
    if (!this.#isDone && (open.length > 0 || this.#choices.size === 0))
      throw new RequestFailure(english('The server ended its stream in the middle of a reply.'), { isTemporary: true });
    return this.#soFar();
  }

  /** Returns the reply so far, as JSON. */
  #soFar(): Buffer {
    return Buffer.from(JSON.stringify({ ...this.#head, choices: this.#replyChoices(), usage: this.#usage ?? this.#countedUsage() }));
  }

  /** The received part of a stream that broke off, as JSON; undefined if nothing was received. */
  get part(): Buffer | undefined {
    return this.#choices.size > 0 || Object.keys(this.#head).length > 0 ? this.#soFar() : undefined;
  }

  #addAll(items: readonly StreamItem[]): void {
    for (const item of items) if (!isAlive(item) && !this.#isDone) this.#add(item.data);
  }

  #add(data: string): void {
    if (data.trim() === '[DONE]') {
      this.#isDone = true;
      return;
    }
    const chunk = parsed(data);
    // llama.cpp's `error:` field has the error itself, others send {"error": …}.
    if ((chunk.error ?? undefined) !== undefined || (chunk.choices === undefined && chunk.code !== undefined)) throw reportedFailure(chunk);
    const { choices, usage, ...head } = chunk;
    this.#head = { ...this.#head, ...head, ...(typeof head.object === 'string' && { object: head.object.replace(/\.chunk$/, '') }) };
    const texts = Array.isArray(choices) ? choices.filter((one): one is JsonObject => typeof one === 'object' && one !== null) : [];
    if (typeof usage === 'object' && usage !== null) {
      if (texts.length === 0) this.#usages.push(usage as JsonObject);
      for (const { index } of texts) this.#usageOf.set(Number(index ?? 0), usage as JsonObject);
    }
    for (const choice of texts) {
      // Kimi sends the usage inside the choice.
      if (typeof choice.usage === 'object' && choice.usage !== null)
        this.#usageOf.set(Number(choice.index ?? 0), choice.usage as JsonObject);
      this.#addChoice(choice);
    }
  }

  /**
   * The server's token counts. OpenAI and vLLM count all texts together at the end. llama.cpp counts each text when it
   * ends, in the same event or a separate one, and includes the prompt each time.
   */
  get #usage(): JsonObject | undefined {
    const each = this.#usages.length > 0 ? this.#usages : [...this.#usageOf.values()];
    const [first] = each;
    if (first === undefined) return undefined;
    const sum = each.reduce((all, one) => all + Number(one.completion_tokens), 0);
    return each.length === 1 || Number.isNaN(sum) ? each.at(-1) : { ...first, completion_tokens: sum };
  }

  #addChoice({ index, delta, message, text, logprobs, finish_reason: reason }: JsonObject): void {
    const at = typeof index === 'number' ? index : 0;
    const known = this.#choices.get(at);
    const choice: StreamedChoice = known ?? {
      text: '',
      reasoning: undefined,
      refusal: '',
      toolCalls: [],
      functionCall: undefined,
      logprobs: [],
      isChat: text === undefined,
      finishReason: undefined,
      isCut: false,
      pieces: 0,
    };
    if (known === undefined) this.#choices.set(at, choice);
    if (choice.isCut) return;
    // Some servers send an empty reason, or "null", while the text continues.
    if (typeof reason === 'string' && reason !== '' && reason !== 'null') choice.finishReason = reason;
    const listed = (logprobs as { content?: unknown } | null | undefined)?.content;
    if (Array.isArray(listed)) choice.logprobs.push(...(listed as unknown[]));
    const said = (delta ?? message ?? {}) as JsonObject;
    const { text: content, reasoning: parts } = contentOf(text ?? said.content);
    // Both fields may contain the same piece, so only one is read.
    const name = ['reasoning', 'reasoning_content'].find((one) => typeof said[one] === 'string' && said[one] !== '');
    const thought = name === undefined ? parts : String(said[name]);
    if (thought !== undefined) {
      choice.reasoning = { name: name ?? choice.reasoning?.name ?? 'reasoning', text: (choice.reasoning?.text ?? '') + thought };
      choice.pieces++;
    }
    if (typeof said.refusal === 'string') choice.refusal += said.refusal;
    if (Array.isArray(said.tool_calls)) choice.toolCalls.push(...(said.tool_calls as unknown[]));
    choice.functionCall ??= said.function_call ?? undefined;
    if (content === undefined || content === '') return;
    choice.pieces++;
    const before = choice.text.length;
    choice.text += content;
    this.#cut(choice, before);
  }

  /** Cuts a text that continues after a stop string, which the server does not know or does not check. */
  #cut(choice: StreamedChoice, before: number): void {
    for (const stop of this.#stops) {
      const at = choice.text.indexOf(stop, Math.max(0, before - stop.length));
      if (at < 0 || at + stop.length >= choice.text.length) continue;
      choice.text = choice.text.slice(0, this.#keepsStop ? at + stop.length : at);
      choice.finishReason = 'stop';
      choice.isCut = true;
    }
  }

  #replyChoices(): JsonObject[] {
    return [...this.#choices]
      .sort(([a], [b]) => a - b)
      .map(([index, { isChat, text, reasoning, refusal, toolCalls, functionCall, logprobs, finishReason = null }]) =>
        isChat
          ? {
              index,
              message: {
                role: 'assistant',
                content: text === '' && toolCalls.length > 0 ? null : text,
                ...(reasoning && { [reasoning.name]: reasoning.text }),
                ...(refusal !== '' && { refusal }),
                ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
                ...(functionCall !== undefined && { function_call: functionCall }),
              },
              ...(logprobs.length > 0 && { logprobs: { content: logprobs } }),
              finish_reason: finishReason,
            }
          : { index, text, finish_reason: finishReason },
      );
  }

  /** Counts pieces as tokens: servers send one token per piece, and their final count is missing in a cut stream. */
  #countedUsage(): JsonObject | undefined {
    const pieces = [...this.#choices.values()].reduce((sum, one) => sum + one.pieces, 0);
    return [...this.#choices.values()].some(({ isCut }) => isCut) ? { completion_tokens: pieces } : undefined;
  }
}

/** Whether an item only keeps the connection alive: a comment, or an event without data. */
function isAlive(item: StreamItem): item is 'comment' {
  return item === 'comment' || item.data.trim() === '';
}

function parsed(data: string): JsonObject {
  try {
    const value: unknown = JSON.parse(data);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // The error below reports it.
  }
  throw new RequestFailure(english('The server sent an event in its stream that cannot be read.'), { isTemporary: true });
}
