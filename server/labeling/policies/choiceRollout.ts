import type { Choice } from '../../remote/choices.js';
import type { Rollout } from '../policy.js';
import { splitSteps, splitThinking } from './stepText.js';

/** The rollout that a choice holds. A server that writes the prefix again (`echo`, or a new start) has it taken off. */
export function choiceRollout(choice: Choice, prefix: readonly string[]): Rollout {
  const { message } = choice;
  if (Array.isArray(message?.tool_calls) && message.tool_calls.length > 0)
    return { failure: 'The model called a tool instead of writing a solution.' };
  if (choice.finish_reason === 'content_filter') return { failure: 'The server withheld the text (content_filter).' };
  const content = message === undefined || message === null ? choice.text : message.content;
  const isCut = choice.finish_reason === 'length';
  if (typeof content !== 'string')
    return {
      failure: isCut ? 'The model was cut off before it began its answer; allow more tokens.' : 'The server answered without text.',
    };
  const thought = splitThinking(isCut ? content : closeAnswer(content));
  const reasoning = asText(message?.reasoning) ?? asText(message?.reasoning_content) ?? thought.reasoning;
  const steps = withoutPrefix(splitSteps(thought.answer), prefix);
  if (steps.length === 0 && isCut) return { failure: 'The model was cut off before it began its answer; allow more tokens.' };
  if (steps.length === 0 && prefix.length === 0) return { failure: 'The model answered with an empty text.' };
  return { steps, finish: isCut ? 'length' : 'stop', ...(reasoning !== undefined && { reasoning }) };
}

/** Servers other than vLLM take the stop string off: a text that stopped inside its answer ended with the answer. */
function closeAnswer(text: string): string {
  return text.lastIndexOf('<answer>') > text.lastIndexOf('</answer>') ? `${text.trimEnd()}</answer>` : text;
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function withoutPrefix(steps: readonly string[], prefix: readonly string[]): readonly string[] {
  return prefix.length > 0 && prefix.every((step, i) => step === steps[i]) ? steps.slice(prefix.length) : steps;
}
