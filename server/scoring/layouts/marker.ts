import { english } from '../../l10n.js';
import type { Fields } from '../../models/fields.js';
import { occurrences } from '../../models/fields.js';
import { imagesPlace } from '../../models/images/imageKinds.js';
import type { TextTokenizer } from '../../models/tokenizer.js';
import type { SegmentEncoder } from './encoder.js';
import { encodeJoinedText, type JoinedText } from './joinedText.js';

/** One sequence: `before`, then `step` for every step, then `after`; each step ends in the marker token. */
export interface MarkerLayout {
  readonly kind: 'marker';
  /** With `{question}`, perhaps `{images}`, `{bos}` (the beginning-of-sequence token) and `{start}` (what the tokenizer itself puts first). */
  readonly before: string;
  /** With `{step}`, perhaps `{index}` (the step's number, from 1); contains the marker once. */
  readonly step: string;
  readonly after?: string;
  /** Text of the one token at which the score is read. */
  readonly marker: string;
  /** `apart`: the prompt and each step are tokenized separately; `together`: as one text. */
  readonly encode: 'apart' | 'together';
}

/** Places that the text before the first step may have. */
export const promptPlaces = ['{question}', imagesPlace, '{bos}', '{bos?}', '{start}'];

/** Places that the text of a step may have. */
export const stepPlaces = ['{step}', '{index}'];

export function readMarkerLayout(fields: Fields): MarkerLayout {
  const layout: MarkerLayout = {
    kind: 'marker',
    before: fields.template('before', promptPlaces),
    step: fields.template('step', stepPlaces),
    marker: fields.text('marker'),
    encode: fields.has('encode') ? fields.oneOf('encode', ['apart', 'together']) : 'apart',
    ...(fields.has('after') && { after: fields.template('after', [], true) }),
  };
  if (occurrences(layout.before, '{question}') !== 1) fields.fail('before', english('a text with {question} once'));
  if (occurrences(layout.before, imagesPlace) > 1) fields.fail('before', english('a text with {0} at most once', imagesPlace));
  refuseBadStep(fields, layout.step, layout.marker);
  return layout;
}

/** `step` must hold {step} once and the marker once, after it. */
export function refuseBadStep(fields: Fields, step: string, marker: string): void {
  if (occurrences(step, '{step}') !== 1) fields.fail('step', english('a text with {step} once'));
  if (occurrences(step, marker) !== 1 || step.indexOf(marker) < step.indexOf('{step}')) {
    fields.fail('step', english('a text with the marker {0} once, after {step}', JSON.stringify(marker)));
  }
}

/**
 * Encodes the profile's text between a marker and the next step with that next step. Text after the last marker
 * (`after`) is not encoded: the model is causal, so no score depends on it.
 */
export function encodeMarkerLayout(
  { before, step, marker, encode, cut }: Omit<MarkerLayout, 'kind'> & Pick<JoinedText, 'cut'>,
  tokenizer: TextTokenizer,
): SegmentEncoder {
  const end = step.indexOf(marker) + marker.length;
  const first = step.slice(0, end);
  const next = step.slice(end) + first;
  if (encode === 'together') return encodeJoinedText({ prompt: before, first, next, marker, ...(cut && { cut }) }, tokenizer);
  tokenizer.tokenId(marker, 'marker');
  const prompt = tokenizer.expand(before);
  return {
    open: (question, images = '') => ({
      prompt: tokenizer.encode(
        prompt.replace(imagesPlace, () => images),
        { question },
      ),
      step(text, index) {
        const ids = tokenizer.encode(index === 0 ? first : next, { step: text, index: String(index + 1) });
        return { ids, read: ids.length - 1 };
      },
    }),
  };
}
