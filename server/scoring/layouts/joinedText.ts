import { english } from '../../l10n.js';
import { imagesPlace } from '../../models/images/imageKinds.js';
import { ModelError } from '../../models/modelError.js';
import { stripEnd, stripStart } from '../../models/pythonStrip.js';
import type { TextPlace, TextTokenizer } from '../../models/tokenizer.js';
import type { ProblemEncoder, SegmentEncoder } from './encoder.js';

/** A whole sequence as texts: `prompt`, `first` for the first step, `next` for each one after it. */
export interface JoinedText {
  /** With `{question}`, perhaps `{images}`, `{bos}`, `{start}` and the first step's `{index}`. */
  readonly prompt: string;
  /** With `{step}`, perhaps `{index}` (from 1); a score is read at its last token. */
  readonly first: string;
  /** With the same places. It begins with the text between two steps. */
  readonly next: string;
  /** Text of the token that must end a step, if the layout has such a token. */
  readonly marker?: string;
  /** How the template trims the texts that are filled in; not at all when not given. */
  readonly cut?: { readonly question: Cut; readonly first: Cut; readonly next: Cut };
}

/** Takes white space off one or both ends. */
export type Cut = (text: string) => string;

export const uncut: Cut = (text) => text;

/** Trims a text as a template does that trims whole turns: only where the text begins or ends the turn. */
export function cutAt(turn: string, place: string): Cut {
  const [isFirst, isLast] = [turn.startsWith(place), turn.endsWith(place)];
  return (text) => {
    const started = isFirst ? stripStart(text) : text;
    return isLast ? stripEnd(started) : started;
  };
}

const sample = {
  question: 'Sam has 3 boxes. How many are left?',
  step: 'Step 1: 3 - 1 = 2.',
  step1: 'Step 2: $2 \\cdot 2 = 4$',
  step2: 'The answer is 4.',
};

/**
 * Encodes as if the sequence were one text, as most families need it. Segments begin after a special token, or where
 * the tokenizer joins nothing. Throws ModelError when this tokenizer joins tokens there.
 */
export function encodeJoinedText(text: JoinedText, tokenizer: TextTokenizer): SegmentEncoder {
  const prompt = tokenizer.expand(text.prompt);
  const marker = text.marker === undefined ? undefined : tokenizer.tokenId(text.marker, 'marker');
  const afterStep: TextPlace = tokenizer.lastSpecialEnd(text.first) === text.first.length ? 'after-special' : 'inside';
  const cut = text.cut ?? { question: uncut, first: uncut, next: uncut };

  const open = (question: string, images = ''): ProblemEncoder => {
    const filled = prompt.replace(imagesPlace, () => images);
    const end = tokenizer.lastSpecialEnd(filled);
    const first = filled.slice(end) + text.first;
    const place = end === 0 || filled.slice(0, end) === tokenizer.start ? 'start' : 'after-special';
    const fill = { question: cut.question(question), index: '1' };
    const head = tokenizer.encode(filled.slice(end), fill, place);
    return {
      prompt: tokenizer.encode(filled.slice(0, end), fill),
      step(step, index) {
        const isFirst = index === 0;
        const own = { question: fill.question, index: String(index + 1), step: isFirst ? cut.first(step) : cut.next(step) };
        const ids = tokenizer.encode(isFirst ? first : text.next, own, isFirst ? place : afterStep);
        const read = marker === undefined || ids.at(-1) === marker ? ids.length - 1 : -1;
        return isFirst ? { ids, read, head: sharedLength(head, ids) } : { ids, read };
      },
    };
  };

  const { question, step, step1, step2 } = sample;
  const problem = open(question);
  const apart = [...problem.prompt, ...[step, step1, step2].flatMap((one, i) => problem.step(one, i).ids)];
  const numbered = (part: string, i: number) =>
    part.replaceAll('{step}', i === 0 ? '{step}' : `{step${i}}`).replaceAll('{index}', String(i + 1));
  const template = numbered(prompt.replace(imagesPlace, ''), 0) + numbered(text.first, 0) + numbered(text.next, 1) + numbered(text.next, 2);
  if (apart.join() !== tokenizer.encode(template, sample).join()) {
    throw new ModelError(
      english(
        "{0} joins the end of a step with what follows it, so that steps cannot be distinguished. Use the tokenizer the model was trained with, or correct 'layout' of the profile.",
        tokenizer.path,
      ),
    );
  }
  return { open };
}

function sharedLength(a: readonly number[], b: readonly number[]): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
