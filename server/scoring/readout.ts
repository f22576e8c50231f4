import type { Profile, Readout } from './profile.js';
import { ScoringError } from './scorer.js';
import type { TextTokenizer } from './tokenizer.js';

/** Which columns of the graph's scores are needed at a marker, and the one number they mean. */
export interface ScoreReader {
  /** Empty = all. */
  readonly columns: Int32Array;
  /** The step's score, in the profile's range, from the raw values of those columns. */
  read(values: Float32Array): number;
  /** Throws ScoringError when the graph's output is not wide enough. */
  checkWidth(width: number): void;
}

type Factory<R> = (readout: R, tokenizer: TextTokenizer) => ScoreReader;

/** One entry per kind of readout. */
const readouts: { readonly [K in Readout['kind']]: Factory<Extract<Readout, { kind: K }>> } = {
  'token-pair': ({ positive, negative }, tokenizer) => {
    const columns = Int32Array.of(tokenizer.tokenId(positive, 'positive token'), tokenizer.tokenId(negative, 'negative token'));
    return {
      columns,
      read: (values) => softmaxAt(values, 0),
      checkWidth(width) {
        if (Math.max(...columns) < width) return;
        throw new ScoringError(`The graph gives ${width} scores a token, but the tokenizer's ids go up to ${Math.max(...columns)} (${tokenizer.path}). Use the tokenizer of this model.`);
      },
    };
  },
  'label-head': ({ positive }) => ({
    columns: new Int32Array(0),
    read: (values) => softmaxAt(values, positive),
    checkWidth(width) {
      if (width >= 2 && positive < width) return;
      throw new ScoringError(`The graph gives ${width} labels a token; 'readout.positive' is ${positive}. Two labels or more are needed, counted from 0.`);
    },
  }),
};

export function createReader(readout: Readout, tokenizer: TextTokenizer): ScoreReader {
  return (readouts[readout.kind] as Factory<Readout>)(readout, tokenizer);
}

/** Maps a score or threshold from the profile's range to [0, 1]. */
export function toUnit(score: number, [low, high]: Profile['range']): number {
  return Math.min(1, Math.max(0, (score - low) / (high - low)));
}

function softmaxAt(values: Float32Array, index: number): number {
  const highest = values.reduce((a, b) => Math.max(a, b), -Infinity);
  let sum = 0;
  for (const value of values) sum += Math.exp(value - highest);
  return Math.exp(values[index]! - highest) / sum;
}
