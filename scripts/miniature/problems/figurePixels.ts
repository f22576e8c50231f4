import sharp from 'sharp';
import { itemAt } from '../../../server/reasoning/present.js';
import { figureSvg, HEIGHT, WIDTH } from './figureSvg.js';
import type { Figure } from './problem.js';

const SHRINK = 3;

/** A figure as the miniature models see it: 80 rows of 128 gray bytes, each the average of 3 x 3 pixels of the drawing. */
export async function figurePixels(figure: Figure): Promise<Uint8Array> {
  const grey = await sharp(Buffer.from(figureSvg(figure)))
    .greyscale()
    .raw()
    .toBuffer();
  const [width, height] = [WIDTH / SHRINK, HEIGHT / SHRINK];
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let dy = 0; dy < SHRINK; dy++)
        for (let dx = 0; dx < SHRINK; dx++) sum += itemAt(grey, (y * SHRINK + dy) * WIDTH + x * SHRINK + dx);
      pixels[y * width + x] = Math.round(sum / SHRINK ** 2);
    }
  }
  return pixels;
}
