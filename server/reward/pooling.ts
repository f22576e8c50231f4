import { families } from '../scoring/families/families.js';
import { hasMarker } from '../scoring/layouts/layouts.js';
import { bodyFields, lastMessage, lastUserTurn, RewardRequestError, withoutEnd } from './rewardRequest.js';

/** A question and the steps before each separator of its text. */
export interface PooledText {
  readonly question: string;
  readonly steps: readonly string[];
}

/** Step separators in the texts of the known model families. A text uses the one that occurs first in it. */
const separators = families.flatMap(({ profile: { layout } }) => (hasMarker(layout) ? [layout.marker] : []));

/**
 * Reads the texts of a request to vLLM's `POST /pooling` for a PRM that pools by steps: `input` (one or more texts) or
 * `messages` (one chat). This server works with steps, not tokens, so it cuts a text at its separators, and finds the
 * question by its chat template, by "Step 1", or by its first line.
 */
export function readPooling(body: unknown): readonly PooledText[] {
  const given = bodyFields(body);
  refuseOtherReplies(given);
  if (given.messages !== undefined) {
    const question = lastMessage(given.messages, 'user', "'messages'");
    const steps = cut(lastMessage(given.messages, 'assistant', "'messages'"), "'messages'");
    return [{ question: question.trim(), steps }];
  }
  const inputs = typeof given.input === 'string' ? [given.input] : given.input;
  if (!Array.isArray(inputs) || inputs.length === 0)
    throw new RewardRequestError("'input' must be a text or a list of texts, or 'messages' a chat.");
  return inputs.map((input, i) => {
    const where = inputs.length > 1 ? `input[${i}]` : "'input'";
    if (typeof input !== 'string') throw new RewardRequestError(`${where} must be a text: token ids cannot be read back into steps here.`);
    const { question, solution } = partsOf(input, where);
    return { question: question.trim(), steps: cut(solution, where) };
  });
}

/** Fields of vLLM's request that ask for a reply other than rows of probabilities, with their allowed values. */
const repliesAs: Readonly<Record<string, readonly unknown[]>> = {
  encoding_format: ['float'],
  task: ['token_classify', 'encode'],
  use_activation: [true],
  activation: [true],
  softmax: [true],
};

/** Throws when the client asks for another kind of reply, because it would misread the numbers. */
function refuseOtherReplies(given: Readonly<Record<string, unknown>>): void {
  for (const [name, allowed] of Object.entries(repliesAs)) {
    const value = given[name] ?? undefined;
    if (value === undefined || allowed.includes(value)) continue;
    const first = JSON.stringify(allowed[0]);
    const shown = JSON.stringify(value).slice(0, 40);
    throw new RewardRequestError(
      `'${name}' is ${shown}, and the reply has rows of probabilities as numbers. Leave it out, or send ${first}.`,
    );
  }
}

/** Where the answer of the assistant begins in a text that a chat template made. */
const assistantTurn = /<\|im_start\|>assistant\n|<\|start_header_id\|>assistant<\|end_header_id\|>\s*|<\|assistant\|>\s*|\[\/INST\]/g;

function partsOf(input: string, where: string): { readonly question: string; readonly solution: string } {
  const user = lastUserTurn(input);
  const turn = [...input.matchAll(assistantTurn)].at(-1);
  if (user !== undefined && turn) return { question: user, solution: input.slice(turn.index + turn[0].length) };
  const first = /\sStep 1\b/.exec(input)?.index ?? input.indexOf('\n');
  if (first < 0)
    throw new RewardRequestError(
      `${where}: the end of the question is not marked. Put a line break after it, begin with "Step 1", or send 'messages'.`,
    );
  return { question: input.slice(0, first), solution: input.slice(first) };
}

/** Cuts one step for each separator. Text after the last separator is not a step. */
function cut(solution: string, where: string): readonly string[] {
  const found = separators
    .map((separator) => ({ separator, at: solution.indexOf(separator) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)[0];
  if (!found)
    throw new RewardRequestError(`${where} has no separator of steps (${separators.map((one) => JSON.stringify(one)).join(', ')}).`);
  return withoutEnd(solution)
    .split(found.separator)
    .slice(0, -1)
    .map((step) => step.trim());
}
