import { ImageError, readImageFiles } from '../../models/images/imageFile.js';
import { imageDataUrl } from '../../remote/dataUrl.js';

/** What a request sends for an image: web and data URLs as they are, a file as a data URL. Rejects with ImageError. */
export async function imageUrl(image: string): Promise<string> {
  if (/^(https?|data):/i.test(image)) return image;
  const [file] = await readImageFiles([image]);
  const url = imageDataUrl(file!.bytes);
  if (url === undefined) throw new ImageError(`The image ${image} is no PNG, JPEG, GIF, WebP or BMP; convert it.`);
  return url;
}
