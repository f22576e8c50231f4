import { ImageError, readImageFiles } from '../../scoring/images/imageFile.js';

/** What servers take, told by the first bytes: a name can be wrong. */
const SIGNATURES: readonly (readonly [type: string, bytes: RegExp])[] = [
  ['image/png', /^\x89PNG\r\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF[\s\S]{4}WEBP/],
  ['image/bmp', /^BM/],
];

/** What a request sends for an image: web and data URLs as they are, a file as a data URL. Rejects with ImageError. */
export async function imageUrl(image: string): Promise<string> {
  if (/^(https?|data):/i.test(image)) return image;
  const [file] = await readImageFiles([image]);
  const { bytes } = file!;
  const head = bytes.toString('latin1', 0, 16);
  const type = SIGNATURES.find(([, signature]) => signature.test(head))?.[0];
  if (type === undefined) throw new ImageError(`The image ${image} is no PNG, JPEG, GIF, WebP or BMP; convert it.`);
  return `data:${type};base64,${bytes.toString('base64')}`;
}
