import { InferenceClient, InferenceError } from '../inference/client.js';
import type { ReadValues } from '../inference/protocol.js';
import { digestImages, ImageError, imageError, readImageFiles } from '../models/images/imageFile.js';
import { toPixels } from '../models/images/imageKinds.js';
import { prepareImagesApart } from '../models/images/imageProcess.js';
import { ModelChangedError, ModelError } from '../models/modelError.js';
import { retryingLoad } from '../models/retryingLoad.js';
import { itemAt } from '../reasoning/present.js';
import { createScoreCache } from './cache.js';
import { JobScores } from './jobScores.js';
import { explainOutOfMemory } from './onnxFailures.js';
import { loadOnnxModel, type OnnxScorerOptions } from './onnxModel.js';
import { orAborted } from './orAborted.js';
import { planRun } from './planRun.js';
import { buildTrie } from './prefixTrie.js';
import { toUnit } from './readouts/readouts.js';
import { scoreWithin } from './scope/scoreWithin.js';
import { allSkipped, type ScoreJob, type ScoreOptions, type ScoreResult, type Scorer } from './scorer.js';
import { TokenRatios } from './tokenRatios.js';
import { asRead } from './trimming.js';

/** Scores with an ONNX model in a child process; nothing is read or started before the first call. */
export function createScorer(options: OnnxScorerOptions): Scorer {
  const { log } = options;
  const openClient = () => new InferenceClient({ entry: options.inferenceEntry, log, isBackground: options.isBackground ?? false });
  let client = openClient();
  const cache = createScoreCache(options.cacheFolder, (message) => log.warn(message));
  const model = retryingLoad(() => loadOnnxModel(options, client, () => cache.prepare()));
  /** Resolves when all pending scores are in the cache. */
  let keeping: Promise<unknown> = Promise.resolve();

  /** Makes the next call reload the files if they changed, because results of the old files are not reliable. */
  function reloadIfChanged(error: unknown): never {
    if (error instanceof ModelChangedError) {
      model.forget();
      void client.dispose();
      client = openClient();
    }
    throw error;
  }

  async function score(job: ScoreJob, { signal, ignoreCache = false, onProgress, priority = 0 }: ScoreOptions): Promise<ScoreResult> {
    const { identity, session, reference, graphPath, profilePath, columns, info, profile, maxTokens, encoder, reader, images } =
      await orAborted(model.get(), signal);
    // Without its images, a problem would be another problem, so nothing is scored.
    const files = images ? await readImageFiles(job.images).catch(imageError) : [];
    if (files instanceof ImageError) return allSkipped(job, files.message);
    const trie = buildTrie(job, files.length > 0 ? `${info.fingerprint} ${digestImages(files)}` : info.fingerprint);
    const known = ignoreCache ? new Map<string, number>() : await orAborted(cache.read(trie.key), signal);
    const found = new JobScores(trie, known, job.steps.length);
    if (found.isComplete) return found.result(0);

    const prepared = images && (await orAborted(prepareImagesApart(files, images.settings).catch(imageError), signal));
    if (prepared instanceof ImageError) return allSkipped(job, prepared.message);
    const plan = planRun(trie, (node) => found.isWanted(node), encoder, job.question, maxTokens, prepared?.text, reader.comparesTokens);
    for (const [node, reason] of plan.skipped) found.settle(node, { skipped: reason });
    if (plan.reads.length === 0) return found.result(0);

    const { parents, ids, offsets, reads, targets } = plan;
    const progress = () => onProgress?.(found.done, job.steps.length);
    progress();
    const settle = (node: number, values: Float32Array) => found.settle(node, toUnit(reader.read(values), profile.range));
    const onRead = ({ first, values }: ReadValues) => {
      for (let r = 0; r * columns < values.length; r++)
        settle(itemAt(plan.readNodes, first + r), values.subarray(r * columns, (r + 1) * columns));
      progress();
    };
    const ratios = new TokenRatios(targets ? plan.readNodes : []);
    const compare = (sign: 1 | -1) => (values: ReadValues) => {
      for (const [node, sum] of ratios.add(values, sign)) settle(node, Float32Array.of(sum));
      progress();
    };
    try {
      const pixels = prepared && toPixels(prepared, ids, images.token);
      const request = {
        parents,
        ids,
        offsets,
        reads,
        columns: reader.columns,
        ...(targets && { targets }),
        ...(pixels && { pixels }),
        priority,
      };
      const run = async (own: number, onValues: (reads: ReadValues) => void) =>
        (await client.run(own, request, { ...(signal && { signal }), onRead: onValues })).tokens;
      const tokens =
        reference === undefined ? await run(session, onRead) : (await run(session, compare(1))) + (await run(reference, compare(-1)));
      await identity.refuseChanged();
      return found.result(tokens);
    } catch (error) {
      // The process may have ended because its weights were overwritten.
      if (!signal?.aborted) await identity.refuseChanged();
      if (!(error instanceof InferenceError && error.reason === 'memory')) throw error;
      throw new ModelError(explainOutOfMemory(graphPath, profilePath, client.device(session).provider, error));
    } finally {
      // The scores of a cancelled run are kept, too, if the model has not changed.
      const kept = identity.refuseChanged().then(
        () => void cache.write(trie.key, found.fresh),
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
