import { english } from '../../l10n.js';
import { type ChatMessage, renderChat } from '../../models/chatTemplate.js';
import { type Fields, occurrences } from '../../models/fields.js';
import { imagesPlace } from '../../models/images/imageKinds.js';
import { ModelError } from '../../models/modelError.js';
import type { TextTokenizer } from '../../models/tokenizer.js';
import { lastItem } from '../../reasoning/present.js';
import type { SegmentEncoder } from './encoder.js';
import { cutAt, encodeJoinedText } from './joinedText.js';
import { stepPlaces } from './marker.js';

/**
 * A conversation in which the user sends the steps and the assistant answers each with the same word, whatever the
 * model's verdict is. The score is read at the token before the answer, which predicts it.
 */
export interface TurnsLayout {
  readonly kind: 'turns';
  readonly system?: string;
  /** The user's first turn, with `{question}` and `{step}`, perhaps `{images}` and `{index}`. */
  readonly first: string;
  /** Every later turn, with `{step}`, perhaps `{index}` (the step's number, from 1). */
  readonly next: string;
  /** The assistant's answer. */
  readonly reply: string;
  /** Jinja template instead of the model's own. */
  readonly template?: string;
}

export function readTurnsLayout(fields: Fields): TurnsLayout {
  const layout: TurnsLayout = {
    kind: 'turns',
    first: fields.template('first', ['{question}', ...stepPlaces, imagesPlace]),
    next: fields.template('next', stepPlaces),
    reply: fields.text('reply'),
    ...(fields.has('system') && { system: fields.text('system', true) }),
    ...(fields.has('template') && { template: fields.text('template') }),
  };
  for (const place of ['{question}', '{step}'])
    if (occurrences(layout.first, place) !== 1) fields.fail('first', english('a text with {0} once', place));
  if (occurrences(layout.next, '{step}') !== 1) fields.fail('next', english('a text with {step} once'));
  return layout;
}

/** Private-use characters, ignored by every template. Blanks around the user's marks show whether a template trims. */
const turnMark = (turn: number) => `\uE000${turn}\uE001`;
const replyMark = '\uE002';

/** Applies the chat template once, to a conversation of three turns. The last two must be rendered alike. */
export function encodeTurnsLayout({ system, first, next, reply, template }: TurnsLayout, tokenizer: TextTokenizer): SegmentEncoder {
  const messages: ChatMessage[] = system === undefined ? [] : [{ role: 'system', content: system }];
  for (let turn = 0; turn < 3; turn++)
    messages.push({ role: 'user', content: ` ${turnMark(turn)} ` }, { role: 'assistant', content: replyMark });
  const text = renderChat(messages, tokenizer, template);
  const isTrimmed = !text.includes(` ${turnMark(0)} `);
  const parts = [0, 1, 2].reduce<string[]>(
    (pieces, turn) => [...pieces.slice(0, -1), ...lastItem(pieces).split(isTrimmed ? turnMark(turn) : ` ${turnMark(turn)} `)],
    [text],
  );
  const [before = '', ...after] = parts;
  const [answered, answeredAgain] = after.map((part) => part.split(replyMark));
  if (parts.length !== 4 || answered?.length !== 2 || answered.join() !== answeredAgain?.join()) {
    throw new ModelError(
      english(
        "{0}: the model's chat template does not lay a later turn out as the one before it. Give a template that does in 'layout.template' of the profile.",
        tokenizer.path,
      ),
    );
  }
  const [header, footer] = answered as [string, string];
  const at = first.indexOf('{step}');
  return encodeJoinedText(
    {
      prompt: before + first.slice(0, at),
      first: first.slice(at) + header,
      next: reply + footer + next + header,
      ...(isTrimmed && { cut: { question: cutAt(first, '{question}'), first: cutAt(first, '{step}'), next: cutAt(next, '{step}') } }),
    },
    tokenizer,
  );
}
