import { english } from '../../l10n.js';
import { ModelError } from '../../models/modelError.js';
import { itemAt } from '../../reasoning/present.js';
import type { ReadoutKind } from './readouts.js';
import { softmax } from './softmax.js';

/** The first value of a softmax over two vocabulary logits (MM-PRM: Yes against No). */
export interface TokenPairReadout {
  readonly kind: 'token-pair';
  readonly positive: string;
  readonly negative: string;
  /**
   * `text`: the encoded text's token; `piece`: the vocabulary's entry of that name. They differ in SentencePiece
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
    if (readout.positive === readout.negative) fields.fail('negative', english("another token than 'positive'"));
    return readout;
  },

  reader({ positive, negative, lookup }, tokenizer) {
    const id = (text: string, role: string) => (lookup === 'piece' ? tokenizer.pieceId(text, role) : tokenizer.tokenId(text, role));
    const columns = Int32Array.of(id(positive, english('positive token')), id(negative, english('negative token')));
    return {
      columns,
      read: (values) => itemAt(softmax(values), 0),
      checkWidth(width) {
        if (width > 3 && Math.max(...columns) < width) return;
        const cause =
          width > 3
            ? english("the tokenizer's ids go up to {0} ({1}). Use the tokenizer of this model", Math.max(...columns), tokenizer.path)
            : english(
                "'readout' of the profile looks for two words. Use the profile of a family whose head gives {0}",
                width === 1 ? english('one value') : english('{0} labels', width),
              );
        throw new ModelError(english('The graph gives {0} scores a token, but {1}.', width, cause));
      },
    };
  },
};
