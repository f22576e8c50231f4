import { english } from '../../l10n.js';
import { type Choice, contentOf } from '../../remote/choices.js';
import type { SampledRollout, SampleRequest } from '../policy.js';
import { ownText, withoutEcho } from './echoes.js';
import { finishOf } from './finishReason.js';
import { splitSteps } from './stepText.js';
import { splitThinking } from './thoughts.js';

/**
 * Reads the rollout of a choice. Steps of the prefix that the model repeats are removed and counted. A text that starts
 * the solution again does not continue the prefix and is a failure.
 */
export function choiceRollout(
  choice: Choice,
  { question, prefix }: Pick<SampleRequest, 'question' | 'prefix'>,
  stepDelimiter?: string,
): SampledRollout {
  const { message } = choice;
  const finish = finishOf(choice.finish_reason);
  const reason = String(choice.finish_reason);
  if (finish === 'tool' || callsTool(message)) return { failure: english('The model called a tool instead of writing a solution.') };
  if (finish === 'withheld') return { failure: english('The server withheld the text ({0}).', reason) };
  // vLLM ends a text with `abort` when it is shut down, gateways with `error` when the server behind them is
  // unavailable.
  if (finish === 'broken') return { failure: english('The server broke off the text ({0}).', reason), isTemporary: true };
  const isCut = finish === 'length';
  const { text: content, reasoning: parts } = contentOf(message === undefined || message === null ? choice.text : message.content);
  const refusal = asText(message?.refusal);
  if (refusal !== undefined && (content ?? '').trim() === '') return { failure: english('The model refused: {0}', refusal) };
  const thought = splitThinking(content ?? '');
  const reasoning = asText(message?.reasoning) ?? asText(message?.reasoning_content) ?? asText(parts) ?? thought.reasoning;
  const own = ownText(thought.answer);
  if (own.trim() === '' && (content === undefined || reasoning !== undefined))
    return {
      failure: isCut
        ? english('The model was cut off before it began its answer; allow more tokens.')
        : reasoning === undefined
          ? english('The server answered without text.')
          : english('The model thought and wrote no answer.'),
    };
  const text = isCut ? own : closeAnswer(own);
  const written = stepDelimiter === undefined ? splitSteps(text) : splitAt(text, stepDelimiter);
  const continued = withoutEcho(written, prefix, question);
  if (continued === undefined) return { failure: english('The model started the solution again instead of continuing it.') };
  const { steps, echoed } = continued;
  if (steps.length === 0 && isCut) return { failure: english('The model was cut off before it began its answer; allow more tokens.') };
  if (steps.length === 0 && prefix.length === 0) return { failure: english('The model answered with an empty text.') };
  return { steps, finish: isCut ? 'length' : 'stop', ...(echoed > 0 && { echoed }), ...(reasoning !== undefined && { reasoning }) };
}

function callsTool(message: Choice['message']): boolean {
  const { tool_calls: calls, function_call: call } = message ?? {};
  return (Array.isArray(calls) && calls.length > 0) || (typeof call === 'object' && call !== null);
}

/** Servers other than vLLM remove the stop string: a text that stopped inside its answer ended with the answer. */
function closeAnswer(text: string): string {
  return text.lastIndexOf('<answer>') > text.lastIndexOf('</answer>') ? `${text.trimEnd()}</answer>` : text;
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
