import { contentOf, readChoices } from '../../remote/choices.js';
import type { RequestBody } from '../../remote/openAiClient.js';
import { RequestFailure } from '../../remote/requestFailure.js';

/**
 * How a chat model continues from a prefix. `prefix`: the steps so far are the assistant's open message, which the model continues
 * writing. `prompt`: the steps so far are part of the question (MM-PRM), and the model writes what follows.
 */
export interface Continuation {
  readonly way: 'prefix' | 'prompt';
  /** Part of the request that leaves the last message open. */
  readonly body: RequestBody;
  /** One sentence for log and run file. */
  readonly why: string;
}

/** Fields for vLLM and SGLang. */
const OPEN: RequestBody = { continue_final_message: true, add_generation_prompt: false };

/** Sends a chat request for a few tokens at temperature 0. */
export type ChatProbe = (body: RequestBody, maxTokens: number) => Promise<unknown>;

export function chosenContinuation(way: 'prefix' | 'prompt'): Continuation {
  return { way, body: way === 'prefix' ? OPEN : {}, why: `chosen by --continuation ${way}` };
}

/**
 * Finds out whether a server continues the assistant's last message. A server that ignores the fields starts a new
 * message, which looks like a rollout but does not continue the prefix. The first check is the count of prompt tokens:
 * a message left open has neither the template's end of a message nor the opening of the next. Servers that count the
 * same (llama.cpp continues any last message of the assistant) get a message whose continuation differs from a new
 * start. `open`: a request whose last message is the assistant's. Rejects with RequestFailure when the server is
 * unavailable.
 */
export async function findContinuation(open: RequestBody, probe: ChatProbe): Promise<Continuation> {
  const closed = promptTokens(await accepted(probe(open, 1)));
  const left = await accepted(probe({ ...open, ...OPEN }, 1));
  if (left !== undefined && closed !== undefined && (promptTokens(left) ?? closed) < closed)
    return { way: 'prefix', body: OPEN, why: 'the server continues an open message: it counts fewer prompt tokens for one' };
  for (const body of left === undefined ? [{}] : [OPEN, {}]) {
    // A new start cannot reach 5 with so few tokens. A reply with 5 therefore continues the given numbers.
    const reply = await accepted(probe({ ...COUNTING, ...body }, 4));
    const found = /^\s*(1 2 3 4)?[\s,]*5\b/.exec(reply === undefined ? '' : textOf(reply));
    if (found === null) continue;
    const echo = found[1] === undefined ? '' : ', and writes the message again before it';
    return { way: 'prefix', body, why: `the server continues an open message: it continued "1 2 3 4" with 5${echo}` };
  }
  const refused = left === undefined ? 'it refuses continue_final_message' : 'it starts a new message instead';
  return {
    way: 'prompt',
    body: {},
    why: `the server does not continue an open message (${refused}): the previous steps go into the prompt`,
  };
}

/** No model starts a new message with 5 here. */
const COUNTING: RequestBody = {
  messages: [
    { role: 'user', content: 'Count from 1 to 9: write the numbers with blanks between them and nothing else.' },
    { role: 'assistant', content: '1 2 3 4' },
  ],
};

/** Returns the reply, undefined when the server understood the request but rejects its content. */
async function accepted(reply: Promise<unknown>): Promise<unknown> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof RequestFailure && (error.details.status === 400 || error.details.status === 422)) return undefined;
    throw error;
  }
}

function textOf(reply: unknown): string {
  const [choice] = readChoices(reply);
  return contentOf(choice?.message?.content).text ?? '';
}

function promptTokens(reply: unknown): number | undefined {
  const count = (reply as { usage?: { prompt_tokens?: unknown } | null } | null)?.usage?.prompt_tokens;
  return typeof count === 'number' ? count : undefined;
}
