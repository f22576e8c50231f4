import type { Profile } from '../profile.js';

/** Pixels of a token: a block of 2 x 2 patches of 14 x 14. */
const pixelsOfToken = 28 * 28;

/**
 * Qwen2-VL's and Qwen2.5-VL's image processor.
 *
 * @param tokens Fewest and most tokens of an image after each resize, in turn; see `PatchesSettings.resizes`.
 */
export function qwenVlImages(...tokens: readonly (readonly [fewest: number, most: number])[]): NonNullable<Profile['images']> {
  return {
    kind: 'patches',
    patch: 14,
    merge: 2,
    frames: 2,
    resizes: tokens.map(([fewest, most]) => [fewest * pixelsOfToken, most * pixelsOfToken]),
    mean: [0.48145466, 0.4578275, 0.40821073],
    std: [0.26862954, 0.26130258, 0.27577711],
    before: '<|vision_start|>',
    token: '<|image_pad|>',
    after: '<|vision_end|>',
  };
}
