import { english } from '../../l10n.js';
import { ModelError } from '../../models/modelError.js';
import { itemAt } from '../../reasoning/present.js';
import type { ReadoutKind } from './readouts.js';
import { softmax } from './softmax.js';

/**
 * The probability of some tokens among the whole vocabulary, summed (Granite PRM: `Y`). Unlike a pair of tokens it is small where the model
 * would say neither.
 */
export interface TokenProbabilityReadout {
  readonly kind: 'token-probability';
  /** Texts of one token each, or entries of the vocabulary. */
  readonly tokens: readonly string[];
  /** As in `token-pair`. */
  readonly lookup: 'text' | 'piece';
}

export const tokenProbability: ReadoutKind<TokenProbabilityReadout> = {
  read(fields) {
    const value = fields.take('tokens');
    const tokens: unknown[] = Array.isArray(value) ? (value as unknown[]) : [value];
    const isText = (token: unknown): token is string => typeof token === 'string' && token !== '';
    if (tokens.length === 0 || !tokens.every(isText) || new Set(tokens).size < tokens.length)
      return fields.fail('tokens', english('a text of one token, or a list of different ones'));
    return { kind: 'token-probability', tokens, lookup: fields.has('lookup') ? fields.oneOf('lookup', ['text', 'piece']) : 'text' };
  },

  reader({ tokens, lookup }, tokenizer) {
    const ids = tokens.map((token) =>
      lookup === 'piece' ? tokenizer.pieceId(token, english('token to read')) : tokenizer.tokenId(token, english('token to read')),
    );
    return {
      columns: new Int32Array(0),
      read(values) {
        const shares = softmax(values);
        return ids.reduce((sum, id) => sum + itemAt(shares, id), 0);
      },
      checkWidth(width) {
        if (width > 3 && Math.max(...ids) < width) return;
        throw new ModelError(
          english(
            "The graph gives {0} scores a token, but 'readout' of the profile looks for token {1} of a vocabulary ({2}). Use the profile and the tokenizer of this model.",
            width,
            Math.max(...ids),
            tokenizer.path,
          ),
        );
      },
    };
  },
};
