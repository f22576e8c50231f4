import type { Fields } from '../../models/fields.js';
import type { TextTokenizer } from '../../models/tokenizer.js';
import { type LabelDifferenceReadout, labelDifference } from './labelDifference.js';
import { type LabelHeadReadout, labelHead } from './labelHead.js';
import { type LogRatioReadout, logRatio } from './logRatio.js';
import { type ScalarHeadReadout, scalarHead } from './scalarHead.js';
import { type SigmoidHeadReadout, sigmoidHead } from './sigmoidHead.js';
import { type TokenPairReadout, tokenPair } from './tokenPair.js';
import { type TokenProbabilityReadout, tokenProbability } from './tokenProbability.js';

/** How the graph's scores at one token become a step's score. */
export type Readout =
  | TokenPairReadout
  | TokenProbabilityReadout
  | LabelHeadReadout
  | LabelDifferenceReadout
  | SigmoidHeadReadout
  | ScalarHeadReadout
  | LogRatioReadout;

/** Which columns of the graph's scores are needed at a token, and the one number they mean. */
export interface ScoreReader {
  /** Empty = all. */
  readonly columns: Int32Array;
  /** `read` gets one value: the log-probability of the step's tokens in the model minus that in the reference. */
  readonly comparesTokens?: true;
  /** The step's score, in the profile's range, from the raw values of those columns. */
  read(values: Float32Array): number;
  /** Throws ModelError when the graph's output is not as wide as the readout needs. */
  checkWidth(width: number): void;
}

export interface ReadoutKind<R> {
  /** Throws ModelError naming the field. */
  read(fields: Fields): R;
  /** Throws ModelError when the tokenizer lacks a token. */
  reader(readout: R, tokenizer: TextTokenizer): ScoreReader;
}

/** One file per kind beside this one. */
const kinds: { readonly [K in Readout['kind']]: ReadoutKind<Extract<Readout, { kind: K }>> } = {
  'token-pair': tokenPair,
  'token-probability': tokenProbability,
  'label-head': labelHead,
  'label-difference': labelDifference,
  'sigmoid-head': sigmoidHead,
  'scalar-head': scalarHead,
  'log-ratio': logRatio,
};

export function readReadout(fields: Fields): Readout {
  const kind = fields.oneOf('kind', Object.keys(kinds) as Readout['kind'][]);
  const readout = kinds[kind].read(fields);
  fields.refuseOthers([]);
  return readout;
}

export function createReader(readout: Readout, tokenizer: TextTokenizer): ScoreReader {
  return (kinds[readout.kind] as ReadoutKind<Readout>).reader(readout, tokenizer);
}

/** Maps a score or threshold from the profile's range to [0, 1]. */
export function toUnit(score: number, [low, high]: readonly [number, number]): number {
  return Math.min(1, Math.max(0, (score - low) / (high - low)));
}
