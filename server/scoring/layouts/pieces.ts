import { english } from '../../l10n.js';
import { type Fields, occurrences } from '../../models/fields.js';
import type { TextTokenizer } from '../../models/tokenizer.js';
import type { SegmentEncoder } from './encoder.js';

/** Question and steps are tokenized each by itself and put one after the other: nothing is joined across their borders. */
export interface PiecesLayout {
  readonly kind: 'pieces';
  /** With `{question}`, perhaps `{bos}`. */
  readonly before: string;
  /** Put after every step, tokenized by itself; without it a step is read at its own tokens. */
  readonly separator?: string;
  /** Every line of a step is a piece of its own; the last one's separator is read. */
  readonly byLine: boolean;
  /** How many tokens before a step's last one the score is read; 0 = at the last. */
  readonly readBack: number;
}

export function readPiecesLayout(fields: Fields): PiecesLayout {
  const layout: PiecesLayout = {
    kind: 'pieces',
    before: fields.template('before', ['{question}', '{bos}', '{bos?}', '{start}']),
    byLine: fields.has('byLine') && fields.flag('byLine'),
    readBack: fields.has('readBack') ? fields.whole('readBack', [0, 1_000_000], 'tokens') : 0,
    ...(fields.has('separator') && { separator: fields.text('separator') }),
  };
  if (occurrences(layout.before, '{question}') !== 1) fields.fail('before', english('a text with {question} once'));
  if (layout.byLine && layout.separator === undefined) fields.fail('separator', english("a text, because 'byLine' is true"));
  return layout;
}

export function encodePiecesLayout({ before, separator, byLine, readBack }: PiecesLayout, tokenizer: TextTokenizer): SegmentEncoder {
  const prompt = tokenizer.expand(before);
  const end = separator === undefined ? [] : tokenizer.encode(separator);
  // Without a separator the authors' code has a special token there, which it takes out again.
  const place = separator === undefined ? 'after-special' : 'start';
  return {
    open: (question) => ({
      prompt: tokenizer.encode(prompt, { question }),
      step(text) {
        const ids = (byLine ? text.split('\n') : [text]).flatMap((line) => [...tokenizer.encode('{line}', { line }, place), ...end]);
        return { ids, read: Math.max(-1, ids.length - 1 - readBack) };
      },
    }),
  };
}
