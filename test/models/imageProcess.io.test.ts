import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { local, setTexts } from '../../server/l10n.js';
import type { ImageSettings } from '../../server/models/images/imageKinds.js';
import { prepareImagesApart } from '../../server/models/images/imageProcess.js';

const settings: ImageSettings = { kind: 'resize', width: 12, height: 8, channels: 1, mean: [0.5], std: [0.25], token: '<i>', tokens: 6 };

afterEach(() => setTexts({}));

describe('an image error', () => {
  it('is English in the process that decodes images, and is shown in the language of the editor', async () => {
    const broken = { name: 'figure.png', type: 'image/png', bytes: Buffer.from('not an image') } as const;
    const error = await prepareImagesApart([broken], settings).catch((reason: unknown) => reason as Error);
    const message = (error as Error).message;
    expect(message).toMatch(/^The image figure\.png cannot be decoded: .+\. Save it again as PNG or JPEG of at most 50 million pixels\.$/);
    setTexts(JSON.parse(await readFile('l10n/bundle.l10n.zh-cn.json', 'utf8')) as Record<string, string>);
    expect(local(message)).toMatch(/^图片 figure\.png 无法解码：.+。请重新存为不超过 50 百万像素的 PNG 或 JPEG。$/);
  });
});
