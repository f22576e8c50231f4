import { english } from '../../l10n.js';
import { imagesPlace } from '../../models/images/imageKinds.js';
import { ModelError } from '../../models/modelError.js';
import type { Backend, BackendContext } from './backend.js';
import { createChatModel, type ServerMessage, stepBackend, userMessage } from './chatModel.js';
import type { ChatLogprobsProfile } from './remoteProfile.js';

/**
 * A generative PRM behind chat completions (RLHFlow's `math-rm/prm_evaluate.py`, VisualPRM). The user sends one step
 * per turn, and the assistant has answered every earlier step with the same sign, whatever its verdict was. The score
 * is the probability of that sign as the next answer. Each step takes one request; a server with a prefix cache (vLLM)
 * runs the common part once.
 */
export function openChatLogprobs({ local, server }: ChatLogprobsProfile, context: BackendContext): Backend {
  const { layout, readout } = local;
  if (layout.kind !== 'turns' || readout.kind !== 'token-pair') {
    throw new ModelError(
      english(
        '{0}: a backend of the kind "chat-logprobs" needs a \'layout\' of the kind "turns" and a \'readout\' of the kind "token-pair", as the families rlhflow and visualprm have.',
        context.profilePath,
      ),
    );
  }
  const { system, first, next, reply } = layout;
  const readsImages = first.includes(imagesPlace);
  const chat = createChatModel(server, context);
  return stepBackend(chat, readsImages, ({ question, images, steps }, signal) => {
    const messages = steps.flatMap((step, i): ServerMessage[] => {
      const filled: Readonly<Record<string, string>> = { question, step, images: '', index: String(i + 1) };
      const text = (i === 0 ? first : next).replace(/\{(question|step|images|index)\}/g, (place, name: string) => filled[name] ?? place);
      const asked = userMessage(text, i === 0 ? images : []);
      return i === 0 ? [asked] : [{ role: 'assistant', content: reply }, asked];
    });
    const whole = system === undefined ? messages : [{ role: 'system', content: system } as const, ...messages];
    return chat.ask(whole, [readout.positive], [readout.negative], signal);
  });
}
