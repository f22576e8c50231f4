import { type InferenceClient, InferenceError } from '../../inference/client.js';
import type { Device, SampledRow } from '../../inference/protocol.js';
import { english } from '../../l10n.js';
import type { FileIdentity } from '../../models/fileIdentity.js';
import { digestImages, ImageError, type ProblemImage, readImageFiles } from '../../models/images/imageFile.js';
import { type ImageSettings, imagesPlace, type PreparedImages, sampleImage, toPixels } from '../../models/images/imageKinds.js';
import { prepareImagesApart } from '../../models/images/imageProcess.js';
import { causeOf, ModelChangedError, ModelError } from '../../models/modelError.js';
import { loadModelFiles } from '../../models/modelFiles.js';
import { retryingLoad } from '../../models/retryingLoad.js';
import { loadTokenizer, type TextTokenizer } from '../../models/tokenizer.js';
import { exchangeListener, onThisMachine } from '../../remote/exchanges.js';
import { type Policy, PolicyError, type SampledRollout, type SampleRequest } from '../policy.js';
import { type LocalPolicyProfile, parsePolicyProfile, stepPlaceholder } from './localPolicyProfile.js';

/** Lower than the priority of scoring, which a user is looking at, if both share an inference process. */
const priority = -1;
/** Number of prepared images kept, so that the many requests for one problem decode its figure once. */
const keptImages = 16;
/** A text with more characters than this times the model's token limit cannot fit and is not encoded. */
const mostCharactersPerToken = 32;
const warmupQuestion = 'Sam has 3 boxes with 12 pencils each and gives 5 pencils away. How many are left?';

export interface LocalPolicyOptions {
  /** Folder with `policy.json`. */
  readonly folder: string;
  /** Owned by the caller, who closes it. */
  readonly client: InferenceClient;
  readonly device: Device;
  /** Threads of one run, >= 1. */
  readonly threads: number;
}

interface LoadedPolicy {
  readonly profile: LocalPolicyProfile;
  /** Tokens of the longest sequence: the profile's number, or fewer if the graph has fewer positions. */
  readonly maxTokens: number;
  readonly identity: FileIdentity;
  readonly fingerprint: string;
  readonly tokenizer: TextTokenizer;
  readonly session: number;
  readonly stop: Int32Array;
  readonly banned: Int32Array;
  /** Set if the model reads images. */
  readonly images: { readonly settings: ImageSettings; readonly token: number } | undefined;
}

/** An ONNX model beside its `policy.json`, sampled in the inference process. Nothing is read before the first call. */
export function openLocalPolicy(options: LocalPolicyOptions): Policy {
  const model = retryingLoad(() => load(options));
  const prepared = new Map<string, Promise<PreparedImages | undefined>>();

  /** Drops the model, so that the next call loads the current files. Throws PolicyError. */
  function policyChanged(error: unknown): never {
    model.forget();
    throw new PolicyError((error as Error).message);
  }

  async function imagesOf(sources: readonly ProblemImage[], settings: ImageSettings): Promise<PreparedImages | undefined> {
    try {
      const files = await readImageFiles(sources);
      const digest = digestImages(files);
      const images = prepared.get(digest) ?? prepareImagesApart(files, settings);
      prepared.delete(digest);
      prepared.set(digest, images);
      for (const oldest of prepared.keys()) {
        if (prepared.size <= keptImages) break;
        prepared.delete(oldest);
      }
      return await images;
    } catch (error) {
      throw error instanceof ImageError ? new PolicyError(error.message) : error;
    }
  }

  async function sample({
    question,
    images: sources,
    prefix,
    count,
    seed,
    signal,
    onCost,
  }: SampleRequest): Promise<readonly SampledRollout[]> {
    signal?.throwIfAborted();
    const { profile, maxTokens, identity, tokenizer, session, stop, banned, images } = await model.get();
    const figures = images && (await imagesOf(sources, images.settings));
    const fail = (failure: string): SampledRollout[] => Array.from({ length: count }, () => ({ failure }));
    const characters = [question, ...prefix].reduce((sum, text) => sum + text.length, 0);
    if (characters > maxTokens * mostCharactersPerToken)
      return fail(
        english('Question and steps so far are {0} characters long, far more than the {1} tokens the policy takes.', characters, maxTokens),
      );
    const prompt = promptIds(profile, tokenizer, question, figures);
    const before = Int32Array.from(prefix.flatMap((step) => tokenizer.encode(profile.step, { step })));
    const room = maxTokens - prompt.length - before.length;
    if (room < 1)
      return fail(
        english(
          'Question and steps so far are {0} tokens long, the policy takes {1} with what it writes.',
          prompt.length + before.length,
          maxTokens,
        ),
      );

    const pixels = figures && toPixels(figures, prompt, images.token);
    const { maxNewTokens, temperature } = profile;
    const request = {
      prompt,
      ...(pixels && { pixels }),
      prefix: before,
      count,
      maxNewTokens: Math.min(maxNewTokens, room),
      temperature,
      stop,
      banned,
      seed,
      priority,
    };
    const began = performance.now();
    try {
      const { rows } = await options.client.sample(session, request, signal);
      await identity.refuseChanged();
      const completionTokens = rows.reduce((sum, { ids }) => sum + ids.length, 0);
      onCost?.({ promptTokens: prompt.length + before.length, completionTokens, cachedTokens: 0, retries: 0 });
      exchangeListener()?.({
        url: onThisMachine,
        request: {
          model: profile.name,
          prompt: tokenizer.decode([...prompt, ...before]),
          n: count,
          max_tokens: request.maxNewTokens,
          temperature,
          seed,
        },
        reply: { choices: rows.map((row, index) => choiceOf(row, index, tokenizer)) },
        ms: Math.round(performance.now() - began),
      });
      return rows.map((row) => toRollout(row, profile, tokenizer));
    } catch (error) {
      await identity.refuseChanged().catch(policyChanged);
      if (error instanceof InferenceError) return fail(error.message);
      throw error;
    }
  }

  return {
    async describe() {
      const { profile, fingerprint } = await model.get();
      return { name: profile.name, fingerprint, isDeterministic: true };
    },
    sample,
    dispose: () => Promise.resolve(),
  };
}

async function load({ folder, client, device, threads }: LocalPolicyOptions): Promise<LoadedPolicy> {
  try {
    const { profile, profilePath, graphPath, tokenizerPath, identity } = await loadModelFiles(folder, 'policy.json', parsePolicyProfile);
    const tokenizer = await loadTokenizer(tokenizerPath, profile.end, ...(profile.images ? [profile.images.token] : []));
    const end = tokenizer.tokenId(profile.end, english('end token'));
    const settings = profile.prompt.includes(imagesPlace) ? profile.images : undefined;
    const images = settings && { settings, token: tokenizer.tokenId(settings.token, english('image token')) };
    const figure = settings && sampleImage(settings);
    const warmup = promptIds(profile, tokenizer, warmupQuestion, figure);
    if (warmup.length > profile.maxTokens)
      throw new PolicyError(
        english("{0}: 'maxTokens' is {1}, too few for a short question, which takes {2}.", profilePath, profile.maxTokens, warmup.length),
      );
    const pixels = figure && images && toPixels(figure, warmup, images.token);
    const request = { graphPath, device, threads, warmup, ...(pixels && { pixels }), columns: new Int32Array(0) };
    const { session, result } = await client.load(request, identity).catch((error: unknown) => {
      if (error instanceof ModelChangedError) throw error;
      throw new PolicyError(english('{0} cannot be used: {1}. Model and profile: {2}.', graphPath, causeOf(error), profilePath));
    });
    if (result.takesImages && !profile.images) {
      throw new PolicyError(
        english(
          "{0} reads images, but {1} has no 'images'. Say there how they are prepared, and where they go with {2} in 'prompt'; without {3} the policy works on the text alone.",
          graphPath,
          profilePath,
          imagesPlace,
          imagesPlace,
        ),
      );
    }
    if (end >= result.width)
      throw new PolicyError(
        english(
          '{0} gives {1} scores a token, but the end token of {2} is number {3}. Use the tokenizer of this model.',
          graphPath,
          result.width,
          tokenizerPath,
          end,
        ),
      );
    const banned = Int32Array.from({ length: result.width }, (_, id) => id).filter(
      (id) => id !== end && (tokenizer.specialIds.has(id) || !tokenizer.has(id)),
    );
    const maxTokens = Math.min(profile.maxTokens, result.positions ?? Infinity);
    return {
      profile,
      maxTokens,
      identity,
      fingerprint: await identity.fingerprint,
      tokenizer,
      session,
      stop: Int32Array.of(end),
      banned,
      images,
    };
  } catch (error) {
    throw error instanceof ModelError ? new PolicyError(error.message) : error;
  }
}

function promptIds(
  { prompt }: LocalPolicyProfile,
  tokenizer: TextTokenizer,
  question: string,
  images: PreparedImages | undefined,
): Int32Array {
  return Int32Array.from(
    tokenizer.encode(
      prompt.replace(imagesPlace, () => images?.text ?? ''),
      { question },
    ),
  );
}

/** Converts a row to a choice of a completions reply, in which form requests are shown. */
function choiceOf({ ids, finish }: SampledRow, index: number, tokenizer: TextTokenizer): object {
  return { index, text: tokenizer.decode([...ids]), finish_reason: finish, tokens: ids.length };
}

/** A completion's text, cut into steps where the template ends one. */
function toRollout({ ids, finish }: SampledRow, { step }: LocalPolicyProfile, tokenizer: TextTokenizer): SampledRollout {
  const steps = tokenizer
    .decode([...ids])
    .split(step.slice(stepPlaceholder.length))
    .map((text) => text.trim());
  return { steps: steps.filter((text) => text !== ''), finish };
}
