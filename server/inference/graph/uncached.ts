import type { Session, TensorValue } from '../runtime.js';
import { findPixelInput, integerTensor, pixelFeeds, pixelInputName, readScores, refuseOtherInputs, requireTensor, type Graph, type KeyValueCache } from './graph.js';

/** Nothing is held, so a run always starts at the first token. */
const nothing: KeyValueCache = Object.freeze({ length: 0, bytes: 0, cut: () => undefined, copy: () => nothing });

/**
 * A graph without a cache (Optimum's token-classification export and its like): `input_ids` [1, S], perhaps
 * `attention_mask` and `position_ids` [1, S], perhaps `pixel_values` [T, C, H, W]; `logits` [1, S, width].
 */
export function openUncached(session: Session): Graph {
  const ids = requireTensor(session.inputs, 'input_ids', ['int64', 'int32'], 'input');
  const mask = session.inputs.find((input) => input.name === 'attention_mask');
  const positions = session.inputs.find((input) => input.name === 'position_ids');
  const images = findPixelInput(session);
  requireTensor(session.outputs, 'logits', ['float32', 'float16'], 'output');
  refuseOtherInputs(session, (name) => ['input_ids', 'attention_mask', 'position_ids', pixelInputName].includes(name));
  return {
    cacheLayout: 'none',
    takesImages: images !== undefined,
    createCache: () => nothing,
    async run(_cache, tokens, pixels) {
      const feeds: Record<string, TensorValue> = { ...pixelFeeds(images, pixels), input_ids: integerTensor(tokens, ids.type) };
      if (mask) feeds['attention_mask'] = integerTensor(new Uint8Array(tokens.length).fill(1), mask.type);
      if (positions) {
        feeds['position_ids'] = integerTensor(
          Array.from(tokens, (_, i) => i),
          positions.type,
        );
      }
      const outputs = await session.run(feeds, ['logits']);
      return readScores(outputs['logits'], tokens.length);
    },
    release: () => session.release(),
  };
}
