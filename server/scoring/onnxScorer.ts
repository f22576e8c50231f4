import { InferenceClient, InferenceError } from '../inference/client.js';
import type { Device, ReadValues } from '../inference/protocol.js';
import { threadsFor } from '../inference/threads.js';
import type { FileIdentity } from '../models/fileIdentity.js';
import { digestImages, ImageError, imageError, readImageFiles } from '../models/images/imageFile.js';
import { type ImageSettings, imagesPlace, sampleImage, toPixels } from '../models/images/imageKinds.js';
import { prepareImagesApart } from '../models/images/imageProcess.js';
import { ModelChangedError, ModelError } from '../models/modelError.js';
import { retryingLoad } from '../models/retryingLoad.js';
import { loadTokenizer, type TextTokenizer } from '../models/tokenizer.js';
import { createScoreCache } from './cache.js';
import type { SegmentEncoder } from './layouts/encoder.js';
import { createEncoder, layoutText, markersOf } from './layouts/layouts.js';
import { loadProfile } from './loadProfile.js';
import { orAborted } from './orAborted.js';
import { planRun } from './planRun.js';
import { buildTrie } from './prefixTrie.js';
import type { Profile } from './profile.js';
import { createReader, type ScoreReader, toUnit } from './readouts/readouts.js';
import type { Scope } from './scope/scope.js';
import { openScope } from './scope/scopes.js';
import { scoreWithin } from './scope/scoreWithin.js';
import { allSkipped, type ScoreJob, type ScoreOptions, type ScoreResult, type Scorer, type ScorerInfo } from './scorer.js';
import { asRead } from './trimming.js';

export interface OnnxScorerOptions {
  /** Folder with `prm.json`. */
  readonly modelFolder: string;
  readonly device: Device;
  /** Threads of one run; 0 = half the cores, at most 4. */
  readonly threads: number;
  /** Without it, scores live in memory only. */
  readonly cacheFolder?: string;
  /** Program of the inference child: `dist/inference.js`, or its TypeScript source where tsx is installed. */
  readonly inferenceEntry: string;
  readonly log: { info(message: string): void; warn(message: string): void };
}

interface LoadedModel {
  readonly info: ScorerInfo;
  readonly identity: FileIdentity;
  readonly session: number;
  readonly graphPath: string;
  readonly profilePath: string;
  /** Values a read gives. */
  readonly columns: number;
  readonly profile: Profile;
  readonly encoder: SegmentEncoder;
  readonly reader: ScoreReader;
  readonly scope?: Scope;
  /** Where the model reads images. */
  readonly images?: { readonly settings: ImageSettings; readonly token: number };
}

const warmupQuestion = 'Sam has 3 boxes with 12 pencils each and gives 5 pencils away. How many are left?';
const warmupSteps = ['3 boxes hold 3 * 12 = 36 pencils.', 'After giving 5 away, 36 - 5 = 31 are left.', 'The answer is 31.'];

/** Scores with an ONNX model in a child process; nothing is read or started before the first call. */
export function createScorer(options: OnnxScorerOptions): Scorer {
  const { log } = options;
  const openClient = () => new InferenceClient({ entry: options.inferenceEntry, log });
  let client = openClient();
  const cache = createScoreCache(options.cacheFolder, (message) => log.warn(message));
  const model = retryingLoad(load);
  /** Scores on their way into the cache. */
  let keeping: Promise<unknown> = Promise.resolve();

  async function load(): Promise<LoadedModel> {
    const { profile, profilePath, graphPath, parts, tokenizerPath, identity } = await loadProfile(options.modelFolder);
    const scope = profile.scope && (await openScope(profile.scope, options.modelFolder));
    const { forced, added } = markersOf(profile.layout);
    const tokenizer = await loadTokenizer(
      tokenizerPath,
      ...forced,
      ...added.map((ifAdded) => ({ ifAdded })),
      ...(profile.images ? [profile.images.token] : []),
    );
    const encoder = createEncoder(profile.layout, tokenizer);
    const reader = createReader(profile.readout, tokenizer);
    const settings = layoutText(profile.layout).includes(imagesPlace) ? profile.images : undefined;
    const images = settings && { settings, token: tokenizer.tokenId(settings.token, 'image token') };
    const sample = settings && sampleImage(settings);
    const problem = encoder.open(warmupQuestion, sample?.text);
    const whole = [...problem.prompt, ...warmupSteps.flatMap((step, i) => problem.step(step, i === 0).ids)];
    const warmup = Int32Array.from(whole.slice(0, profile.maxTokens));
    const pixels = sample && toPixels(sample, warmup, images!.token);
    if (pixels?.end === warmup.length)
      throw new ModelError(
        `${profilePath}: 'maxTokens' is ${profile.maxTokens}, too few for an image, which alone takes ${warmup.length} or more.`,
      );
    const threads = threadsFor(options.threads);
    const request = {
      graphPath,
      ...(parts && { parts: { ...parts, imageToken: images?.token ?? -1 } }),
      device: options.device,
      threads,
      warmup,
      ...(pixels && { pixels }),
      columns: reader.columns,
      longest: profile.maxTokens,
    };
    const { session, result } = await client.load(request, identity).catch((error: unknown) => {
      if (error instanceof ModelChangedError) throw error;
      throw new ModelError(explainLoadFailure(graphPath, profilePath, tokenizerPath, error as Error));
    });
    reader.checkWidth(result.width);
    refuseOtherVocabulary(tokenizer, result.vocabulary, graphPath);
    // Real vocabularies leave a few rows free, not most of them.
    if (result.vocabulary !== undefined && tokenizer.largestId + 1 < result.vocabulary / 2)
      log.warn(
        `${tokenizerPath} has ${tokenizer.largestId + 1} tokens and ${graphPath} knows ${result.vocabulary}: perhaps it is the tokenizer of another model, and the scores mean nothing.`,
      );
    if (result.takesImages && !profile.images) {
      throw new ModelError(
        `${graphPath} reads images, but ${profilePath} has no 'images'. Say there how they are prepared, and where they go with ${imagesPlace} in 'layout'; without ${imagesPlace} the text alone is scored.`,
      );
    }
    for (const { provider, reason } of result.device.passedOver) log.info(`${provider} was passed over: ${reason}`);
    if (result.wholeScores !== undefined)
      log.info(
        `${graphPath} gives the scores of all tokens at every run, which takes time and memory where its vocabulary is large: ${result.wholeScores}.`,
      );
    if (result.cannotBranch !== undefined)
      log.info(`${graphPath} runs the solutions of a problem one after the other, from their shared prefix: ${result.cannotBranch}.`);
    log.info(`${profile.name} runs on ${result.device.provider}${result.device.adapter ? ` (${result.device.adapter})` : ''}.`);
    if (result.device.note !== undefined) log.warn(`${graphPath}: ${result.device.note}.`);
    const info: ScorerInfo = {
      model: profile.name,
      modelPath: options.modelFolder,
      fingerprint: identity.fingerprint,
      threshold: toUnit(profile.threshold, profile.range),
      aggregation: profile.aggregation,
      device: result.device,
      readsImages: images !== undefined,
      ...(scope && { knows: scope.knows }),
    };
    return {
      info,
      identity,
      session,
      graphPath,
      profilePath,
      columns: reader.columns.length || result.width,
      profile,
      encoder,
      reader,
      ...(scope && { scope }),
      ...(images && { images }),
    };
  }

  /** What was computed with the files as they were is not to be believed; the next call loads them as they are. */
  function reloadIfChanged(error: unknown): never {
    if (error instanceof ModelChangedError) {
      model.forget();
      void client.dispose();
      client = openClient();
    }
    throw error;
  }

  async function score(job: ScoreJob, { signal, ignoreCache = false, onProgress, priority = 0 }: ScoreOptions): Promise<ScoreResult> {
    const { identity, session, graphPath, profilePath, columns, info, profile, encoder, reader, images } = await orAborted(
      model.get(),
      signal,
    );
    // A verdict without the figure would be one on another problem.
    const files = images ? await readImageFiles(job.images).catch(imageError) : [];
    if (files instanceof ImageError) return allSkipped(job, files.message);
    const trie = buildTrie(job, files.length > 0 ? `${info.fingerprint} ${digestImages(files)}` : info.fingerprint);
    const known = ignoreCache ? new Map<string, number>() : await orAborted(cache.read(trie.key), signal);
    const scores = new Float64Array(job.steps.length).fill(NaN);
    const settle = (node: number, value: number) => {
      for (const step of trie.nodes[node]!.steps) scores[step] = value;
    };
    let cached = 0;
    trie.nodes.forEach((node, index) => {
      const value = known.get(node.key);
      if (value === undefined) return;
      settle(index, value);
      cached += node.steps.length;
    });

    if (cached === scores.length) return { scores, skipped: new Map(), cached, tokens: 0 };

    const prepared = images && (await orAborted(prepareImagesApart(files, images.settings).catch(imageError), signal));
    if (prepared instanceof ImageError) return allSkipped(job, prepared.message);
    const plan = planRun(trie, (node) => !known.has(trie.nodes[node]!.key), encoder, job.question, profile.maxTokens, prepared?.text);
    const skipped = new Map<number, string>();
    for (const [node, reason] of plan.skipped) for (const step of trie.nodes[node]!.steps) skipped.set(step, reason);
    if (plan.reads.length === 0) return { scores, skipped, cached, tokens: 0 };

    const { parents, ids, offsets, reads } = plan;
    const fresh = new Map<string, number>();
    let done = cached + skipped.size;
    onProgress?.(done, scores.length);
    const onRead = ({ first, values }: ReadValues) => {
      for (let r = 0; r * columns < values.length; r++) {
        const index = plan.readNodes[first + r]!;
        const node = trie.nodes[index]!;
        const value = toUnit(reader.read(values.subarray(r * columns, (r + 1) * columns)), profile.range);
        if (Number.isNaN(value)) {
          for (const step of node.steps) skipped.set(step, 'The model gave no number here.');
          continue;
        }
        if (!fresh.has(node.key)) done += node.steps.length;
        fresh.set(node.key, value);
        settle(index, value);
      }
      onProgress?.(done, scores.length);
    };
    try {
      const pixels = prepared && toPixels(prepared, ids, images.token);
      const request = { parents, ids, offsets, reads, columns: reader.columns, ...(pixels && { pixels }), priority };
      const { tokens } = await client.run(session, request, { ...(signal && { signal }), onRead });
      await identity.refuseChanged();
      return { scores, skipped, cached, tokens };
    } catch (error) {
      // The process may have ended because its weights were overwritten.
      if (!signal?.aborted) await identity.refuseChanged();
      if (!(error instanceof InferenceError && error.isOutOfMemory)) throw error;
      const { provider } = client.device(session);
      throw new ModelError(
        `${graphPath} cannot be run: ${error.message}. ${moreMemory(provider)} or a smaller 'maxTokens' in ${profilePath}, which leaves long solutions unscored.`,
      );
    } finally {
      // A cancelled run leaves what it has, as long as it is of this model.
      const kept = identity.refuseChanged().then(
        () => void cache.write(trie.key, fresh),
        () => undefined,
      );
      keeping = Promise.all([keeping, kept]);
      if (!signal?.aborted) await kept;
    }
  }

  return Object.freeze<Scorer>({
    async describe(signal) {
      const { info, session } = await orAborted(model.get(), signal);
      const device = client.device(session);
      return device === info.device ? info : { ...info, device };
    },
    async score(job, scoreOptions = {}) {
      try {
        const { info, scope, profile, identity } = await orAborted(model.get(), scoreOptions.signal);
        await identity.refuseChanged();
        return await scoreWithin(info.model, scope, asRead(job, profile.trim), (inside) => score(inside, scoreOptions));
      } catch (error) {
        return reloadIfChanged(error);
      }
    },
    clearCache: () => cache.clear(),
    async dispose() {
      await Promise.all([client.dispose(), keeping]);
      await cache.close();
    },
  });
}

/** A tokenizer of another model gives numbers that mean other words to the graph: scores without sense, and no error. */
function refuseOtherVocabulary({ path, largestId }: TextTokenizer, vocabulary: number | undefined, graphPath: string): void {
  if (vocabulary === undefined || largestId < vocabulary) return;
  throw new ModelError(
    `${path} does not fit ${graphPath}: its tokens are numbered up to ${largestId}, and the graph knows ${vocabulary}. Use the tokenizer the model was trained with.`,
  );
}

/** What needs less memory, to be gone on with. */
function moreMemory(provider: string): string {
  return `Use a smaller precision ("steplens quantise" makes one)${provider === 'cpu' ? '' : ', the device cpu'}`;
}

function explainLoadFailure(graphPath: string, profilePath: string, tokenizerPath: string, error: Error): string {
  const cause = error.message.split('\n')[0]!.replace(/[.\s]+$/, '');
  if (error instanceof InferenceError && error.isOutOfMemory)
    return `${graphPath} cannot be loaded: ${cause}. ${moreMemory('cpu')}, or a machine with more memory.`;
  if (/protobuf|parsing|Load model|Deserialize/i.test(cause)) {
    return `${graphPath} cannot be loaded: ${cause}. It is damaged or not an ONNX model: download or copy it again.`;
  }
  if (/out of data bounds|indices element/i.test(cause)) {
    return `${graphPath} does not know the token ids of ${tokenizerPath}: ${cause}. Use the tokenizer the model was trained with.`;
  }
  if (/pixel_values/.test(cause)) {
    return `${graphPath} and 'images' of ${profilePath} do not fit together: ${cause}. Correct the profile, or export the graph with that input.`;
  }
  if (/the graph/.test(cause)) {
    return `${graphPath} cannot be used: ${cause}. Export a causal model as Hugging Face Optimum does (text-generation-with-past, token-classification), or name another file in ${profilePath}.`;
  }
  return `${graphPath} cannot be used: ${cause}. Model and profile: ${profilePath}.`;
}
