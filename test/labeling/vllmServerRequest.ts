import { splitSteps } from '../../server/labeling/policies/stepText.js';

/** The parts of vLLM's request bodies that the server reads. */
export interface VllmRequest {
  readonly model: string;
  readonly messages?: readonly { readonly role: string; readonly content: string | readonly ContentPart[] }[];
  readonly prompt?: string;
  readonly n?: number;
  readonly seed?: number;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly max_tokens?: number;
  readonly stop?: readonly string[];
  readonly continue_final_message?: boolean;
  readonly add_generation_prompt?: boolean;
}

export type ContentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string } };

/** What a request asks of the policy. */
export interface AskedFor {
  readonly question: string;
  readonly images: readonly string[];
  readonly prefix: readonly string[];
  /** The answer continues with the assistant's message. */
  readonly isContinued: boolean;
  readonly promptTokens: number;
}

/** @param continuation Whether an open message is continued. A server that ignores the parameter opens a new one. */
export function readChat(body: VllmRequest, continuation: 'taken' | 'refused' | 'ignored' | 'uncounted'): AskedFor {
  const messages = body.messages ?? [];
  const parts = messages.flatMap(({ role, content }) =>
    role !== 'user' ? [] : typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content,
  );
  const last = messages.at(-1);
  const isOpen = continuation === 'uncounted' || (continuation === 'taken' && body.continue_final_message === true);
  const isContinued = isOpen && last?.role === 'assistant';
  const asked = readPrompt(parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n'), '\nPrevious Steps:');
  return {
    ...asked,
    images: parts.flatMap((part) => (part.type === 'image_url' ? [part.image_url.url] : [])),
    ...(isContinued && { prefix: splitSteps(last.content as string) }),
    isContinued,
    promptTokens: words(rendered(messages, isContinued && continuation === 'taken')),
  };
}

export function readCompletion(body: VllmRequest): AskedFor {
  const prompt = body.prompt ?? '';
  return { ...readPrompt(prompt, '\n\nSolution:\n'), images: [], isContinued: false, promptTokens: words(prompt) };
}

function readPrompt(prompt: string, beforeSteps: string): { readonly question: string; readonly prefix: string[] } {
  const [, asked = prompt] = prompt.split('Question: ');
  const [question = '', given = ''] = asked.split(beforeSteps);
  return { question, prefix: splitSteps(given) };
}

/** Renders the messages as a ChatML template does. An open message has no end tag, and no new turn follows it. */
function rendered(messages: NonNullable<VllmRequest['messages']>, isOpen: boolean): string {
  const turns = messages.map(
    ({ role, content }) =>
      `<|im_start|> ${role} ${typeof content === 'string' ? content : content.map((part) => ('text' in part ? part.text : '<image>')).join(' ')}`,
  );
  return turns.join(' <|im_end|> ') + (isOpen ? '' : ' <|im_end|> <|im_start|> assistant');
}

function words(text: string): number {
  return text.split(/\s+/).filter((word) => word !== '').length;
}
