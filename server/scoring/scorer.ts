import type { DeviceInfo } from '../inference/deviceInfo.js';
import { english } from '../l10n.js';
import type { ProblemImage } from '../models/images/imageFile.js';
import { ModelError } from '../models/modelError.js';
import type { Aggregation } from '../reasoning/aggregation.js';
import type { Problem } from '../reasoning/problem.js';

/** The interface through which the language server, the command line and the benchmark get PRM scores. */
export interface Scorer {
  /** Describes the model and loads it on first use. Rejects with the reason if it cannot be loaded. */
  describe(signal?: AbortSignal): Promise<ScorerInfo>;
  /**
   * One score per step of the forest, in the order of `steps`; NaN where the step could not be scored (too long, outside
   * what the model knows), with the reason in `skipped`. Cached scores are returned without touching the model.
   * Rejects with `AbortError` when cancelled, `ModelError` when the model or profile cannot be used.
   */
  score(job: ScoreJob, options?: ScoreOptions): Promise<ScoreResult>;
  /** Drops all cached scores, also those on disk. */
  clearCache(): Promise<void>;
  dispose(): Promise<void>;
}

/** The steps of one problem as a forest: shared prefixes are run once. */
export interface ScoreJob {
  readonly question: string;
  /** With its surrounding blanks, for models that read them; `question` when not given. */
  readonly rawQuestion?: string;
  /** The reference answer, where the file has one: a judge gets it, a reward model does not. */
  readonly answer?: string;
  /** Used only if the model reads images. If one cannot be read, all steps are skipped. */
  readonly images: readonly ProblemImage[];
  /** A parent comes before its children. `raw`: with surrounding blanks, for models that read them; `text` when not given. */
  readonly steps: readonly { readonly text: string; readonly raw?: string; readonly parent?: number }[];
}

/** The steps of a problem as a scorer takes them, with the images that the problem names. */
export function scoreJob({ question, rawQuestion, answer, steps }: Problem, images: readonly ProblemImage[]): ScoreJob {
  return { question, images, steps, ...(rawQuestion !== undefined && { rawQuestion }), ...(answer !== undefined && { answer }) };
}

export interface ScoreOptions {
  readonly signal?: AbortSignal;
  /** Runs every step through the model, even if its score is cached. The new scores replace the cached ones. */
  readonly ignoreCache?: boolean;
  /** Waiting jobs with a higher priority run first, and equal ones take turns; 0 when not given. */
  readonly priority?: number;
  /** Called as scores arrive: finished and total steps. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface ScoreResult {
  /** In [0, 1]; NaN = not scored. */
  readonly scores: Float64Array;
  /** Step index -> why it has no score. */
  readonly skipped: ReadonlyMap<number, string>;
  /** The skipped steps that are outside the scope of the model's profile. */
  readonly outOfScope?: ReadonlySet<number>;
  /** How many of the steps came from the cache. */
  readonly cached: number;
  /** Source of the scores; `prm` when not given. */
  readonly source?: 'judge';
  /** Tokens run through the model. */
  readonly tokens: number;
}

/** The result of a problem none of whose steps can be scored. */
export function allSkipped({ steps }: ScoreJob, reason: string): ScoreResult {
  return {
    scores: new Float64Array(steps.length).fill(NaN),
    skipped: new Map(steps.map((_, step) => [step, reason])),
    cached: 0,
    tokens: 0,
  };
}

export interface ScorerInfo {
  /** The profile's name. */
  readonly model: string;
  readonly modelPath: string;
  /** SHA-256 over graph, tokenizer and profile: the model's part of a cache key. */
  readonly fingerprint: string;
  readonly threshold: number;
  readonly aggregation: Aggregation;
  readonly device: DeviceInfo;
  readonly readsImages: boolean;
  /** The only texts it scores, as its profile describes them. */
  readonly knows?: string;
}

/** The model is on a server to which the user has not consented. Nothing was sent. */
export class NotAllowedError extends ModelError {
  override readonly name = 'NotAllowedError';

  constructor(
    model: string,
    readonly origin: string,
  ) {
    super(
      english(
        'Nothing is scored: {0} is at {1}, and question, steps and figures are sent there only after you consent. Run "StepLens: Allow Scoring Server…", or pass --allow-server {1} on the command line.',
        model,
        origin,
      ),
      'allowServer',
    );
  }
}
