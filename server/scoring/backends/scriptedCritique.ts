import { digestImages } from '../../models/images/imageFile.js';
import { itemAt } from '../../reasoning/present.js';
import { readChoices } from '../../remote/choices.js';
import { asked, type CritiqueScript, repliedWith, spellingsOf } from '../critiques/script.js';
import type { Backend, BackendContext, PathScore, ScorePath } from './backend.js';
import { createChatModel, type ServerMessage, userMessage } from './chatModel.js';
import type { CritiqueProfile } from './remoteProfile.js';
import { averageScore } from './tokenPair.js';

/** The outcome for a step: its score, and the whole reply for the prompts of later turns. */
interface Judged {
  readonly score: PathScore;
  readonly reply: string;
  readonly tokens: number;
}

/** Maximum number of judged steps that are kept for the prompts of later steps. */
const mostKept = 500;
/** Makes the server continue the last message; vLLM and SGLang support it. */
const goesOn = { continue_final_message: true, add_generation_prompt: false };
/** Keeps the stop text at the end of a critique: vLLM's parameter for this, and SGLang's. */
const keepsStop = { include_stop_str_in_output: true, no_stop_trim: true };

/**
 * A generative PRM that is prompted as by its authors. It writes a critique up to one of their stop texts, the question
 * follows, and the score is P(positive) against P(negative) as the next token, averaged over the critiques.
 */
export function openScripted(
  { server, images: readsImages, critique }: Pick<CritiqueProfile, 'server' | 'images' | 'critique'>,
  script: CritiqueScript,
  context: BackendContext,
): Backend {
  const chat = createChatModel(server, context);
  const kept = new Map<string, Promise<Judged>>();

  async function judge(path: ScorePath, signal: AbortSignal): Promise<Judged> {
    const turns = script.turns(path.question, path.steps);
    const messages: ServerMessage[] = script.system === undefined ? [] : [{ role: 'system', content: script.system }];
    let tokens = 0;
    for (const [i, turn] of turns.entries()) {
      messages.push(userMessage(turn, i === 0 ? path.images : []));
      if (i === turns.length - 1) break;
      messages.push({ role: 'assistant', content: (await judgeOnce({ ...path, steps: path.steps.slice(0, i + 1) }, signal)).reply });
    }
    const begin = script.begin(turns.length, true);
    const stop = script.stops(turns);
    const from = begin === '' ? messages : [...messages, { role: 'assistant', content: begin } as const];
    const written = await Promise.all(
      Array.from({ length: critique.samples }, async (_, seed) => {
        const { temperature, maxReply } = critique;
        const draw = {
          temperature,
          ...(script.topP !== undefined && temperature > 0 && { top_p: script.topP }),
          max_tokens: maxReply,
          seed,
        };
        const reply = await chat.write(from, { ...draw, stop, ...keepsStop, ...(begin !== '' && goesOn) }, signal);
        tokens += reply.tokens;
        const text = asked(script, critiqueOf(reply.reply), turns);
        const answer = await chat.ask(
          [...messages, { role: 'assistant', content: begin + text }],
          spellingsOf(script.positive),
          spellingsOf(script.negative),
          signal,
          goesOn,
        );
        tokens += answer.tokens;
        return { text, score: itemAt(answer.scores, 0) };
      }),
    );
    const score = averageScore(written.map((one) => one.score));
    const { text, score: first } = itemAt(written, 0);
    return { score, reply: repliedWith(script, turns.length, true, text, typeof first === 'number' ? first : 0), tokens };
  }

  /** Reuses known outcomes: paths share first steps, and prompts of later steps contain every earlier critique. */
  async function judgeOnce(path: ScorePath, signal: AbortSignal): Promise<Judged> {
    const known = kept.get(keyOf(path));
    if (known) {
      try {
        return await known;
      } catch (error) {
        // Only the first caller cancelled it, so it is done again.
        if (signal.aborted || (error as Error).name !== 'AbortError') throw error;
      }
    }
    return await judgeAnew(path, signal);
  }

  function judgeAnew(path: ScorePath, signal: AbortSignal): Promise<Judged> {
    const key = keyOf(path);
    const judging = judge(path, signal);
    kept.set(key, judging);
    judging.catch(() => kept.get(key) === judging && kept.delete(key));
    for (const oldest of kept.keys()) if (kept.size > mostKept) kept.delete(oldest);
    return judging;
  }

  return {
    asks: 'step',
    readsImages,
    readsAnswer: false,
    open: (signal) => chat.open(signal),
    async score(path, signal) {
      const { score, tokens } = await judgeAnew(path, signal);
      return { scores: [score], tokens };
    },
    dispose: () => chat.dispose(),
  };
}

function keyOf({ question, images, steps }: ScorePath): string {
  return JSON.stringify([question, steps, images.length > 0 && digestImages(images)]);
}

/** Returns the text of a reply. Adds the stop text if the server reports it but left it out. */
function critiqueOf(reply: unknown): string {
  const [choice] = readChoices(reply) as readonly ({ message?: { content?: unknown }; stop_reason?: unknown } | null | undefined)[];
  const text = typeof choice?.message?.content === 'string' ? choice.message.content : '';
  const stopped = typeof choice?.stop_reason === 'string' ? choice.stop_reason : '';
  return text.endsWith(stopped) ? text : text + stopped;
}
