import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readRegular } from '../../disk/readRegular.js';
import { english } from '../../l10n.js';
import { digestImages, ImageError, imageError, readImageFiles } from '../../models/images/imageFile.js';
import { ModelError } from '../../models/modelError.js';
import { retryingLoad } from '../../models/retryingLoad.js';
import { mustHave } from '../../reasoning/present.js';
import { Gate } from '../../remote/gate.js';
import { RequestFailure } from '../../remote/requestFailure.js';
import { refusedKey } from '../../remote/serverAddress.js';
import { createScoreCache } from '../cache.js';
import { JobScores } from '../jobScores.js';
import { orAborted } from '../orAborted.js';
import { buildTrie } from '../prefixTrie.js';
import { toUnit } from '../readouts/readouts.js';
import type { Scope } from '../scope/scope.js';
import { openScope } from '../scope/scopes.js';
import { scoreWithin } from '../scope/scoreWithin.js';
import {
  allSkipped,
  NotAllowedError,
  type ScoreJob,
  type ScoreOptions,
  type ScoreResult,
  type Scorer,
  type ScorerInfo,
} from '../scorer.js';
import { asRead } from '../trimming.js';
import { type Backend, openBackend } from './backend.js';
import { pathRequests } from './pathRequests.js';
import { PathScoring } from './pathScoring.js';
import { parseRemoteProfile, type RemoteProfile } from './remoteProfile.js';

export interface RemoteScorerOptions {
  /** Folder with a `prm.json` that has a `backend`. */
  readonly modelFolder: string;
  /** Without it, scores live in memory only. */
  readonly cacheFolder?: string;
  /** The key of a server, from the editor's secrets or the environment. */
  readonly apiKey: (url: string) => Promise<string | undefined>;
  /** Whether the user consents to a server, by its origin. Checked before each problem: consent can be revoked. */
  readonly allows: (origin: string) => boolean;
  readonly log: { info(message: string): void; warn(message: string): void };
  /** Longest wait for the answer to one request, in ms; 120,000 when not given. */
  readonly timeout?: number;
  /** Wait before a failed request is sent again in ms, doubled for every further attempt; 500 when not given. */
  readonly backOff?: number;
}

/** This problem could not be scored now. The model and its server may still work. */
export class BackendError extends Error {
  override readonly name = 'BackendError';
}

interface LoadedBackend {
  readonly info: ScorerInfo;
  readonly profile: RemoteProfile;
  readonly backend: Backend;
  readonly scope?: Scope;
}

/** Scores with a server. Nothing is read or sent before the first call. */
export function createRemoteScorer(options: RemoteScorerOptions): Scorer {
  const { log, modelFolder } = options;
  const cache = createScoreCache(options.cacheFolder, (message) => log.warn(message));
  const closing = new AbortController();
  const model = retryingLoad(load);
  let hasScored = false;
  let gate: Gate | undefined;

  async function load(): Promise<LoadedBackend> {
    const profilePath = join(modelFolder, 'prm.json');
    const text = await readRegular(profilePath).catch((error: NodeJS.ErrnoException) => {
      throw new ModelError(english('{0} cannot be read ({1}).', profilePath, error.code ?? String(error)));
    });
    const profile = parseRemoteProfile(text.toString('utf8'), profilePath);
    requireLeave(profile);
    const { url, model, concurrency } = profile.server;
    const scope = profile.scope && (await openScope(profile.scope, modelFolder));
    const { timeout = 120_000, backOff = 500 } = options;
    const backend = await openBackend(profile, { modelFolder, profilePath, apiKey: await options.apiKey(url), timeout, backOff, log });
    const served = await backend.open(closing.signal).catch((error: unknown) => {
      throw explain(error, url, true);
    });
    gate = new Gate(concurrency);
    log.info(`${profile.name} is scored by the model ${model} at ${url}: question and steps are sent there.`);
    const info: ScorerInfo = {
      model: profile.name,
      modelPath: modelFolder,
      fingerprint: createHash('sha256')
        .update(JSON.stringify([text, await tokenizerDigest(profile, modelFolder), served]))
        .digest('hex'),
      threshold: toUnit(profile.threshold, profile.range),
      aggregation: profile.aggregation,
      device: { provider: profile.kind, server: new URL(url).origin, passedOver: [] },
      readsImages: backend.readsImages,
      ...(scope && { knows: scope.knows }),
    };
    return { info, profile, backend, ...(scope && { scope }) };
  }

  function requireLeave({ name, server: { url } }: RemoteProfile): void {
    const { origin } = new URL(url);
    if (!options.allows(origin)) throw new NotAllowedError(name, origin);
  }

  async function score(given: ScoreJob, { signal, ignoreCache = false, onProgress }: ScoreOptions): Promise<ScoreResult> {
    const { info, backend, profile } = await orAborted(model.get(), signal);
    requireLeave(profile);
    const job = asRead(given, 'local' in profile ? profile.local.trim : 'critique' in profile && profile.critique.script ? 'none' : 'all');
    const files = info.readsImages ? await readImageFiles(job.images).catch(imageError) : [];
    if (files instanceof ImageError) return allSkipped(job, files.message);
    const answer = backend.readsAnswer ? job.answer : undefined;
    const seen = [
      info.fingerprint,
      ...(files.length > 0 ? [digestImages(files)] : []),
      ...(answer === undefined ? [] : [`answer ${answer}`]),
    ];
    const trie = buildTrie(job, seen.join(' '));
    const known = ignoreCache ? new Map<string, number>() : await orAborted(cache.read(trie.key), signal);

    const found = new JobScores(trie, known, job.steps.length);
    const source = profile.kind === 'judge' && ({ source: 'judge' } as const);
    if (found.isComplete) return { ...found.result(0), ...source };
    const progress = () => onProgress?.(found.done, job.steps.length);
    progress();

    const abort = new AbortController();
    const paths = new PathScoring({
      backend,
      gate: mustHave(gate, 'gate of a described model'),
      trie,
      found,
      problem: { question: job.question, images: files, ...(answer !== undefined && { answer }) },
      signal: AbortSignal.any([abort.signal, closing.signal, ...(signal ? [signal] : [])]),
      onAnswer: () => (hasScored = true),
    });
    try {
      const requests = pathRequests(trie, (node) => found.isWanted(node), backend.asks);
      await orAborted(Promise.all(requests.map((request) => paths.score(request).then(progress))), signal);
    } catch (error) {
      abort.abort();
      signal?.throwIfAborted();
      if (error instanceof ImageError) return allSkipped(job, error.message);
      throw explain(error, profile.server.url, !hasScored);
    } finally {
      void cache.write(trie.key, found.fresh);
    }
    return { ...found.result(paths.tokens), ...source };
  }

  return Object.freeze<Scorer>({
    describe: async (signal) => (await orAborted(model.get(), signal)).info,
    async score(job, scoreOptions = {}) {
      const { info, scope } = await orAborted(model.get(), scoreOptions.signal);
      return scoreWithin(info.model, scope, job, (inside) => score(inside, scoreOptions));
    },
    clearCache: () => cache.clear(),
    async dispose() {
      closing.abort(new BackendError(english('The scorer was closed.')));
      await model.current?.then(
        ({ backend }) => backend.dispose(),
        () => undefined,
      );
      await cache.close();
    },
  });
}

/** @param isServer Whether the server is the cause, because it has never returned a score, and not this problem. */
function explain(error: unknown, url: string, isServer: boolean): Error {
  if (!(error instanceof RequestFailure)) return error as Error;
  const { status, isUnreachable } = error.details;
  if (status === 401 || status === 403) {
    return new ModelError(refusedKey(url, error.message), 'setServerKey');
  }
  if (isUnreachable === true)
    return new ModelError(
      english("Nothing answers at {0}: {1} Start the server, or correct 'backend.url' in prm.json.", url, error.message),
    );
  const message = english('The server at {0} cannot score: {1}', url, error.message);
  return isServer ? new ModelError(message) : new BackendError(message);
}

/** Digest of the tokenizer on this machine, because a changed tokenizer changes the scores. */
async function tokenizerDigest(profile: RemoteProfile, modelFolder: string): Promise<string> {
  if (profile.kind !== 'open-inference') return '';
  return createHash('sha256')
    .update(await readRegular(join(modelFolder, profile.local.tokenizer)))
    .digest('hex');
}
