import { english } from '../../l10n.js';
import { ImageError } from '../../models/images/imageFile.js';
import { readChoices } from '../../remote/choices.js';
import { forWhat, withoutKeys } from '../../remote/exchanges.js';
import { modelsServed, type OpenAiClientOptions, type RequestBody, refuses } from '../../remote/openAiClient.js';
import { RequestFailure } from '../../remote/requestFailure.js';
import { usageOf } from '../economy/batchCost.js';
import { type Policy, PolicyAway, PolicyError, type PolicyInfo, type SampledRollout, type SampleRequest } from '../policy.js';
import { choiceRollout } from './choiceRollout.js';
import { type Continuation, chosenContinuation, findContinuation } from './continuation.js';
import { Endpoints } from './endpoints.js';
import { imageUrl } from './imageUrl.js';
import { type PromptOptions, Prompts } from './openAiPrompt.js';
import { isRefusal, RequestDialect } from './requestDialect.js';
import { isComplete, joinSteps } from './stepText.js';

export interface OpenAiPolicyOptions extends Omit<OpenAiClientOptions, 'Unusable' | 'baseUrl' | 'streams'>, PromptOptions {
  /** The key that was set for each server. */
  readonly key?: (url: string) => string | undefined;
  /** Servers of the same model: `http://localhost:8000/v1`. */
  readonly baseUrls: readonly string[];
  /** Default: the server's only model. */
  readonly model?: string;
  readonly mode: 'chat' | 'completions';
  /** `auto`, the default, finds out what the server can do. */
  readonly continuation?: 'auto' | Continuation['way'];
  readonly temperature: number;
  readonly topP?: number;
  /** Maximum tokens of a completion, thoughts included. */
  readonly maxTokens: number;
  /** Texts that end a completion, besides the end of the answer. */
  readonly stop?: readonly string[];
  /** Further fields of every request, such as top_k; they override the others. */
  readonly extraBody?: RequestBody;
}

/** A model behind OpenAI-compatible servers (vLLM, SGLang, llama.cpp, OpenAI). Nothing is sent until it is used. */
export function openOpenAiPolicy(options: OpenAiPolicyOptions): Policy {
  return new OpenAiPolicy(options);
}

/** Sample for finding out how the server continues a solution. */
const SAMPLE_QUESTION = 'What is 2 + 3?';
const SAMPLE_STEP = 'We add 2 and 3.';

class OpenAiPolicy implements Policy {
  readonly #options: OpenAiPolicyOptions;
  readonly #endpoints: Endpoints;
  readonly #prompts: Prompts;
  #model: string | undefined;
  /** The request fields that the server accepts. */
  readonly #dialect = new RequestDialect();
  #takesN = true;
  /** Most completions that the server has returned for one request. */
  #mostN = 1;
  #hasAnswered = false;
  #continuation: Promise<Continuation> | undefined;
  /** Replies to successful probes. When a server fails now and then, only the other probes are repeated. */
  readonly #probed = new Map<string, unknown>();

  constructor(options: OpenAiPolicyOptions) {
    this.#options = options;
    const { baseUrls, ...client } = options;
    this.#endpoints = new Endpoints(baseUrls, { ...client, streams: true, Unusable: PolicyError });
    this.#prompts = new Prompts(options);
    this.#model = options.model;
  }

  /** The fingerprint has no server addresses or time limits: the same model elsewhere writes the same rollouts. */
  async describe(signal?: AbortSignal): Promise<PolicyInfo> {
    const model = await this.#modelId(signal).catch(refused);
    const { mode, temperature, topP, maxTokens, stop, extraBody, systemPrompt, template, stepDelimiter } = this.#options;
    const found = mode === 'chat' ? await this.#findContinuation(signal).catch(refused) : undefined;
    // The way a reply is sent does not change its text.
    const { stream: _stream, stream_options: _options, ...sampling } = extraBody ?? {};
    const isSampling = Object.keys(sampling).length > 0;
    const own = { systemPrompt, template, stop, stepDelimiter, extraBody: isSampling ? withoutKeys(sampling) : undefined };
    const settings = JSON.stringify({ mode, continuation: found?.way, temperature, topP, maxTokens, ...own });
    return {
      name: model,
      fingerprint: `${model} ${settings}`,
      isDeterministic: false,
      ...(found && { continuation: { way: found.way, why: found.why } }),
    };
  }

  async sample(request: SampleRequest): Promise<readonly SampledRollout[]> {
    request.signal?.throwIfAborted();
    try {
      return await this.#rollouts(await this.#body(request), request);
    } catch (error) {
      if (error instanceof RequestFailure) return repeat(request.count, this.#failure(error));
      if (error instanceof ImageError) return repeat(request.count, { failure: error.message });
      throw error;
    }
  }

  isComplete(prefix: readonly string[]): boolean {
    return isComplete(prefix);
  }

  dispose(): Promise<void> {
    this.#endpoints.dispose();
    return Promise.resolve();
  }

  async #modelId(signal: AbortSignal | undefined): Promise<string> {
    if (this.#model !== undefined) return this.#model;
    const models = await forWhat([], () => this.#endpoints.models(signal)).catch((error: unknown) => {
      // llama.cpp answers 503 while it loads its model.
      if (error instanceof RequestFailure && error.details.isTemporary !== true)
        throw new PolicyError(
          english('The server at {0} does not list its models ({1}) Name the model to use.', this.#endpoints.name, error.message),
        );
      throw error;
    });
    const [model, ...others] = models;
    if (model === undefined || others.length > 0)
      throw new PolicyError(english('Name the model to use of the server at {0}. {1}', this.#endpoints.name, modelsServed(models)));
    return (this.#model = model);
  }

  /** Builds the request for one completion, without count and seed. */
  async #body(request: SampleRequest): Promise<RequestBody> {
    const { question, prefix } = request;
    if (this.#options.mode === 'completions') {
      if (request.images.length > 0) throw new ImageError(english('Images cannot be sent in the mode "completions"; use "chat".'));
      return { prompt: this.#prompts.completion(question, prefix) };
    }
    const images = await Promise.all(request.images.map(imageUrl));
    if (prefix.length === 0) return this.#messages(question, [], images);
    const { way, body } = await this.#findContinuation(request.signal);
    return way === 'prefix' ? { ...this.#openMessages(question, prefix, images), ...body } : this.#messages(question, prefix, images);
  }

  #messages(question: string, previous: readonly string[], images: readonly string[]) {
    const { systemPrompt } = this.#options;
    const system = systemPrompt === undefined ? [] : [{ role: 'system', content: systemPrompt }];
    return { messages: [...system, userMessage(this.#prompts.chat(question, previous), images)] };
  }

  #openMessages(question: string, prefix: readonly string[], images: readonly string[]): RequestBody {
    const { messages } = this.#messages(question, [], images);
    return { messages: [...messages, { role: 'assistant', content: this.#prompts.steps(prefix) }] };
  }

  /** Finds the continuation once, and again after the server was unavailable. */
  async #findContinuation(signal: AbortSignal | undefined, again = true): Promise<Continuation> {
    const { continuation = 'auto', log } = this.#options;
    if (continuation !== 'auto') return chosenContinuation(continuation);
    const probe = async (body: RequestBody, maxTokens: number): Promise<unknown> => {
      const key = JSON.stringify([body, maxTokens]);
      if (!this.#probed.has(key))
        this.#probed.set(key, await forWhat([], () => this.#post('', body, 1, 0, maxTokens, signal, undefined, 0)));
      return this.#probed.get(key);
    };
    const sample = this.#openMessages(SAMPLE_QUESTION, [SAMPLE_STEP], []);
    const finding = (this.#continuation ??= findContinuation(sample, probe).then((found) => {
      log.info(`${this.#endpoints.name}: ${found.why}.`);
      return found;
    }));
    return await finding.catch((error: unknown) => {
      if (this.#continuation === finding) this.#continuation = undefined;
      // The caller that started the probes cancelled them.
      if (again && (error as Error).name === 'AbortError' && signal?.aborted !== true) return this.#findContinuation(signal, false);
      throw error;
    });
  }

  /** Requests all rollouts at once if the server accepts `n`. Missing ones are requested one by one. */
  async #rollouts(body: RequestBody, request: SampleRequest): Promise<readonly SampledRollout[]> {
    const { count } = request;
    const together = this.#takesN && count > 1 ? await this.#asked(body, request, 0, count) : [];
    const rest = await Promise.all(
      Array.from({ length: count - together.length }, (_, i) => this.#asked(body, request, together.length + i, 1)),
    );
    const all = [...together, ...rest.flatMap((own) => own.slice(0, 1))];
    // If single requests are refused too, the refusal shows nothing about `n`.
    if (count > 1 && together.length < count && this.#takesN && all.some((one) => !('failure' in one))) {
      this.#takesN = false;
      this.#options.log.info(`${this.#endpoints.name} gives ${together.length} of ${count} completions: the rest is asked for one by one.`);
    }
    return all;
  }

  #asked(body: RequestBody, request: SampleRequest, first: number, count: number): Promise<SampledRollout[]> {
    const about = Array.from({ length: count }, (_, i) => first + i);
    return forWhat(about, () => this.#ask(body, request, first, count));
  }

  /** Requests `count` rollouts, numbered from `first` on. Returns fewer when the server does not accept `n`. */
  async #ask(body: RequestBody, request: SampleRequest, first: number, count: number): Promise<SampledRollout[]> {
    let retries = 0;
    let reply: unknown;
    try {
      // vLLM gives the i-th of `n` completions the seed `seed + i`. A single request gets that same seed.
      reply = await this.#post(
        `${request.question}\n${joinSteps(request.prefix)}`,
        body,
        count,
        request.seed + first,
        this.#options.maxTokens,
        request.signal,
        () => retries++,
      );
      const rollouts = readChoices(reply)
        .slice(0, count)
        .map((choice) => choiceRollout(choice, request, this.#options.stepDelimiter));
      this.#hasAnswered = true;
      if (rollouts.length === count) this.#mostN = Math.max(this.#mostN, count);
      return rollouts;
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      // Servers limit `n` with their own messages and numbers: llama.cpp by its slots.
      if (count > 1 && isRefusal(error) && (refuses(error, 'n') || count > this.#mostN)) return [];
      return repeat(count, this.#failure(error));
    } finally {
      request.onCost?.(usageOf(reply, retries));
    }
  }

  /** A reply without choices is temporary if the server has sent some before: a proxy answers while it restarts. */
  #failure({ message, details }: RequestFailure): SampledRollout {
    const isTemporary = details.isTemporary === true || (details.status === undefined && this.#hasAnswered);
    return { failure: message, ...(isTemporary && { isTemporary }) };
  }

  /** Sends a request without the parameters this server refuses, again when it refuses one more. */
  async #post(
    key: string,
    body: RequestBody,
    n: number,
    seed: number,
    limit: number,
    signal: AbortSignal | undefined,
    onRetry?: () => void,
    temperature = this.#options.temperature,
  ): Promise<unknown> {
    const { mode, topP, extraBody, stop = [] } = this.#options;
    const model = await this.#modelId(signal);
    // A base model would continue with the next problem. vLLM is asked to keep the tag in the text; others remove it.
    const stops = [...(mode === 'completions' ? ['</answer>'] : []), ...stop];
    const whole = {
      ...body,
      temperature,
      ...(topP !== undefined && { top_p: topP }),
      ...(extraBody?.max_completion_tokens === undefined && { max_tokens: limit }),
      ...(n > 1 && { n }),
      seed,
      ...(stops.length > 0 && { stop: stops }),
      ...(mode === 'completions' && { include_stop_str_in_output: true }),
      ...extraBody,
      model,
    };
    const isProbe = temperature !== this.#options.temperature;
    const optional = ['seed', 'include_stop_str_in_output', ...(isProbe ? ['temperature'] : [])].filter(
      (name) => !(name in (extraBody ?? {})),
    );
    const path = mode === 'chat' ? '/chat/completions' : '/completions';
    const send = (sent: RequestBody): Promise<unknown> => this.#endpoints.post(key, path, { ...sent, model }, signal, onRetry);
    try {
      return await this.#dialect.post(whole, optional, send, onRetry);
    } catch (error) {
      if (!isProbe && error instanceof RequestFailure) this.#explainRefusal(error);
      throw error;
    }
  }

  /** Throws PolicyError when the server refuses what the user chose, because every request would fail. */
  #explainRefusal(failure: RequestFailure): void {
    const { extraBody = {}, topP, stop = [] } = this.#options;
    const chosen = [
      ...Object.keys(extraBody),
      'temperature',
      ...(topP === undefined ? [] : ['top_p']),
      ...(stop.length > 0 ? ['stop'] : []),
    ];
    const refused = chosen.find((name) => refuses(failure, name));
    if (refused !== undefined)
      throw new PolicyError(
        english(
          'The server at {0} refuses the value of "{1}". {2} Change the value or remove it.',
          this.#endpoints.name,
          refused,
          failure.message,
        ),
      );
  }
}

function refused(error: unknown): never {
  if (!(error instanceof RequestFailure)) throw error;
  throw error.details.isTemporary === true ? new PolicyAway(error.message) : new PolicyError(error.message);
}

/** Puts images first, as MM-PRM puts `<image>` before its prompt. */
function userMessage(text: string, images: readonly string[]) {
  return {
    role: 'user',
    content: images.length === 0 ? text : [...images.map((url) => ({ type: 'image_url', image_url: { url } })), { type: 'text', text }],
  };
}

function repeat(count: number, rollout: SampledRollout): SampledRollout[] {
  return Array.from({ length: count }, () => rollout);
}
