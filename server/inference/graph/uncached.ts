import { scorePositions } from '../../onnx/sliceHead.js';
import type { RuntimeSession, TensorValue } from '../runtime.js';
import {
  findPixelInputs,
  type Graph,
  gridInputName,
  integerTensor,
  type KeyValueCache,
  pixelFeeds,
  pixelInputName,
  refuseOtherInputs,
  requireTensor,
} from './graph.js';
import type { Head } from './head.js';
import { chainOf, positionFeed } from './positions.js';

/** Nothing is held, so a run always starts at the first token. */
const nothing: KeyValueCache = Object.freeze({ length: 0, bytes: 0, cut: () => undefined, copy: () => nothing });

/**
 * Opens a graph without a cache (Optimum's token-classification export and similar ones): `input_ids` [1, S],
 * optionally `attention_mask` and `position_ids` [1, S], optionally `pixel_values` [T, C, H, W]; output `logits` [1, S,
 * width].
 */
export function openUncached(session: RuntimeSession, head: Head): Graph {
  const ids = requireTensor(session.inputs, 'input_ids', ['int64', 'int32'], 'input');
  const mask = session.inputs.find((input) => input.name === 'attention_mask');
  const positions = session.inputs.find((input) => input.name === 'position_ids');
  const images = findPixelInputs(session);
  refuseOtherInputs(session, (name) =>
    ['input_ids', 'attention_mask', 'position_ids', pixelInputName, gridInputName, scorePositions].includes(name),
  );
  return {
    cacheLayout: 'none',
    takesImages: images !== undefined,
    bytesPerToken: 0,
    createCache: () => nothing,
    async run(_cache, tokens, pixels, reads) {
      const feeds: Record<string, TensorValue> = {
        ...pixelFeeds(images, pixels),
        ...head.feeds(tokens.length, reads),
        input_ids: integerTensor(tokens, ids.type),
      };
      if (mask) feeds['attention_mask'] = integerTensor(new Uint8Array(tokens.length).fill(1), mask.type);
      if (positions) feeds['position_ids'] = positionFeed(positions, chainOf(tokens, 0), 0, pixels);
      const outputs = await session.run(feeds, ['logits']);
      return head.scores(outputs['logits'], tokens.length, reads);
    },
    release: () => session.release(),
  };
}
