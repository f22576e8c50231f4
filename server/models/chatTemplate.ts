import { english } from '../l10n.js';
import { renderTemplate } from './boundedTemplate.js';
import { causeOf, ModelError } from './modelError.js';
import { withinTime } from './timeLimit.js';
import type { TextTokenizer } from './tokenizer.js';

/** Time limit, because a template is code from the model. An ordinary one takes 1 ms. */
const longestMs = 2_000;

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/**
 * Renders a conversation with the model's chat template or `template`. Throws ModelError naming tokenizer and remedy.
 *
 * @param beginsReply Whether the text ends with the beginning of the assistant's reply.
 */
export function renderChat(
  messages: readonly ChatMessage[],
  { path, chatTemplate, tokenTexts }: TextTokenizer,
  template?: string,
  beginsReply = false,
): string {
  const source = template ?? chatTemplate;
  if (source === undefined) {
    throw new ModelError(
      english(
        "Beside {0} there is no chat template, neither in tokenizer_config.json nor as chat_template.jinja. Copy these files from the model, or give the template in 'layout.template' of the profile.",
        path,
      ),
    );
  }
  try {
    return withinTime(longestMs, () => renderTemplate(source, { messages, add_generation_prompt: beginsReply, ...tokenTexts }));
  } catch (error) {
    throw new ModelError(
      english(
        "The chat template of {0} cannot be applied: {1}. Copy tokenizer_config.json from the model again, or give the template in 'layout.template' of the profile.",
        path,
        causeOf(error),
      ),
    );
  }
}
