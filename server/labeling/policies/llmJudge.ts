import { english } from '../../l10n.js';
import { contentOf, readChoices } from '../../remote/choices.js';
import type { OpenAiClient, RequestBody } from '../../remote/openAiClient.js';
import { RequestFailure } from '../../remote/requestFailure.js';
import { usageOf } from '../economy/batchCost.js';
import type { AnswerJudge, AnswerJudgeRequest, JudgeFailure } from '../judge.js';
import { RequestDialect } from './requestDialect.js';
import { splitThinking } from './thoughts.js';

export interface LlmJudgeOptions {
  readonly client: OpenAiClient;
  readonly model: string;
}

/** Token limit for the verdict and for what a reasoning model thinks before it. */
const MAX_TOKENS = 2048;

/**
 * Creates a judge that asks a chat model whether an answer equals the reference: with the question of MM-PRM's
 * `data_pipeline/omegaprm.py` (`check_correctness`), once, at temperature 0. A reply that does not begin with a clear
 * verdict is a failure, where MM-PRM counts it as wrong. Rejects with AbortError when cancelled and PolicyError when
 * the server cannot be used.
 */
export function createLlmJudge({ client, model }: LlmJudgeOptions): AnswerJudge {
  const dialect = new RequestDialect();
  return async (request) => {
    const body = { messages: [{ role: 'user', content: judgePrompt(request) }], temperature: 0, max_tokens: MAX_TOKENS };
    let retries = 0;
    let reply: unknown;
    try {
      const onRetry = (): void => void retries++;
      const send = (sent: RequestBody): Promise<unknown> => client.post('/chat/completions', { ...sent, model }, request.signal, onRetry);
      reply = await dialect.post(body, ['temperature'], send, onRetry);
      const [choice] = readChoices(reply);
      const { text } = contentOf(choice?.message?.content);
      return text !== undefined ? readVerdict(splitThinking(text).answer) : { failure: english('The judge answered without text.') };
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      const isTemporary = error.details.isTemporary === true;
      return { failure: error.message, ...(isTemporary && { isTemporary }) };
    } finally {
      request.onCost?.(usageOf(reply, retries));
    }
  };
}

function judgePrompt({ question, reference, answer }: AnswerJudgeRequest): string {
  return [
    'Below are a question, its correct answer, and the end of a solution. Decide whether the final answer of the solution says the same as the correct one.',
    'Only the mathematical or factual content counts: not the notation, LaTeX, wrappers such as \\boxed, units written differently, or further words.',
    'Begin with the single word Yes if it does, or No if it does not.',
    '',
    `Question:\n${question}`,
    '',
    `Correct answer:\n${reference}`,
    '',
    `End of the solution:\n${answer}`,
  ].join('\n');
}

/** Accepts `Yes`, `**No**.`, `No: the unit differs`; not `Yes and no`, `No doubt` or `It is right`. */
function readVerdict(reply: string): 'right' | 'wrong' | JudgeFailure {
  const word = /^\s*["'*_`]*(yes|no)["'*_`]*\s*(?:[.,:;!\n—–-]|$)/i.exec(reply)?.[1];
  if (word === undefined) {
    const said = reply.trim();
    return {
      failure:
        said === ''
          ? english('The judge answered with an empty text.')
          : english('The judge answered neither Yes nor No: "{0}".', said.slice(0, 80)),
    };
  }
  return word.toLowerCase() === 'yes' ? 'right' : 'wrong';
}
