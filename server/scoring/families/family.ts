import type { Profile } from '../profile.js';

/** A published PRM: its profile but for the files, how a copy of it is recognized, and what its authors say it gives. */
export interface Family {
  /** `family` of a `prm.json`. */
  readonly id: string;
  readonly profile: Omit<Profile, 'family' | 'graph' | 'tokenizer'>;
  /** Looks at what a model's folder says about it. */
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
  /** A folder `reference` beside it holds another graph. */
  readonly hasReference: boolean;
  /** The vocabulary has this entry, special tokens included. */
  readonly hasToken: (text: string) => boolean;
}

export interface GoldenExample {
  readonly question: string;
  readonly steps: readonly string[];
  /** In [0, 1], one a step; undefined = not published. */
  readonly values: readonly (number | undefined)[];
  /** Largest difference that half precision explains. */
  readonly tolerance: number;
  /** Where they are published, and what computed them. */
  readonly source: string;
}

/** A language model's vocabulary rather than a few labels; not known counts as one. */
export function isVocabulary({ width }: ModelTraits): boolean {
  return width === undefined || width > 3;
}
