import { english } from '../../l10n.js';
import { type Fields, occurrences } from '../../models/fields.js';
import type { TextTokenizer } from '../../models/tokenizer.js';
import type { SegmentEncoder } from './encoder.js';

/** Question and steps are tokenized separately and concatenated, so no token crosses a boundary between them. */
export interface PiecesLayout {
  readonly kind: 'pieces';
  /** With `{question}`, perhaps `{bos}`. */
  readonly before: string;
  /** Put after every step and tokenized separately. Without it, a score is read at the step's own tokens. */
  readonly separator?: string;
  /** Whether every line of a step is a separate piece. The score is read at the last line's separator. */
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
  // Without a separator, the authors' code encodes a step after a special token, which it then removes.
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
