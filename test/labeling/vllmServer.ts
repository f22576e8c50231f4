import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { joinSteps } from '../../server/labeling/policies/stepText.js';
import type { Policy, SampledRollout } from '../../server/labeling/policy.js';
import { imagesAt } from '../images.js';
import { ImageFiles } from './vllmServerImages.js';
import { type AskedFor, readChat, readCompletion, type VllmRequest } from './vllmServerRequest.js';

/** How the server fails a request instead of answering it. */
export type Fault =
  | 'error500'
  | 'busy503'
  | 'limited429'
  | 'refused401'
  | 'badRequest400'
  | 'truncatedJson'
  | 'resetMidBody'
  | 'htmlPage'
  | 'plainText'
  | 'noChoices'
  | 'emptyChoices';

export interface VllmServerOptions {
  /** Writes the completions. The replies keep the order of its rollouts. */
  readonly policy: Policy;
  readonly models?: readonly string[];
  readonly port?: number;
}

/** How the server answers. Every field can be changed between requests. */
export interface VllmBehavior {
  /** Faults of the next requests, in order; `undefined` = no fault. */
  faults: (Fault | undefined)[];
  /** Fault of every request without an entry in `faults`. */
  alwaysFault: Fault | undefined;
  /** Value of `Retry-After` with status 429: seconds, or a date. */
  retryAfter: string;
  /** Wait before every answer, in ms. */
  delay: number;
  n: 'taken' | 'ignored' | 'refused';
  seed: 'taken' | 'refused';
  /** vLLM continues an open message. Others refuse, start a new one, or continue but count it as closed (llama.cpp). */
  continuation: 'taken' | 'refused' | 'ignored' | 'uncounted';
  /** Whether the reply repeats the beginning of a continued message, as llama.cpp does. */
  isEchoing: boolean;
  /** The field or tag with a reasoning model's thoughts. */
  reasoning: 'none' | 'reasoning' | 'reasoning_content' | 'tag';
  /** Whether steps are in the tags that the prompt asks for. */
  steps: 'tagged' | 'plain';
  /** The content of every message: its text, or a replacement. */
  content: 'text' | 'null' | 'toolCall' | 'cut' | 'cutThinking';
  /** Format of errors: vLLM up to 0.10 wrote them flat. */
  errors: 'flat' | 'nested';
  apiKey: string | undefined;
  /** Largest number of prompt tokens reported as read from the prefix cache. */
  cached: number;
  /** Which replies report their tokens: all, none, or every second one. */
  usage: 'always' | 'never' | 'sometimes';
}

/**
 * An HTTP server on the loopback with vLLM's requests and replies (vllm/entrypoints/openai/protocol.py) for /v1/models,
 * /v1/chat/completions and /v1/completions, in front of any policy.
 */
export class VllmServer {
  readonly behavior: VllmBehavior = {
    faults: [],
    alwaysFault: undefined,
    retryAfter: '0',
    delay: 0,
    n: 'taken',
    seed: 'taken',
    continuation: 'taken',
    isEchoing: false,
    reasoning: 'none',
    steps: 'tagged',
    content: 'text',
    errors: 'nested',
    apiKey: undefined,
    cached: 0,
    usage: 'always',
  };
  /** Bodies of the completion requests, in the order of arrival. */
  readonly requests: VllmRequest[] = [];
  /** Tokens of all completely sent completions, as the replies report them. */
  readonly told = { prompt: 0, completion: 0, cached: 0 };
  /** Largest number of concurrent completion requests. */
  mostAtOnce = 0;
  /** Number of requests whose client closed the connection before the answer. */
  abandoned = 0;
  readonly #options: VllmServerOptions;
  readonly #images = new ImageFiles();
  readonly #http = createServer((request, response) => void this.#serve(request, response));
  #underWay = 0;
  #replies = 0;

  private constructor(options: VllmServerOptions) {
    this.#options = options;
  }

  static async start(options: VllmServerOptions): Promise<VllmServer> {
    const server = new VllmServer(options);
    await new Promise<void>((resolve) => server.#http.listen(options.port ?? 0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}/v1`;
  }

  get underWay(): number {
    return this.#underWay;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#http.close(resolve));
    this.#http.closeAllConnections();
    await closed;
    await this.#images.remove();
  }

  get #models(): readonly string[] {
    return this.#options.models ?? ['mini'];
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const hungUp = new AbortController();
    response.on('close', () => {
      if (!response.writableEnded) hungUp.abort();
    });
    const { apiKey } = this.behavior;
    if (apiKey !== undefined && request.headers.authorization !== `Bearer ${apiKey}`) return json(response, 401, { error: 'Unauthorized' });
    if (request.url === '/v1/models') {
      const data = this.#models.map((id) => ({
        id,
        object: 'model',
        created: now(),
        owned_by: 'vllm',
        root: id,
        parent: null,
        max_model_len: 4096,
      }));
      return json(response, 200, { object: 'list', data });
    }
    if (request.url !== '/v1/chat/completions' && request.url !== '/v1/completions') return json(response, 404, { detail: 'Not Found' });
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#underWay);
    try {
      const body = JSON.parse(await text(request)) as VllmRequest;
      this.requests.push(body);
      if (this.behavior.delay > 0) await pause(this.behavior.delay, hungUp.signal);
      await this.#answer(body, request.url === '/v1/chat/completions', response, hungUp.signal);
    } catch (error) {
      if (hungUp.signal.aborted) this.abandoned++;
      else this.#error(response, 500, 'InternalServerError', (error as Error).message);
    } finally {
      this.#underWay--;
    }
  }

  async #answer(body: VllmRequest, isChat: boolean, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const { behavior } = this;
    const fault = behavior.faults.length > 0 ? behavior.faults.shift() : behavior.alwaysFault;
    if (fault !== undefined && this.#fail(fault, response)) return;
    if (!this.#models.includes(body.model))
      return this.#error(response, 404, 'NotFoundError', `The model \`${body.model}\` does not exist.`);
    const isRefused = body.continue_final_message === true && behavior.continuation === 'refused';
    if (isRefused) return this.#invalid(response, 'continue_final_message');
    if (body.seed !== undefined && behavior.seed === 'refused') return this.#invalid(response, 'seed');
    if (body.n !== undefined && body.n > 1 && behavior.n === 'refused') return this.#invalid(response, 'n');
    const last = body.messages?.at(-1);
    if (behavior.continuation === 'uncounted' && last?.content === '1 2 3 4')
      return json(response, 200, counted(body.model, behavior.isEchoing));
    const asked = isChat ? readChat(body, behavior.continuation) : readCompletion(body);
    const images = imagesAt(...(await Promise.all(asked.images.map((image) => this.#images.path(image)))));
    const count = behavior.n === 'taken' ? (body.n ?? 1) : 1;
    const { question, prefix } = asked;
    const rollouts = await this.#options.policy.sample({ question, images, prefix, count, seed: body.seed ?? 0, signal });
    const failed = rollouts.find((rollout) => 'failure' in rollout);
    if (failed !== undefined) return this.#error(response, 500, 'InternalServerError', failed.failure);
    const { usage } = behavior;
    const isCounted = usage === 'always' || (usage === 'sometimes' && this.requests.length % 2 === 0);
    const written = this.#reply(body, isChat, asked, rollouts);
    const reply = { ...written, usage: isCounted ? written.usage : undefined };
    if (fault === undefined && reply.usage !== undefined) {
      this.told.prompt += reply.usage.prompt_tokens;
      this.told.completion += reply.usage.completion_tokens;
      this.told.cached += reply.usage.prompt_tokens_details?.cached_tokens ?? 0;
    }
    if (fault === 'truncatedJson') return json(response, 200, reply, 0.6);
    if (fault === 'resetMidBody') return reset(response, reply);
    json(
      response,
      200,
      fault === 'noChoices' ? { ...reply, choices: undefined } : fault === 'emptyChoices' ? { ...reply, choices: [] } : reply,
    );
  }

  /** Applies a fault. Returns whether the fault was the whole answer. */
  #fail(fault: Fault, response: ServerResponse): boolean {
    switch (fault) {
      case 'error500':
        this.#error(response, 500, 'InternalServerError', 'EngineCore encountered an issue.');
        return true;
      case 'busy503':
        this.#error(response, 503, 'ServiceUnavailableError', 'The server is overloaded.');
        return true;
      case 'limited429':
        response.setHeader('retry-after', this.behavior.retryAfter);
        this.#error(response, 429, 'RateLimitError', 'Too many requests.');
        return true;
      case 'refused401':
        json(response, 401, { error: 'Unauthorized' });
        return true;
      case 'badRequest400':
        this.#error(response, 400, 'BadRequestError', "This model's maximum context length is 4096 tokens.");
        return true;
      case 'htmlPage':
        raw(response, 'text/html', '<html><body><h1>Welcome to nginx!</h1></body></html>');
        return true;
      case 'plainText':
        raw(response, 'text/plain', 'ok');
        return true;
      default:
        return false;
    }
  }

  #invalid(response: ServerResponse, parameter: string): void {
    this.#error(
      response,
      400,
      'BadRequestError',
      `[{'type': 'extra_forbidden', 'loc': ('body', '${parameter}'), 'msg': 'Extra inputs are not permitted'}]`,
    );
  }

  #error(response: ServerResponse, code: number, type: string, message: string): void {
    json(
      response,
      code,
      this.behavior.errors === 'flat'
        ? { object: 'error', message, type, param: null, code }
        : { error: { message, type, param: null, code } },
    );
  }

  #reply(body: VllmRequest, isChat: boolean, asked: AskedFor, rollouts: readonly SampledRollout[]) {
    const texts = rollouts.map((rollout) =>
      'failure' in rollout ? '' : this.behavior.steps === 'plain' ? rollout.steps.join('\n\n') : joinSteps(rollout.steps),
    );
    const completionTokens = texts.join(' ').split(/\s+/).length;
    const cached = Math.min(this.behavior.cached, asked.promptTokens);
    const choices = rollouts.map((rollout, index) => {
      const isCut = this.behavior.content.startsWith('cut') || ('finish' in rollout && rollout.finish === 'length');
      const common = { index, logprobs: null, finish_reason: isCut ? 'length' : 'stop', stop_reason: null };
      // An open message continues after `</step>`.
      const rest = asked.isContinued && texts[index] !== '' ? `\n${texts[index]!}` : texts[index]!;
      const words = asked.isContinued && this.behavior.isEchoing ? `${joinSteps(asked.prefix)}${rest}` : rest;
      return isChat ? { ...common, message: this.#message(words) } : { ...common, text: words };
    });
    return {
      id: `${isChat ? 'chatcmpl' : 'cmpl'}-${this.#replies++}`,
      object: isChat ? 'chat.completion' : 'text_completion',
      created: now(),
      model: body.model,
      choices,
      usage: {
        prompt_tokens: asked.promptTokens,
        completion_tokens: completionTokens,
        total_tokens: asked.promptTokens + completionTokens,
        prompt_tokens_details: cached > 0 ? { cached_tokens: cached } : null,
      },
    };
  }

  #message(words: string) {
    const { reasoning, content } = this.behavior;
    const thought = 'Let me think about it.';
    const message = { role: 'assistant', refusal: null, tool_calls: [] as unknown[] };
    if (content === 'null' || content === 'cutThinking')
      return { ...message, content: null, reasoning: content === 'null' ? null : thought };
    if (content === 'toolCall')
      return {
        ...message,
        content: null,
        tool_calls: [{ id: 'call-0', type: 'function', function: { name: 'calculate', arguments: '{}' } }],
      };
    if (reasoning === 'tag') return { ...message, content: `<think>\n${thought}\n</think>\n\n${words}` };
    return { ...message, content: words, ...(reasoning !== 'none' && { [reasoning]: thought }) };
  }
}

/** The reply of a model that was asked to count and continues counting. */
function counted(model: string, isEchoing: boolean) {
  const message = { role: 'assistant', content: isEchoing ? '1 2 3 4 5' : ' 5' };
  return { id: 'chatcmpl-count', object: 'chat.completion', model, choices: [{ index: 0, message, finish_reason: 'stop' }] };
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      },
      { once: true },
    );
  });
}

/** @param share The part of the text that is sent, as from a proxy that loses the rest. */
function json(response: ServerResponse, status: number, body: unknown, share = 1): void {
  const whole = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json' }).end(whole.slice(0, whole.length * share));
}

function raw(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, { 'content-type': type }).end(body);
}

function reset(response: ServerResponse, body: unknown): void {
  const whole = JSON.stringify(body);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(whole) });
  response.write(whole.slice(0, whole.length / 2), () => response.socket?.resetAndDestroy());
}
