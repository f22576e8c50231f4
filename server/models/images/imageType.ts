/** The kinds of images that StepLens reads, by their media types. */
export type ImageType = 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp' | 'image/bmp';

/** First bytes of each kind, as Latin-1 text. File names are ignored, because they can be wrong. */
const SIGNATURES: readonly (readonly [type: ImageType, head: RegExp])[] = [
  ['image/png', /^\x89PNG\r\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF[^]{4}WEBP/],
  // "BM", the file's size, two reserved numbers that are 0, and the size of the header that follows.
  ['image/bmp', /^BM[^]{4}\0{4}[^]{5}\0{3}/],
];

/** Bytes that `imageTypeOf` looks at. */
export const IMAGE_HEAD_BYTES = 18;

/** The kind of an image by its first bytes; undefined for anything else. */
export function imageTypeOf(bytes: Buffer): ImageType | undefined {
  const head = bytes.toString('latin1', 0, IMAGE_HEAD_BYTES);
  return SIGNATURES.find(([, signature]) => signature.test(head))?.[0];
}
