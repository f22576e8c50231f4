import type { InferenceClient } from '../inference/client.js';
import type { Device, LoadRequest, LoadResult } from '../inference/protocol.js';
import { threadsFor } from '../inference/threads.js';
import { english } from '../l10n.js';
import type { FileIdentity } from '../models/fileIdentity.js';
import { type ImageSettings, imagesPlace, sampleImage, toPixels } from '../models/images/imageKinds.js';
import { ModelChangedError, ModelError } from '../models/modelError.js';
import { loadTokenizer, type TextTokenizer } from '../models/tokenizer.js';
import type { SegmentEncoder } from './layouts/encoder.js';
import { createEncoder, layoutText, markersOf } from './layouts/layouts.js';
import { loadProfile } from './loadProfile.js';
import { explainLoadFailure } from './onnxFailures.js';
import type { Profile } from './profile.js';
import { createReader, type ScoreReader, toUnit } from './readouts/readouts.js';
import type { Scope } from './scope/scope.js';
import { openScope } from './scope/scopes.js';
import type { ScorerInfo } from './scorer.js';

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
  /** Whether the user works in an editor meanwhile; see `InferenceClientOptions`. */
  readonly isBackground?: boolean;
}

/** A loaded model, with everything that is needed to read its scores. */
export interface LoadedModel {
  readonly info: ScorerInfo;
  readonly identity: FileIdentity;
  readonly session: number;
  /** Session of the reference model. The model's probabilities are compared with those of the reference. */
  readonly reference?: number;
  readonly graphPath: string;
  readonly profilePath: string;
  /** Number of values per read. */
  readonly columns: number;
  readonly profile: Profile;
  /** Length of the longest sequence: the profile's value, limited by the positions of the graph. */
  readonly maxTokens: number;
  readonly encoder: SegmentEncoder;
  readonly reader: ScoreReader;
  readonly scope?: Scope;
  /** Present if the model reads images. */
  readonly images?: { readonly settings: ImageSettings; readonly token: number };
}

const warmupQuestion = 'Sam has 3 boxes with 12 pencils each and gives 5 pencils away. How many are left?';
const warmupSteps = ['3 boxes hold 3 * 12 = 36 pencils.', 'After giving 5 away, 36 - 5 = 31 are left.', 'The answer is 31.'];

/**
 * Reads a model's folder and loads its graph into the inference process, with a test run that shows whether they
 * fit together. Throws ModelError, naming file and remedy, and ModelChangedError when a file changes meanwhile.
 *
 * @param whileOpening Called while the other process loads the graph and this one has nothing to do.
 */
export async function loadOnnxModel(options: OnnxScorerOptions, client: InferenceClient, whileOpening: () => void): Promise<LoadedModel> {
  const { log } = options;
  client.start();
  const { profile, profilePath, graphPath, parts, referencePath, tokenizerPath, identity } = await loadProfile(options.modelFolder);
  const scope = profile.scope && (await openScope(profile.scope, options.modelFolder));
  const tokenizer = await loadTokenizer(tokenizerPath, ...markersOf(profile.layout, profile.images));
  const encoder = createEncoder(profile.layout, tokenizer);
  const reader = createReader(profile.readout, tokenizer);
  const settings = layoutText(profile.layout).includes(imagesPlace) ? profile.images : undefined;
  const images = settings && { settings, token: tokenizer.tokenId(settings.token, english('image token')) };
  const sample = settings && sampleImage(settings);
  const problem = encoder.open(warmupQuestion, sample?.text);
  const whole = [...problem.prompt, ...warmupSteps.flatMap((step, i) => problem.step(step, i).ids)];
  const warmup = Int32Array.from(whole.slice(0, profile.maxTokens));
  const pixels = sample && images && toPixels(sample, warmup, images.token);
  if (pixels?.end === warmup.length)
    throw new ModelError(
      english(
        "{0}: 'maxTokens' is {1}, too few for an image, which alone takes {2} or more.",
        profilePath,
        profile.maxTokens,
        warmup.length,
      ),
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
  const load = (own: LoadRequest) =>
    client.load(own, identity).catch((error: unknown) => {
      if (error instanceof ModelChangedError) throw error;
      throw new ModelError(explainLoadFailure(own.graphPath, profilePath, tokenizerPath, error as Error));
    });
  const opening = load(request);
  whileOpening();
  const { session, result } = await opening;
  const { parts: _, ...single } = request;
  const reference = referencePath === undefined ? undefined : await load({ ...single, graphPath: referencePath });
  if (referencePath !== undefined && reference && reference.result.width !== result.width)
    throw new ModelError(
      english(
        "{0} and {1} have different vocabularies, of {2} and {3} tokens. Name the model that it was trained from with 'reference' in {4}.",
        graphPath,
        referencePath,
        result.width,
        reference.result.width,
        profilePath,
      ),
    );
  reader.checkWidth(result.width);
  refuseOtherVocabulary(tokenizer, result.vocabulary, graphPath);
  if (result.takesImages && !profile.images) {
    throw new ModelError(
      english(
        "{0} reads images, but {1} has no 'images'. Say there how they are prepared, and where they go with {2} in 'layout'; without {3} the text alone is scored.",
        graphPath,
        profilePath,
        imagesPlace,
        imagesPlace,
      ),
    );
  }
  report(log, profile.name, graphPath, result);
  warnOfOddTokenizer(log, tokenizer, result.vocabulary, graphPath);
  const info: ScorerInfo = {
    model: profile.name,
    modelPath: options.modelFolder,
    fingerprint: await identity.fingerprint,
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
    ...(reference && { reference: reference.session }),
    graphPath,
    profilePath,
    columns: reader.columns.length || result.width,
    profile,
    maxTokens: Math.min(profile.maxTokens, result.positions ?? Infinity, reference?.result.positions ?? Infinity),
    encoder,
    reader,
    ...(scope && { scope }),
    ...(images && { images }),
  };
}

/** Refuses another model's tokenizer: its ids mean other words to the graph, so scores are wrong without an error. */
function refuseOtherVocabulary({ path, largestId }: TextTokenizer, vocabulary: number | undefined, graphPath: string): void {
  if (vocabulary === undefined || largestId < vocabulary) return;
  throw new ModelError(
    english(
      '{0} does not fit {1}: its tokens are numbered up to {2}, and the graph knows {3}. Use the tokenizer the model was trained with.',
      path,
      graphPath,
      largestId,
      vocabulary,
    ),
  );
}

function warnOfOddTokenizer(
  log: OnnxScorerOptions['log'],
  { path, largestId }: TextTokenizer,
  vocabulary: number | undefined,
  graphPath: string,
): void {
  // Real vocabularies leave a few rows free, not most of them.
  if (vocabulary !== undefined && largestId + 1 < vocabulary / 2)
    log.warn(
      `${path} has ${largestId + 1} tokens and ${graphPath} knows ${vocabulary}: perhaps it is the tokenizer of another model, and the scores mean nothing.`,
    );
}

/** Logs the model's device, why better ones were passed over, and what the model cannot do. */
function report(log: OnnxScorerOptions['log'], name: string, graphPath: string, result: LoadResult): void {
  for (const { provider, reason } of result.device.passedOver) log.info(`${provider} was passed over: ${reason}`);
  if (result.wholeScores !== undefined)
    log.info(
      `${graphPath} gives the scores of all tokens at every run, which takes time and memory where its vocabulary is large: ${result.wholeScores}.`,
    );
  if (result.cannotBranch !== undefined)
    log.info(`${graphPath} runs the solutions of a problem one after the other, from their shared prefix: ${result.cannotBranch}.`);
  log.info(`${name} runs on ${result.device.provider}${result.device.adapter ? ` (${result.device.adapter})` : ''}.`);
  if (result.device.note !== undefined) log.warn(`${graphPath}: ${result.device.note}.`);
}
