import { imageDataUrl, type ProblemImage } from '../../models/images/imageFile.js';

/** Returns the URL sent for an image: web and data URLs unchanged, a file as a data URL. Rejects with ImageError. */
export async function imageUrl(image: ProblemImage): Promise<string> {
  return /^(https?|data):/i.test(image.name) ? image.name : imageDataUrl(await image.read());
}
