import { english } from '../../l10n.js';
import { type ChatMessage, renderChat } from '../../models/chatTemplate.js';
import { type Fields, occurrences } from '../../models/fields.js';
import { imagesPlace } from '../../models/images/imageKinds.js';
import type { TextTokenizer } from '../../models/tokenizer.js';
import type { SegmentEncoder } from './encoder.js';
import { cutAt, encodeJoinedText, type JoinedText, uncut } from './joinedText.js';
import { encodeMarkerLayout, refuseBadStep, stepPlaces } from './marker.js';

/** A conversation with one question and all steps in one turn. Each step ends in the marker token, if there is one. */
export interface ChatLayout {
  readonly kind: 'chat';
  readonly system?: string;
  /** With `{question}`, perhaps `{images}`. */
  readonly user: string;
  /** The assistant's turn. Without it, the conversation ends with the user's turn. `{steps}` is here or in `user`. */
  readonly assistant?: string;
  /** With `{step}`, perhaps `{index}` (the step's number, from 1); contains the marker once. */
  readonly step: string;
  /** Without it a step is read at its last token. */
  readonly marker?: string;
  /** Jinja template instead of the model's own. */
  readonly template?: string;
}

const stepsPlace = '{steps}';

export function readChatLayout(fields: Fields): ChatLayout {
  const layout: ChatLayout = {
    kind: 'chat',
    user: fields.template('user', ['{question}', imagesPlace, stepsPlace]),
    step: fields.template('step', stepPlaces),
    ...(fields.has('marker') && { marker: fields.text('marker') }),
    ...(fields.has('system') && { system: fields.text('system', true) }),
    ...(fields.has('assistant') && { assistant: fields.template('assistant', [stepsPlace]) }),
    ...(fields.has('template') && { template: fields.text('template') }),
  };
  if (occurrences(layout.user, '{question}') !== 1) fields.fail('user', english('a text with {question} once'));
  if (occurrences(layout.user + (layout.assistant ?? ''), stepsPlace) !== 1)
    fields.fail('assistant', english("a text with {0} once, unless 'user' holds it", stepsPlace));
  if (layout.marker !== undefined) refuseBadStep(fields, layout.step, layout.marker);
  else if (occurrences(layout.step, '{step}') !== 1) fields.fail('step', english('a text with {step} once'));
  return layout;
}

/** Applies the chat template to the texts with their placeholders. Everything before `{steps}` is the prompt. */
export function encodeChatLayout(
  { system, user, assistant, step, marker, template }: ChatLayout,
  tokenizer: TextTokenizer,
): SegmentEncoder {
  const render = (asked: string, answered: string | undefined): string => {
    const messages: ChatMessage[] = [];
    if (system !== undefined) messages.push({ role: 'system', content: system });
    messages.push({ role: 'user', content: asked });
    if (answered !== undefined) messages.push({ role: 'assistant', content: answered });
    return renderChat(messages, tokenizer, template);
  };
  const whole = render(user, assistant);
  const [before = ''] = whole.split(stepsPlace);
  const isTrimmed = render(` ${user} `, assistant) === whole;
  const isReplyTrimmed = assistant === undefined ? isTrimmed : render(user, ` ${assistant} `) === whole;
  // The `.` prevents trimming at the end: the turn ends behind the last marker.
  const steps = (assistant ?? user).replace(stepsPlace, () => step) + '.';
  const cut: JoinedText['cut'] = {
    question: isTrimmed ? cutAt(user, '{question}') : uncut,
    first: isReplyTrimmed ? cutAt(steps, '{step}') : uncut,
    next: uncut,
  };
  if (marker === undefined) return encodeJoinedText({ prompt: before, first: step, next: step, cut }, tokenizer);
  return encodeMarkerLayout({ before, step, marker, encode: 'together', cut }, tokenizer);
}
