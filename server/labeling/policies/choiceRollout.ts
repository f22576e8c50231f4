import { english } from '../../l10n.js';
import type { Choice } from '../../remote/choices.js';
import type { SampledRollout, SampleRequest } from '../policy.js';
import { ownText, withoutEcho } from './echoes.js';
import { splitSteps, splitThinking } from './stepText.js';

/**
 * The rollout that a choice holds. Steps of the prefix that the model writes again are taken off and counted; a text that
 * starts the solution anew is no continuation of the prefix and fails.
 */
export function choiceRollout(
  choice: Choice,
  { question, prefix }: Pick<SampleRequest, 'question' | 'prefix'>,
  stepDelimiter?: string,
): SampledRollout {
  const { message } = choice;
  if (Array.isArray(message?.tool_calls) && message.tool_calls.length > 0)
    return { failure: english('The model called a tool instead of writing a solution.') };
  if (choice.finish_reason === 'content_filter') return { failure: english('The server withheld the text (content_filter).') };
  // vLLM ends a text with `abort` when it is shut down, gateways with `error` when the server behind them is away.
  if (typeof choice.finish_reason === 'string' && BROKEN.has(choice.finish_reason))
    return { failure: english('The server broke off the text ({0}).', choice.finish_reason), isTemporary: true };
  const content = textOf(message === undefined || message === null ? choice.text : message.content);
  const isCut = choice.finish_reason === 'length';
  if (typeof content !== 'string')
    return {
      failure: isCut
        ? english('The model was cut off before it began its answer; allow more tokens.')
        : english('The server answered without text.'),
    };
  const thought = splitThinking(isCut ? content : closeAnswer(content));
  const reasoning = asText(message?.reasoning) ?? asText(message?.reasoning_content) ?? thought.reasoning;
  const text = ownText(thought.answer);
  const written = stepDelimiter === undefined ? splitSteps(text) : splitAt(text, stepDelimiter);
  const own = withoutEcho(written, prefix, question);
  if (own === undefined) return { failure: english('The model started the solution again instead of continuing it.') };
  const { steps, echoed } = own;
  if (steps.length === 0 && isCut) return { failure: english('The model was cut off before it began its answer; allow more tokens.') };
  if (steps.length === 0 && prefix.length === 0) return { failure: english('The model answered with an empty text.') };
  return { steps, finish: isCut ? 'length' : 'stop', ...(echoed > 0 && { echoed }), ...(reasoning !== undefined && { reasoning }) };
}

const BROKEN = new Set(['abort', 'aborted', 'cancelled', 'error']);

/** Servers other than vLLM take the stop string off: a text that stopped inside its answer ended with the answer. */
function closeAnswer(text: string): string {
  return text.lastIndexOf('<answer>') > text.lastIndexOf('</answer>') ? `${text.trimEnd()}</answer>` : text;
}

/** A text, or the parts that some servers send it in. */
function textOf(content: unknown): unknown {
  if (!Array.isArray(content)) return content;
  return content.map((part: { readonly text?: unknown } | null) => (typeof part?.text === 'string' ? part.text : '')).join('');
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function splitAt(text: string, delimiter: string): string[] {
  return text
    .split(delimiter)
    .map((step) => step.trim())
    .filter((step) => step !== '');
}
