import { ImageError } from '../../models/images/imageFile.js';
import { readChoices } from '../../remote/choices.js';
import { modelsServed, OpenAiClient, type OpenAiClientOptions, type RequestBody } from '../../remote/openAiClient.js';
import { RequestFailure } from '../../remote/requestFailure.js';
import { type Policy, PolicyError, type PolicyInfo, type Rollout, type SampleRequest } from '../policy.js';
import { choiceRollout } from './choiceRollout.js';
import { imageUrl } from './imageUrl.js';
import { chatPrompt, completionPrompt } from './openAiPrompt.js';
import { isComplete, joinSteps } from './stepText.js';

export interface OpenAiPolicyOptions extends Omit<OpenAiClientOptions, 'Unusable'> {
  /** The server's only model where none is named. */
  readonly model?: string;
  readonly mode: 'chat' | 'completions';
  /**
   * How a chat model continues from a prefix: as the assistant's open message (vLLM's `continue_final_message`), or asked to
   * by a prompt that holds the previous steps (MM-PRM). `auto`, the default, finds out whether the server can do the first.
   */
  readonly continuation?: 'auto' | 'assistant' | 'prompt';
  readonly temperature: number;
  readonly topP?: number;
  /** Longest completion in tokens, thoughts included. */
  readonly maxTokens: number;
}

/** A model behind an OpenAI-compatible server (vLLM, SGLang, llama.cpp, OpenAI). Nothing is sent until it is used. */
export function openOpenAiPolicy(options: OpenAiPolicyOptions): Policy {
  return new OpenAiPolicy(options);
}

class OpenAiPolicy implements Policy {
  readonly #options: OpenAiPolicyOptions;
  readonly #client: OpenAiClient;
  #model: string | undefined;
  /** What the server turned out to understand. */
  #takesN = true;
  #takesSeed = true;
  #limitName = 'max_tokens';
  #continues: boolean | undefined;

  constructor(options: OpenAiPolicyOptions) {
    this.#options = options;
    this.#client = new OpenAiClient({ ...options, Unusable: PolicyError });
    this.#model = options.model;
  }

  async describe(): Promise<PolicyInfo> {
    const model = await this.#modelId(undefined);
    const { mode, continuation = 'auto', temperature, topP, maxTokens } = this.#options;
    const settings = JSON.stringify({ mode, continuation, temperature, topP, maxTokens });
    return { name: model, fingerprint: `${this.#client.baseUrl} ${model} ${settings}`, isDeterministic: false };
  }

  async sample(request: SampleRequest): Promise<readonly Rollout[]> {
    request.signal?.throwIfAborted();
    try {
      return await this.#rollouts(await this.#body(request), request);
    } catch (error) {
      if (error instanceof RequestFailure || error instanceof ImageError) return repeat(request.count, { failure: error.message });
      throw error;
    }
  }

  isComplete(prefix: readonly string[]): boolean {
    return isComplete(prefix);
  }

  dispose(): Promise<void> {
    this.#client.dispose();
    return Promise.resolve();
  }

  async #modelId(signal: AbortSignal | undefined): Promise<string> {
    if (this.#model !== undefined) return this.#model;
    const models = await this.#client.models(signal).catch((error: unknown) => {
      if (error instanceof RequestFailure)
        throw new PolicyError(`The server at ${this.#client.baseUrl} does not tell its models (${error.message}) Name the model to use.`);
      throw error;
    });
    if (models.length !== 1)
      throw new PolicyError(`Name the model to use of the server at ${this.#client.baseUrl}. ${modelsServed(models)}`);
    return (this.#model = models[0]!);
  }

  /** The request for one completion, but for its count and seed. */
  async #body(request: SampleRequest): Promise<RequestBody> {
    const { question, prefix } = request;
    if (this.#options.mode === 'completions') {
      if (request.images.length > 0) throw new ImageError('Images cannot be sent in the mode "completions"; use "chat".');
      return { prompt: completionPrompt(question, prefix) };
    }
    const images = await Promise.all(request.images.map(imageUrl));
    if (prefix.length === 0) return { messages: [userMessage(chatPrompt(question), images)] };
    const open = { messages: [userMessage(chatPrompt(question), images), { role: 'assistant', content: joinSteps(prefix) }] };
    return (await this.#isContinuing(open, request.signal))
      ? { ...open, ...CONTINUED }
      : { messages: [userMessage(chatPrompt(question, prefix), images)] };
  }

  /**
   * Whether the server continues the assistant's last message. One that ignores the wish starts a new message, which looks
   * like a rollout and is not one from this prefix. Its count of prompt tokens tells: a message left open takes neither the
   * template's end of a message nor the opening of the next.
   */
  async #isContinuing(open: RequestBody, signal: AbortSignal | undefined): Promise<boolean> {
    const { continuation = 'auto', log } = this.#options;
    if (continuation !== 'auto') return continuation === 'assistant';
    if (this.#continues === undefined) {
      const closed = promptTokens(await this.#post(open, 1, 0, 1, signal));
      const left = await this.#post({ ...open, ...CONTINUED }, 1, 0, 1, signal).then(promptTokens, (error: unknown) => {
        if (error instanceof RequestFailure && isRefusal(error)) return undefined;
        throw error;
      });
      this.#continues = closed !== undefined && left !== undefined && left < closed;
      log.info(
        `${this.#client.baseUrl} ${this.#continues ? 'continues an open message' : 'does not continue an open message: previous steps go into the prompt'}.`,
      );
    }
    return this.#continues;
  }

  /** All rollouts in one request where the server takes `n`; what it leaves out is asked for one by one. */
  async #rollouts(body: RequestBody, request: SampleRequest): Promise<readonly Rollout[]> {
    const { count } = request;
    const together = this.#takesN && count > 1 ? await this.#ask(body, request, 0, count) : [];
    if (count > 1 && together.length < count && this.#takesN) {
      this.#takesN = false;
      this.#options.log.info(`${this.#client.baseUrl} gives ${together.length} of ${count} completions: the rest is asked for one by one.`);
    }
    const rest = Array.from({ length: count - together.length }, async (_, i) => {
      const [rollout] = await this.#ask(body, request, together.length + i, 1);
      return rollout!;
    });
    return [...together, ...(await Promise.all(rest))];
  }

  /** Rollouts from `first` on: `count` of them, fewer when the server does not take `n`. */
  async #ask(body: RequestBody, request: SampleRequest, first: number, count: number): Promise<Rollout[]> {
    try {
      // vLLM gives the i-th of `n` completions the seed `seed + i`: asked for singly, each gets the same.
      const reply = await this.#post(body, count, request.seed + first, this.#options.maxTokens, request.signal);
      return readChoices(reply)
        .slice(0, count)
        .map((choice) => choiceRollout(choice, request.prefix));
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      if (count > 1 && isRefusal(error) && refuses(error, 'n')) return [];
      return repeat(count, { failure: error.message });
    }
  }

  /** Sends a request without the parameters this server refuses, again when it refuses one more. */
  async #post(body: RequestBody, n: number, seed: number, limit: number, signal: AbortSignal | undefined): Promise<unknown> {
    const { mode, temperature, topP } = this.#options;
    const model = await this.#modelId(signal);
    for (;;) {
      const takesSeed = this.#takesSeed;
      const limitName = this.#limitName;
      const whole = {
        model,
        ...body,
        temperature,
        ...(topP !== undefined && { top_p: topP }),
        [limitName]: limit,
        ...(n > 1 && { n }),
        ...(takesSeed && { seed }),
        // A base model would go on with the next problem; vLLM is asked to leave the tag in the text, others lose it.
        ...(mode === 'completions' && { stop: ['</answer>'], include_stop_str_in_output: true }),
      };
      try {
        return await this.#client.post(mode === 'chat' ? '/chat/completions' : '/completions', whole, signal);
      } catch (error) {
        if (!(error instanceof RequestFailure) || !isRefusal(error)) throw error;
        if (takesSeed && refuses(error, 'seed')) this.#takesSeed = false;
        else if (limitName === 'max_tokens' && /use '?max_completion_tokens/i.test(error.message))
          this.#limitName = 'max_completion_tokens';
        else throw error;
      }
    }
  }
}

const CONTINUED = { continue_final_message: true, add_generation_prompt: false };

/** Images first, as MM-PRM's `<image>` stands before its prompt. */
function userMessage(text: string, images: readonly string[]) {
  return {
    role: 'user',
    content: images.length === 0 ? text : [...images.map((url) => ({ type: 'image_url', image_url: { url } })), { type: 'text', text }],
  };
}

function promptTokens(reply: unknown): number | undefined {
  const count = (reply as { usage?: { prompt_tokens?: unknown } | null } | null)?.usage?.prompt_tokens;
  return typeof count === 'number' ? count : undefined;
}

/** The server understood the request and does not take it as it is. */
function isRefusal({ details }: RequestFailure): boolean {
  return details.status === 400 || details.status === 422;
}

function refuses({ message, details }: RequestFailure, parameter: string): boolean {
  return details.parameter === parameter || new RegExp(`[\`'".]${parameter}[\`'"]|^[^:]*: ${parameter} `).test(message);
}

function repeat(count: number, rollout: Rollout): Rollout[] {
  return Array.from({ length: count }, () => rollout);
}
