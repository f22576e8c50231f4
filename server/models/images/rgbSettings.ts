import { english } from '../../l10n.js';
import type { Fields } from '../fields.js';
import type { Normalization } from './channelsFirst.js';
import type { CommonImageSettings } from './imageKinds.js';

/** Red, green and blue. */
export const channels = 3;

/** Settings of the kinds that normalize RGB values per channel and put text around the image tokens. */
export interface RgbSettings extends CommonImageSettings, Normalization {
  /** Text before and after the image tokens of an image. */
  readonly before: string;
  readonly after: string;
}

export function readRgbSettings(fields: Fields): RgbSettings {
  const std = fields.numbers('std', channels);
  if (std.some((value) => value <= 0)) fields.fail('std', english('numbers above 0'));
  return {
    mean: fields.numbers('mean', channels),
    std,
    token: fields.text('token'),
    before: fields.text('before', true),
    after: fields.text('after', true),
  };
}
