import type { ImageFile } from '../../models/images/imageFile.js';
import { openChatLogprobs } from './chatLogprobs.js';
import { openCritique } from './critique.js';
import { openScoringJudge } from './judge.js';
import { openOpenInference } from './openInference.js';
import type { RemoteProfile } from './remoteProfile.js';
import { openVllmPooling } from './vllmPooling.js';

/** A server that returns step scores, whatever its protocol. Each kind has a file beside this one. */
export interface Backend {
  /** Whether one request returns the scores of all steps of a path or only of its last step. */
  readonly asks: 'path' | 'step';
  readonly readsImages: boolean;
  /** Whether the scores also depend on the reference answer, as a judge's do. */
  readonly readsAnswer: boolean;
  /**
   * Checks that the server answers and serves the model. Resolves with the model's version, if the server reports it,
   * which is part of the scores' key. Rejects with ModelError or RequestFailure.
   */
  open(signal?: AbortSignal): Promise<string>;
  /**
   * Scores the wanted steps of a path, in their order. Rejects with AbortError at once when cancelled, with
   * RequestFailure when this request failed, and with ModelError when no further request can succeed.
   */
  score(path: ScorePath, signal: AbortSignal): Promise<PathScores>;
  dispose(): void;
}

/** A solution from its question down to one step. */
export interface ScorePath {
  readonly question: string;
  readonly images: readonly ImageFile[];
  readonly answer?: string;
  readonly steps: readonly string[];
  /** Indices into `steps`, ascending; the last one is the last step. */
  readonly wanted: readonly number[];
}

/** A score in [0, 1], or the reason why there is none. */
export type PathScore = number | { readonly skipped: string };

export interface PathScores {
  readonly scores: readonly PathScore[];
  /** Tokens that the server processed; 0 when it does not report them. */
  readonly tokens: number;
}

export interface BackendContext {
  /** Folder of the profile. */
  readonly modelFolder: string;
  readonly profilePath: string;
  readonly apiKey: string | undefined;
  /** Longest wait for the answer to one request, in ms. */
  readonly timeout: number;
  /** Wait before the second attempt of a request in ms, doubled for every further one. */
  readonly backOff: number;
  readonly log: { info(message: string): void; warn(message: string): void };
}

type Opener<P> = (profile: P, context: BackendContext) => Backend | Promise<Backend>;

/** One entry per kind. */
const openers: { readonly [K in RemoteProfile['kind']]: Opener<Extract<RemoteProfile, { kind: K }>> } = {
  'open-inference': openOpenInference,
  'vllm-pooling': openVllmPooling,
  'chat-logprobs': openChatLogprobs,
  judge: openScoringJudge,
  critique: openCritique,
};

/** Prepares the backend on this machine and sends nothing yet. Rejects with ModelError. */
export async function openBackend(profile: RemoteProfile, context: BackendContext): Promise<Backend> {
  return await (openers[profile.kind] as Opener<RemoteProfile>)(profile, context);
}
