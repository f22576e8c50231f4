import { createHash } from 'node:crypto';
import { InferenceClient, InferenceError } from '../inference/client.js';
import type { SampledRow } from '../inference/protocol.js';
import { threadsFor } from '../inference/threads.js';
import { english } from '../l10n.js';
import type { FileIdentity } from '../models/fileIdentity.js';
import { ModelChangedError, ModelError } from '../models/modelError.js';
import { loadModelFiles } from '../models/modelFiles.js';
import { retryingLoad } from '../models/retryingLoad.js';
import { loadTokenizer, type TextTokenizer } from '../models/tokenizer.js';
import { itemAt } from '../reasoning/present.js';
import type { PathScore } from './backends/backend.js';
import { bareToken } from './backends/critique.js';
import { averageScore } from './backends/tokenPair.js';
import { createScoreCache } from './cache.js';
import { type LocalChat, openLocalChat } from './critiques/localChat.js';
import { repliedWith, spellingsOf } from './critiques/script.js';
import { JobScores } from './jobScores.js';
import { type LocalCritiqueProfile, parseLocalCritique } from './localCritiqueProfile.js';
import { explainLoadFailure } from './onnxFailures.js';
import type { OnnxScorerOptions } from './onnxModel.js';
import { orAborted } from './orAborted.js';
import { buildTrie, type PrefixTrie } from './prefixTrie.js';
import { softmax } from './readouts/softmax.js';
import type { Scope } from './scope/scope.js';
import { openScope } from './scope/scopes.js';
import { scoreWithin } from './scope/scoreWithin.js';
import type { ScoreJob, ScoreOptions, ScoreResult, Scorer, ScorerInfo } from './scorer.js';
import { asRead } from './trimming.js';

const sampleQuestion = 'What is 2 + 3?';
const sampleStep = '2 + 3 = 5.';

interface LoadedCritic {
  readonly info: ScorerInfo;
  readonly identity: FileIdentity;
  readonly profile: LocalCritiqueProfile;
  /** Length of the longest sequence: the profile's value, limited by the positions of the graph. */
  readonly maxTokens: number;
  /** Whether `maxTokens` is all positions that the graph has. */
  readonly takesAll: boolean;
  readonly session: number;
  readonly tokenizer: TextTokenizer;
  readonly chat: LocalChat;
  readonly end: number;
  readonly banned: Int32Array;
  /** Tokens of the positive and of the negative answer. */
  readonly answers: { readonly positive: readonly number[]; readonly negative: readonly number[] };
  readonly scope?: Scope;
}

/**
 * Scores with a generative PRM on this machine (R-PRM's `evaluate-PRM-CoT.py`, GenPRM, ThinkPRM). It writes critiques
 * of each step, and the score is P(positive) against P(negative) as the next token at the verdict's position, averaged
 * over the critiques. The same texts give the same critiques.
 */
export function createLocalCritique(options: OnnxScorerOptions): Scorer {
  const { log } = options;
  const openClient = () => new InferenceClient({ entry: options.inferenceEntry, log, isBackground: options.isBackground ?? false });
  let client = openClient();
  const cache = createScoreCache(options.cacheFolder, (message) => log.warn(message));
  const model = retryingLoad(() => load(options, client));

  async function score(job: ScoreJob, { signal, ignoreCache = false, onProgress, priority = 0 }: ScoreOptions): Promise<ScoreResult> {
    const critic = await orAborted(model.get(), signal);
    const trie = buildTrie(job, critic.info.fingerprint);
    const known = ignoreCache ? new Map<string, number>() : await orAborted(cache.read(trie.key), signal);
    const found = new JobScores(trie, known, job.steps.length);
    let tokens = 0;
    const replies: Judging['replies'] = new Map();
    try {
      for (const node of trie.nodes.keys()) {
        if (!found.isWanted(node)) continue;
        onProgress?.(found.done, job.steps.length);
        const one = await judge({ client, critic, question: job.question, replies, priority, signal }, pathTo(trie, node));
        tokens += one.tokens;
        found.settle(node, one.score);
      }
      await critic.identity.refuseChanged();
      onProgress?.(found.done, job.steps.length);
      return found.result(tokens);
    } catch (error) {
      if (!signal?.aborted) await critic.identity.refuseChanged();
      throw error instanceof InferenceError ? new ModelError(english('{0} cannot be run: {1}.', critic.info.model, error.message)) : error;
    } finally {
      await critic.identity.refuseChanged().then(
        () => cache.write(trie.key, found.fresh),
        () => undefined,
      );
    }
  }

  return Object.freeze<Scorer>({
    describe: async (signal) => (await orAborted(model.get(), signal)).info,
    async score(job, scoreOptions = {}) {
      try {
        const { info, scope, identity, profile } = await orAborted(model.get(), scoreOptions.signal);
        await identity.refuseChanged();
        const read = asRead(job, profile.critique.script ? 'none' : 'all');
        return await scoreWithin(info.model, scope, read, (inside) => score(inside, scoreOptions));
      } catch (error) {
        if (error instanceof ModelChangedError) {
          model.forget();
          void client.dispose();
          client = openClient();
        }
        throw error;
      }
    },
    clearCache: () => cache.clear(),
    async dispose() {
      await client.dispose();
      await cache.close();
    },
  });
}

async function load(options: OnnxScorerOptions, client: InferenceClient): Promise<LoadedCritic> {
  client.start();
  const { profile, profilePath, graphPath, tokenizerPath, identity } = await loadModelFiles(
    options.modelFolder,
    'prm.json',
    parseLocalCritique,
  );
  const { critique } = profile;
  const scope = profile.scope && (await openScope(profile.scope, options.modelFolder));
  const tokenizer = await loadTokenizer(tokenizerPath, ...(critique.end === undefined ? [] : [critique.end]));
  const endText = critique.end ?? tokenizer.tokenTexts['eos_token'];
  if (endText === undefined)
    throw new ModelError(
      english("{0} names no 'eos_token', the token that ends a reply. Name it with 'critique.end' in {1}.", tokenizerPath, profilePath),
    );
  const end = tokenizer.tokenId(endText, english('end token'));
  const chat = openLocalChat(tokenizer, critique);
  const answers = {
    positive: spellings(tokenizer, critique.positive, 'positive'),
    negative: spellings(tokenizer, critique.negative, 'negative'),
  };
  const warmup = Int32Array.from(chat.prompt(sampleQuestion, [sampleStep], []).slice(0, profile.maxTokens));
  const request = {
    graphPath,
    device: options.device,
    threads: threadsFor(options.threads),
    warmup,
    columns: new Int32Array(0),
    longest: profile.maxTokens,
  };
  const { session, result } = await client.load(request, identity).catch((error: unknown) => {
    if (error instanceof ModelChangedError) throw error;
    throw new ModelError(explainLoadFailure(graphPath, profilePath, tokenizerPath, error as Error));
  });
  const largest = Math.max(end, ...answers.positive, ...answers.negative);
  if (largest >= result.width)
    throw new ModelError(
      english(
        '{0} gives {1} scores a token, but {2} has tokens up to {3}. Use the tokenizer of this model.',
        graphPath,
        result.width,
        tokenizerPath,
        largest,
      ),
    );
  const banned = Int32Array.from({ length: result.width }, (_, id) => id).filter(
    (id) => id !== end && (tokenizer.specialIds.has(id) || !tokenizer.has(id)),
  );
  const info: ScorerInfo = {
    model: profile.name,
    modelPath: options.modelFolder,
    fingerprint: await identity.fingerprint,
    threshold: profile.threshold,
    aggregation: profile.aggregation,
    device: result.device,
    readsImages: false,
    ...(scope && { knows: scope.knows }),
  };
  options.log.info(
    `${profile.name} writes ${critique.samples} critique${critique.samples === 1 ? '' : 's'} a step on ${result.device.provider}.`,
  );
  const maxTokens = Math.min(profile.maxTokens, result.positions ?? Infinity);
  return {
    info,
    identity,
    profile,
    maxTokens,
    takesAll: maxTokens === result.positions,
    session,
    tokenizer,
    chat,
    end,
    banned,
    answers,
    ...(scope && { scope }),
  };
}

/** Ids of a one-token word, with and without a blank before it. A word that begins with a blank is used as it is. */
function spellings(tokenizer: TextTokenizer, word: string, role: string): number[] {
  const found = spellingsOf(word).flatMap((text) => {
    const ids = tokenizer.encode(text, {}, 'inside');
    return ids.length === 1 ? ids : [];
  });
  return found.length > 0 ? [...new Set(found)] : [tokenizer.tokenId(word, english('{0} word', role))];
}

function pathTo({ nodes }: PrefixTrie, node: number): string[] {
  const steps: string[] = [];
  for (let at = node; at >= 0; at = itemAt(nodes, at).parent) steps.unshift(itemAt(nodes, at).text);
  return steps;
}

interface Judging {
  readonly client: InferenceClient;
  readonly critic: LoadedCritic;
  readonly question: string;
  /** Whole replies to earlier steps, for scripts whose prompts contain them, or the reasons why there are none. */
  readonly replies: Map<string, string | Exclude<PathScore, number>>;
  readonly priority: number;
  readonly signal: AbortSignal | undefined;
}

/** Writes critiques of the last of these steps and returns its score. */
async function judge(judging: Judging, steps: readonly string[]): Promise<{ readonly score: PathScore; readonly tokens: number }> {
  const { client, critic, question, replies, priority, signal } = judging;
  const { profile, maxTokens, session, tokenizer, chat, end, banned, answers } = critic;
  const { critique } = profile;
  const { script } = critique;
  const before: string[] = [];
  if (script && script.turns(question, steps).length > 1) {
    for (let count = 1; count < steps.length; count++) {
      const key = JSON.stringify(steps.slice(0, count));
      // The step's score may be known from an earlier run, but its critique is not.
      if (!replies.has(key)) await judge(judging, steps.slice(0, count));
      const reply = replies.get(key) ?? '';
      // The authors' prompt contains every earlier critique, so none may be missing.
      if (typeof reply !== 'string') return { score: reply, tokens: 0 };
      before.push(reply);
    }
  }
  const prompt = Int32Array.from(chat.prompt(question, steps, before));
  const asking = chat.answer ? chat.answer(question, steps, before, '').ids.length - prompt.length : 0;
  const room = maxTokens - prompt.length - asking;
  if (room < 1) {
    const score = {
      skipped: english(
        'Too long for {0}: the prompt is {1} tokens long, and the model takes {2} with its critique. {3}',
        profile.name,
        prompt.length + asking,
        maxTokens,
        moreTokens(critic),
      ),
    };
    replies.set(JSON.stringify(steps), score);
    return { score, tokens: 0 };
  }
  const { rows, tokens } = await client.sample(
    session,
    {
      prompt,
      prefix: new Int32Array(0),
      count: critique.samples,
      maxNewTokens: Math.min(critique.maxReply, room),
      temperature: critique.temperature,
      stop: Int32Array.of(end),
      banned,
      seed: createHash('sha256').update(Buffer.from(prompt.buffer)).digest().readUInt32LE(0),
      priority,
    },
    signal,
  );
  const columns = Int32Array.from([...answers.positive, ...answers.negative]);
  const scores: PathScore[] = [];
  let run = tokens;
  for (const row of rows) {
    const found = chat.answer?.(question, steps, before, tokenizer.decode([...row.ids])) ?? placeIn(row, prompt, critic);
    if ('skipped' in found) {
      scores.push(found);
      continue;
    }
    const ids = Int32Array.from(found.ids);
    if (ids.length > maxTokens) {
      scores.push({
        skipped: english(
          'Too long for {0}: the critique with its question is {1} tokens long, and the model takes {2}. {3}',
          profile.name,
          ids.length,
          maxTokens,
          moreTokens(critic),
        ),
      });
      continue;
    }
    const request = {
      parents: Int32Array.of(-1),
      ids,
      offsets: Int32Array.of(0, ids.length),
      reads: Int32Array.of(ids.length - 1),
      columns,
      priority,
    };
    let values = new Float32Array(0);
    run += (await client.run(session, request, { ...(signal && { signal }), onRead: (read) => (values = Float32Array.from(read.values)) }))
      .tokens;
    const [yes, no] = [values.subarray(0, answers.positive.length), values.subarray(answers.positive.length)];
    const score = itemAt(softmax(Float32Array.of(Math.max(...yes), Math.max(...no))), 0);
    scores.push(score);
    const key = JSON.stringify(steps);
    if (script && found.text !== undefined && !replies.has(key))
      replies.set(key, repliedWith(script, steps.length, false, found.text, score));
  }
  const score = averageScore(scores);
  if (typeof score !== 'number') replies.set(JSON.stringify(steps), score);
  return { score, tokens: run };
}

/** The remedy for a sequence that is longer than the model accepts. */
function moreTokens({ takesAll }: LoadedCritic): string {
  return takesAll
    ? english('Its graph has no more positions: use a model that has more, or shorten the solution.')
    : english("Raise 'maxTokens' in its prm.json if the model takes more, or shorten the solution.");
}

/** Returns the prompt with the reply up to its verdict's word, or the reason why the reply has no such word. */
function placeIn(
  row: SampledRow,
  prompt: Int32Array,
  critic: LoadedCritic,
): { readonly ids: number[]; readonly text?: string } | Exclude<PathScore, number> {
  const place = verdictPlace(row, critic);
  return typeof place === 'number' ? { ids: [...prompt, ...row.ids.subarray(0, place)] } : place;
}

/** Returns the number of tokens before the verdict's word of a reply, or the reason why the reply has no such word. */
function verdictPlace({ ids, finish }: SampledRow, critic: LoadedCritic): number | Exclude<PathScore, number> {
  const { profile, tokenizer, maxTokens } = critic;
  const { critique } = profile;
  const decode = (count: number) => tokenizer.decode([...ids.subarray(0, count)]);
  const text = decode(ids.length);
  const found = text.lastIndexOf(critique.verdict);
  if (found < 0) {
    if (finish === 'length' && ids.length < critique.maxReply)
      return {
        skipped: english(
          'Too long for {0}: the critique has no verdict ({1}) after {2} tokens, with which all {3} that the model takes are used. {4}',
          profile.name,
          JSON.stringify(critique.verdict),
          ids.length,
          maxTokens,
          moreTokens(critic),
        ),
      };
    const cause =
      finish === 'length'
        ? english("after {0} tokens, the longest reply; raise 'critique.maxReply'", ids.length)
        : english('at its end: {0}', JSON.stringify(text.slice(-40)));
    return { skipped: english('The reply of the model has no verdict ({0}) {1}.', JSON.stringify(critique.verdict), cause) };
  }
  const until = found + critique.verdict.length;
  let [low, high] = [0, ids.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (decode(middle).length >= until) high = middle;
    else low = middle + 1;
  }
  // A blank, an emphasis or a bracket may come before the word.
  while (low < ids.length && bareToken(decode(low + 1).slice(until)) === '') low++;
  if (bareToken(decode(low).slice(until)) === '') return low;
  return {
    skipped: english('The reply of the model joins its verdict with what follows it, after {0}.', JSON.stringify(critique.verdict)),
  };
}
