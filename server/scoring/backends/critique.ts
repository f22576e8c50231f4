import { english } from '../../l10n.js';
import { itemAt, lastItem } from '../../reasoning/present.js';
import { readChoices } from '../../remote/choices.js';
import type { Backend, BackendContext, PathScore, ScorePath } from './backend.js';
import { createChatModel, stepBackend, userMessage } from './chatModel.js';
import type { Critique } from './critiqueSettings.js';
import type { CritiqueProfile } from './remoteProfile.js';
import { openScripted } from './scriptedCritique.js';
import { averageScore, likelierOf, readListed, topLogprobs } from './tokenPair.js';

/**
 * A generative PRM that reasons before it judges (ThinkPRM, arXiv 2504.16828; GenPRM, 2504.00891; R-PRM, 2503.21295).
 * It writes a critique of each step, and the score is P(positive) against P(negative) at the verdict's position,
 * averaged over the replies.
 */
export function openCritique({ server, images: readsImages, critique }: CritiqueProfile, context: BackendContext): Backend {
  if (critique.script) return openScripted({ server, images: readsImages, critique }, critique.script, context);
  const chat = createChatModel(server, context);
  return stepBackend(chat, readsImages, async (path, signal) => {
    const messages = [userMessage(critiquePrompt(critique, path), path.images)];
    const replies = await Promise.all(
      Array.from({ length: critique.samples }, (_, seed) =>
        chat.write(
          messages,
          { temperature: critique.temperature, max_tokens: critique.maxReply, seed, logprobs: true, top_logprobs: topLogprobs },
          signal,
        ),
      ),
    );
    return {
      scores: [averageScore(replies.map(({ reply }) => readVerdict(reply, critique)))],
      tokens: replies.reduce((sum, { tokens }) => sum + tokens, 0),
    };
  });
}

export function critiquePrompt({ prompt, item }: Critique, { question, steps }: Pick<ScorePath, 'question' | 'steps'>): string {
  const fill = (template: string, values: Readonly<Record<string, string>>) =>
    template.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
  const listed = steps.map((step, i) => fill(item, { step, index: String(i + 1) }));
  const [step, index] = [lastItem(steps), String(steps.length)];
  return fill(prompt, { question, steps: listed.join(''), previous: listed.slice(0, -1).join(''), step, index });
}

/** The score of one reply, or why it has none. Throws RequestFailure when the server gives no log-probabilities. */
export function readVerdict(reply: unknown, { verdict, positive, negative, maxReply }: Critique): PathScore {
  const [choice] = readChoices(reply);
  const content = (choice as { logprobs?: { content?: unknown } | null } | undefined)?.logprobs?.content;
  const tokens = Array.isArray(content) ? (content as ({ token?: unknown; top_logprobs?: unknown } | null)[]) : [];
  if (tokens.length === 0) readListed(undefined);
  const texts = tokens.map((token) => (typeof token?.token === 'string' ? token.token : ''));
  const text = texts.join('');
  const found = text.lastIndexOf(verdict);
  if (found < 0) {
    const cause =
      choice?.finish_reason === 'length'
        ? english("after {0} tokens, the longest reply; raise 'backend.maxReply'", maxReply)
        : english('at its end: {0}', JSON.stringify(text.slice(-40)));
    return { skipped: english('The reply of the model has no verdict ({0}) {1}.', JSON.stringify(verdict), cause) };
  }
  let at = 0;
  for (let i = 0; i < texts.length; i++) {
    const start = at;
    at += itemAt(texts, i).length;
    // A blank, an emphasis or a bracket may come before the word.
    if (at <= found + verdict.length) continue;
    const word = bareToken(text.slice(Math.max(start, found + verdict.length), at));
    if (word === '') continue;
    return likelierOf(readListed(tokens[i]), (token) => bareToken(token), [positive], [negative]);
  }
  return { skipped: english('The reply of the model ends with its verdict missing, after {0}.', JSON.stringify(verdict)) };
}

/** Removes the punctuation that models put around a verdict. */
export function bareToken(token: string): string {
  return token.replaceAll(/^[\s*_"'`{([\\?!:.,]+|[\s*_"'`})\].,:;!]+$/g, '');
}
