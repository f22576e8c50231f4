import { join } from 'node:path';
import { readRegular } from '../../disk/readRegular.js';
import { profileHas } from '../../models/modelFiles.js';
import { orAborted } from '../orAborted.js';
import type { Scorer } from '../scorer.js';
import { parseRemoteProfile } from './remoteProfile.js';
import { createRemoteScorer, type RemoteScorerOptions } from './remoteScorer.js';

/** What the program provides to a scorer of any model. */
export type ScorerHost = Pick<RemoteScorerOptions, 'cacheFolder' | 'apiKey' | 'allows' | 'log'> & {
  /** Whether the user works in an editor meanwhile; see `InferenceClientOptions`. */
  readonly isBackground?: boolean;
};

/** URL of the server that the `prm.json` of a model's folder names; undefined where it names none, or cannot be read. */
export async function scoringServer(modelFolder: string): Promise<string | undefined> {
  const path = join(modelFolder, 'prm.json');
  try {
    return parseRemoteProfile((await readRegular(path)).toString('utf8'), path).server.url;
  } catch {
    return undefined;
  }
}

/** Where a model runs, and whether it writes a critique before it judges. */
export type ModelKind = 'server' | 'critique' | 'graph';

function kindOf(text: string): ModelKind {
  if (profileHas(text, 'backend')) return 'server';
  return profileHas(text, 'critique') ? 'critique' : 'graph';
}

/**
 * Creates a scorer for a model's folder: with the server that its `prm.json` names, else on this machine. The file
 * is read on the first call and on every further call until one succeeds, so that a corrected profile takes effect.
 *
 * @param openLocal Opens the scorer of that kind on this machine. It also reports the error in an unreadable profile.
 */
export function createModelScorer(options: RemoteScorerOptions, openLocal: (kind: Exclude<ModelKind, 'server'>) => Scorer): Scorer {
  let opened: { readonly kind: ModelKind; readonly scorer: Scorer } | undefined;
  let isDescribed = false;
  let opening: Promise<Scorer> | undefined;

  async function open(): Promise<Scorer> {
    const kind = kindOf((await readRegular(join(options.modelFolder, 'prm.json')).catch(() => '')).toString('utf8'));
    if (opened?.kind === kind) return opened.scorer;
    await opened?.scorer.dispose();
    opened = { kind, scorer: kind === 'server' ? createRemoteScorer(options) : openLocal(kind) };
    return opened.scorer;
  }

  /** Returns the scorer. Concurrent calls open it only once. */
  function current(): Promise<Scorer> {
    if (isDescribed && opened) return Promise.resolve(opened.scorer);
    return (opening ??= open().finally(() => (opening = undefined)));
  }

  return Object.freeze<Scorer>({
    async describe(signal) {
      const info = await (await orAborted(current(), signal)).describe(signal);
      isDescribed = true;
      return info;
    },
    async score(job, scoreOptions) {
      const result = await (await orAborted(current(), scoreOptions?.signal)).score(job, scoreOptions);
      isDescribed = true;
      return result;
    },
    clearCache: async () => (await current()).clearCache(),
    async dispose() {
      await opening?.catch(() => undefined);
      await opened?.scorer.dispose();
    },
  });
}
