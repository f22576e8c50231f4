import type { Profile } from '../profile.js';

/** A published PRM: its profile without the files, how a copy is recognized, and the scores its authors publish. */
export interface Family {
  /** `family` of a `prm.json`. */
  readonly id: string;
  readonly profile: Omit<Profile, 'family' | 'graph' | 'tokenizer'>;
  /** Whether a model may be of this family, judged by the files in its folder. */
  recognizes(model: ModelTraits): boolean;
  /** Published values, to verify a copy with. */
  readonly golden?: readonly GoldenExample[];
}

/** What can be known of a model without its profile. */
export interface ModelTraits {
  /** First of `architectures` in config.json. */
  readonly architecture?: string;
  /** Last axis of the score output, where it is fixed: labels or vocabulary. */
  readonly width?: number;
  readonly takesImages: boolean;
  /** Whether a folder `reference` beside it contains another graph. */
  readonly hasReference: boolean;
  /** The vocabulary has this entry, special tokens included. */
  readonly hasToken: (text: string) => boolean;
}

export interface GoldenExample {
  readonly question: string;
  readonly steps: readonly string[];
  /** One per step, in [0, 1]; undefined = not published. */
  readonly values: readonly (number | undefined)[];
  /** Largest difference that half precision explains. */
  readonly tolerance: number;
  /** Where they are published, and what computed them. */
  readonly source: string;
}

/** Whether the output has a language model's vocabulary and not just a few labels; true if its width is unknown. */
export function isVocabulary({ width }: ModelTraits): boolean {
  return width === undefined || width > 3;
}
