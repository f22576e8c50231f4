import { english } from '../../l10n.js';
import { type ImageFile, imageDataUrl } from '../../models/images/imageFile.js';
import { ModelError } from '../../models/modelError.js';
import { modelsServed, OpenAiClient } from '../../remote/openAiClient.js';
import { RequestFailure } from '../../remote/requestFailure.js';
import type { Backend, BackendContext, PathScores } from './backend.js';
import type { RemoteServer } from './remoteProfile.js';
import { readTokenPair, topLogprobs } from './tokenPair.js';

const retries = 3;

export interface ServerMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string | readonly object[];
}

/** A chat model that answers with one token, whose probability is the score. */
export interface ChatModel {
  open(signal?: AbortSignal): Promise<string>;
  /** P(positive) against P(negative) as the next token. */
  ask(
    messages: readonly ServerMessage[],
    positive: readonly string[],
    negative: readonly string[],
    signal: AbortSignal,
    fields?: Readonly<Record<string, unknown>>,
  ): Promise<PathScores>;
  /** Requests a reply with additional request fields, however long it takes to write. */
  write(
    messages: readonly ServerMessage[],
    fields: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<{ readonly reply: unknown; readonly tokens: number }>;
  dispose(): void;
}

export function createChatModel(
  { url, model, concurrency }: RemoteServer,
  { apiKey, timeout, backOff, log, profilePath }: BackendContext,
): ChatModel {
  const baseUrl = new URL(url).pathname === '/' ? `${url}/v1` : url;
  const client = new OpenAiClient({
    baseUrl,
    concurrency,
    timeout,
    retries,
    backOff,
    log,
    Unusable: ModelError,
    ...(apiKey !== undefined && { apiKey }),
  });
  return {
    async open(signal) {
      const models = await client.models(signal).catch((error: unknown) => {
        // A gateway may not list its models. A missing model is then reported by the first request.
        if (error instanceof RequestFailure && error.details.isUnreachable !== true && error.details.isTemporary !== true) return undefined;
        throw error;
      });
      if (models !== undefined && !models.includes(model)) {
        throw new ModelError(
          english(
            'The server at {0} has no model "{1}". {2} Correct \'backend.model\' in {3}.',
            url,
            model,
            modelsServed(models),
            profilePath,
          ),
        );
      }
      return '';
    },
    async ask(messages, positive, negative, signal, fields = {}) {
      const body = { model, messages, temperature: 0, max_tokens: 1, logprobs: true, top_logprobs: topLogprobs, ...fields };
      const reply = await client.post('/chat/completions', body, signal);
      const tokens = (reply as { usage?: { prompt_tokens?: unknown } | null } | null)?.usage?.prompt_tokens;
      return { scores: [readTokenPair(reply, positive, negative)], tokens: typeof tokens === 'number' ? tokens : 0 };
    },
    async write(messages, fields, signal) {
      const reply = await client.post('/chat/completions', { model, messages, ...fields, stream: true }, signal);
      const tokens = (reply as { usage?: { total_tokens?: unknown } | null } | null)?.usage?.total_tokens;
      return { reply, tokens: typeof tokens === 'number' ? tokens : 0 };
    },
    dispose: () => client.dispose(),
  };
}

/** A backend that asks a chat model about one step at a time, without the reference answer. */
export function stepBackend(chat: ChatModel, readsImages: boolean, score: Backend['score']): Backend {
  return {
    asks: 'step',
    readsImages,
    readsAnswer: false,
    open: (signal) => chat.open(signal),
    score,
    dispose: () => chat.dispose(),
  };
}

/** A user's message; the images come first, as in MM-PRM's and VisualPRM's prompts. */
export function userMessage(text: string, images: readonly ImageFile[]): ServerMessage {
  if (images.length === 0) return { role: 'user', content: text };
  return {
    role: 'user',
    content: [
      ...images.map((image) => ({
        type: 'image_url',
        image_url: { url: imageDataUrl(image) },
      })),
      { type: 'text', text },
    ],
  };
}
