import type { Rollout } from '../policy.js';
import { RequestFailure } from './openAiClientFailures.js';
import { splitSteps, splitThinking } from './stepText.js';

/** A choice of a chat or completions reply, as servers are known to fill it in; every field is checked where it is read. */
export interface Choice {
  readonly index?: unknown;
  readonly finish_reason?: unknown;
  /** Completions. */
  readonly text?: unknown;
  /** Chat. `reasoning` is vLLM's name since 0.11, `reasoning_content` DeepSeek's and vLLM's before. */
  readonly message?: { readonly content?: unknown; readonly reasoning?: unknown; readonly reasoning_content?: unknown; readonly tool_calls?: unknown } | null;
}

/** The choices of a reply in their order, at least one; RequestFailure says what came instead. */
export function readChoices(reply: unknown): Choice[] {
  if (typeof reply === 'string') {
    throw new RequestFailure(`The server answered with ${/^\s*</.test(reply) ? 'an HTML page' : 'plain text'} instead of JSON; is its URL right?`);
  }
  const choices = (reply as { choices?: unknown } | null | undefined)?.choices;
  if (!Array.isArray(choices)) throw new RequestFailure('The server answered without choices.');
  const found = choices.filter((choice): choice is Choice => typeof choice === 'object' && choice !== null);
  if (found.length === 0) throw new RequestFailure('The server answered with an empty list of choices.');
  return found.sort((a, b) => Number(a.index ?? 0) - Number(b.index ?? 0));
}

/** The rollout that a choice holds. A server that writes the prefix again (`echo`, or a new start) has it taken off. */
export function choiceRollout(choice: Choice, prefix: readonly string[]): Rollout {
  const { message } = choice;
  if (Array.isArray(message?.tool_calls) && message.tool_calls.length > 0) return { failure: 'The model called a tool instead of writing a solution.' };
  if (choice.finish_reason === 'content_filter') return { failure: 'The server withheld the text (content_filter).' };
  const content = message === undefined || message === null ? choice.text : message.content;
  const isCut = choice.finish_reason === 'length';
  if (typeof content !== 'string') return { failure: isCut ? 'The model was cut off before it began its answer; allow more tokens.' : 'The server answered without text.' };
  const thought = splitThinking(content);
  const reasoning = asText(message?.reasoning) ?? asText(message?.reasoning_content) ?? thought.reasoning;
  const steps = withoutPrefix(splitSteps(thought.answer), prefix);
  if (steps.length === 0 && isCut) return { failure: 'The model was cut off before it began its answer; allow more tokens.' };
  if (steps.length === 0 && prefix.length === 0) return { failure: 'The model answered with an empty text.' };
  return { steps, finish: isCut ? 'length' : 'stop', ...(reasoning !== undefined && { reasoning }) };
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function withoutPrefix(steps: readonly string[], prefix: readonly string[]): readonly string[] {
  return prefix.length > 0 && prefix.every((step, i) => step === steps[i]) ? steps.slice(prefix.length) : steps;
}
