/**
 * What a model writes besides its continuation: the previous steps again, the prompt, a template's control tokens, or
 * the next question. None of it is a step. Repeated steps and prompts are counted.
 */
import { finalAnswer } from '../../reasoning/finalAnswer.js';

/**
 * Ends of messages: control tokens of any chat template, and the header of the next message if a server has removed the
 * tokens. What follows is another message.
 */
const END_OF_MESSAGE =
  /<\|[a-zA-Z][\w-]{1,30}\|>|<｜[^｜\n]{2,40}｜>|<(?:end_of_turn|start_of_turn|end_of_utterance|eos)>|\[INST\]|<\/s>\s*$|(?<![a-zA-Z ])(?:assistant|user)\n\n|\n(?:assistant|user)\n/;
const START_OF_MESSAGE =
  /^\s*(?:<\|(?:im_start|start)\|>\s*assistant|<\|(?:start_header_id|header_start)\|>\s*assistant\s*<\|(?:end_header_id|header_end)\|>|<\|(?:assistant|message|im_sep|begin_of_text|begin_of_solution|START_RESPONSE|START_OF_TURN_TOKEN|CHATBOT_TOKEN)\|>|<｜(?:Assistant|begin▁of▁sentence)｜>|<start_of_turn>model|<s>|\[\/INST\]|(?:assistant|model)\s*\n)\s*/;
const NEXT_QUESTION = /^[ \t]*(?:#{1,6} +)?(?:\*\*)?(?:Question|Problem|Exercise|Human|User|Q)(?: *#?\d+)? *(?:\*\*)?[:：]/gim;

/** Returns only this message's text: no control tokens, and no question that the model asks itself afterwards. */
export function ownText(text: string): string {
  let own = text;
  for (let start = START_OF_MESSAGE.exec(own); start !== null && start[0] !== ''; start = START_OF_MESSAGE.exec(own))
    own = own.slice(start[0].length);
  const end = END_OF_MESSAGE.exec(own);
  if (end !== null) own = own.slice(0, end.index);
  for (const { index } of own.matchAll(NEXT_QUESTION)) {
    const before = own.slice(0, index);
    if (finalAnswer(before) !== undefined) return before;
  }
  return own;
}

export interface WithoutEcho {
  readonly steps: readonly string[];
  /** Number of repeated steps of the prefix. A repeated prompt counts as one. */
  readonly echoed: number;
}

/**
 * Removes what a model repeats before it continues. Undefined when it starts the solution again: what follows is no continuation of
 * the prefix. Steps are compared without their numbers, emphasis, case and punctuation at the end.
 */
export function withoutEcho(written: readonly string[], prefix: readonly string[], question: string): WithoutEcho | undefined {
  const prompt = written.findLastIndex((step) => isPrompt(step, question)) + 1;
  const own = written.slice(prompt);
  const known = prefix.map(plain);
  const steps = own.map(plain);
  const said = prompt > 0 ? 1 : 0;
  const echo = echoEnd(steps, known);
  if (echo.length > 0) return { steps: own.slice(echo.end), echoed: said + echo.length };
  if (prefix.length > 1 && steps[0] === known[0]) return undefined;
  // The model may also start again after a few words, or from a step in the middle.
  const again = steps.findIndex((step) => known.slice(0, -1).some((one) => isLong(one) && one === step));
  if (again === 0 || (again > 0 && steps[again] === known[0])) return undefined;
  const [first, ...rest] = own;
  const inside = first === undefined ? undefined : insideEcho(first, prefix);
  if (inside !== undefined) return { steps: [inside.rest, ...rest], echoed: said + inside.length };
  const [head, ...others] = prefix;
  if (head !== undefined && others.length > 0 && isLong(head) && first?.startsWith(head.trim()) === true) return undefined;
  return { steps: own, echoed: said };
}

/** Finds the last steps of the prefix at the beginning of a text, or the whole prefix after a few words about it. */
function echoEnd(steps: readonly string[], known: readonly string[]): { readonly end: number; readonly length: number } {
  if (known.length > 1 || isLong(known[0] ?? ''))
    for (let at = steps.length - known.length; at > 0; at--)
      if (known.every((step, i) => steps[at + i] === step)) return { end: at + known.length, length: known.length };
  for (let length = Math.min(steps.length, known.length); length > 0; length--)
    if (known.slice(-length).every((step, i) => step === steps[i])) return { end: length, length };
  return { end: 0, length: 0 };
}

/** Finds steps of the prefix that are repeated in the same paragraph as the continuation. */
function insideEcho(first: string, prefix: readonly string[]): { readonly rest: string; readonly length: number } | undefined {
  for (let length = prefix.length; length > 0; length--) {
    let rest: string | undefined = first.trimStart();
    for (const step of prefix.slice(-length)) {
      const own: string = step.trim();
      rest = isLong(own) && rest?.startsWith(own) === true ? rest.slice(own.length).trimStart() : undefined;
    }
    if (rest !== undefined && rest !== '') return { rest, length };
  }
  return undefined;
}

/** Shorter beginnings may be the same by chance. */
function isLong(step: string): boolean {
  return step.length >= 12;
}

/** Whether a step repeats the question or the heading of the previous steps from the prompt; not in other words. */
function isPrompt(step: string, question: string): boolean {
  const text = step.trim();
  if (/(?:^|\n)Previous Steps:\s*$/.test(text)) return true;
  const asked = plain(text.replace(/^(?:\W*)(?:Question|Problem)(?:\W*)[:：]\s*/i, ''));
  return asked !== '' && asked === plain(question);
}

function plain(step: string): string {
  return step
    .replace(/^\s*(?:#{1,6}\s+)?(?:\*\*)?(?:step\s*)?\d{1,3}[.:)]\s+/i, '')
    .replace(/\*\*|__|`|\$|\\[()[\]]/g, '')
    .replace(/[“”«»]/g, '"')
    .replace(/[‘’]/g, "'")
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[.:;!]+$/, '')
    .toLowerCase();
}
