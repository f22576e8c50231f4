import { localMessage } from '../l10n.js';
import { remedyIn } from '../protocol/message.js';
import type { StatusParams } from '../protocol/status.js';
import { NotAllowedError } from '../scoring/scorer.js';
import type { ScoringQueue } from './scoringQueue.js';

/** The queue's state as the status item shows it. */
export function scoringStatus(
  { info, state, failure, progress }: Pick<ScoringQueue, 'info' | 'state' | 'failure' | 'progress'>,
  threshold: number,
): StatusParams {
  const helps = remedyIn(failure);
  return {
    state,
    ...(info && { model: info.model, device: info.device.provider, passedOver: info.device.passedOver }),
    ...(info?.knows !== undefined && { knows: info.knows }),
    ...(info?.device.adapter !== undefined && { adapter: info.device.adapter }),
    ...(info?.device.server !== undefined && { server: info.device.server }),
    ...(info?.device.note !== undefined && { note: info.device.note }),
    threshold,
    ...(state === 'scoring' && { progress }),
    ...(failure && { message: localMessage(failure) }),
    ...(helps !== undefined && { remedy: helps }),
    ...(failure instanceof NotAllowedError && { asksFor: failure.origin }),
  };
}
