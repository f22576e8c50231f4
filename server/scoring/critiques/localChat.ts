import { renderChat } from '../../models/chatTemplate.js';
import type { TextTokenizer } from '../../models/tokenizer.js';
import { critiquePrompt } from '../backends/critique.js';
import type { LocalCritique } from '../localCritiqueProfile.js';
import { asked } from './script.js';

/** Builds the prompts of a generative PRM on this machine, as token ids. */
export interface LocalChat {
  /**
   * Returns the prompt for the critique of the last step.
   * @param replies Replies to the earlier turns, if the script has several turns.
   */
  prompt(question: string, steps: readonly string[], replies: readonly string[]): number[];
  /**
   * Returns the prompt with a critique and the question appended, so that the answer is next, and the appended text.
   * undefined: the answer is in the critique itself.
   */
  readonly answer?: (
    question: string,
    steps: readonly string[],
    replies: readonly string[],
    critique: string,
  ) => { readonly ids: number[]; readonly text: string };
}

export function openLocalChat(tokenizer: TextTokenizer, { script, begin, template, ...critique }: LocalCritique): LocalChat {
  if (!script) {
    const user = tokenizer.expand(renderChat([{ role: 'user', content: '{prompt}' }], tokenizer, template, true)) + begin;
    return { prompt: (question, steps) => tokenizer.encode(user, { prompt: critiquePrompt({ ...critique }, { question, steps }) }) };
  }
  /** Chats by number of turns, with placeholders for all texts, so that special tokens in the texts are plain text. */
  const chats = new Map<number, string>();
  const chatOf = (turns: number) => {
    const known = chats.get(turns);
    if (known !== undefined) return known;
    const messages = Array.from({ length: turns }, (_, i) => [
      { role: 'user', content: `{turn${i}}` } as const,
      ...(i < turns - 1 ? [{ role: 'assistant', content: `{reply${i}}` } as const] : []),
    ]).flat();
    const system = script.system === undefined ? [] : [{ role: 'system', content: '{system}' } as const];
    const rendered = tokenizer.expand(renderChat([...system, ...messages], tokenizer, template, script.endsOpen !== true));
    const chat = script.endsOpen === true ? withoutEnd(rendered, tokenizer.tokenTexts['eos_token']) : rendered;
    chats.set(turns, chat);
    return chat;
  };
  const encode = (question: string, steps: readonly string[], replies: readonly string[], critiqueText: string) => {
    const turns = script.turns(question, steps);
    const fill: Record<string, string> = { system: script.system ?? '', critique: script.begin(turns.length, false) + critiqueText };
    turns.forEach((turn, i) => (fill[`turn${i}`] = turn));
    replies.forEach((reply, i) => (fill[`reply${i}`] = reply));
    return tokenizer.encode(`${chatOf(turns.length)}{critique}`, fill);
  };
  return {
    prompt: (question, steps, replies) => encode(question, steps, replies, ''),
    answer(question, steps, replies, critiqueText) {
      const text = asked(script, critiqueText, script.turns(question, steps));
      return { ids: encode(question, steps, replies, text), text };
    },
  };
}

/** GenPRM's `build_prompt`: the last turn is left open. */
function withoutEnd(chat: string, end: string | undefined): string {
  if (end === undefined) return chat;
  if (chat.endsWith(`${end}\n`)) return chat.slice(0, -end.length - 1);
  return chat.endsWith(end) ? chat.slice(0, -end.length) : chat;
}
