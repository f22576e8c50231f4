import { ModelError } from '../../models/modelError.js';
import type { ReadoutKind } from './readouts.js';
import { softmax } from './softmax.js';

/** Softmax over two vocabulary logits, the first of the two (MM-PRM: Yes against No). */
export interface TokenPairReadout {
  readonly kind: 'token-pair';
  readonly positive: string;
  readonly negative: string;
  /**
   * `text`: the token such a text becomes; `piece`: the vocabulary's entry of that name. They differ in SentencePiece
   * vocabularies: `+` becomes `▁+` there (Math-Shepherd), and the entry `+` is another token (MM-PRM, VisualPRM).
   */
  readonly lookup: 'text' | 'piece';
}

export const tokenPair: ReadoutKind<TokenPairReadout> = {
  read(fields) {
    const readout: TokenPairReadout = {
      kind: 'token-pair',
      positive: fields.text('positive'),
      negative: fields.text('negative'),
      lookup: fields.has('lookup') ? fields.oneOf('lookup', ['text', 'piece']) : 'text',
    };
    if (readout.positive === readout.negative) fields.fail('negative', `another token than 'positive'`);
    return readout;
  },

  reader({ positive, negative, lookup }, tokenizer) {
    const id = (text: string, role: string) => (lookup === 'piece' ? tokenizer.pieceId(text, role) : tokenizer.tokenId(text, role));
    const columns = Int32Array.of(id(positive, 'positive token'), id(negative, 'negative token'));
    return {
      columns,
      read: (values) => softmax(values)[0]!,
      checkWidth(width) {
        if (width > 3 && Math.max(...columns) < width) return;
        const cause =
          width > 3
            ? `the tokenizer's ids go up to ${Math.max(...columns)} (${tokenizer.path}). Use the tokenizer of this model`
            : `'readout' of the profile looks for two words. Use the profile of a family whose head gives ${width === 1 ? 'one value' : `${width} labels`}`;
        throw new ModelError(`The graph gives ${width} scores a token, but ${cause}.`);
      },
    };
  },
};
