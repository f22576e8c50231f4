/** What servers take, told by the first bytes: a name can be wrong. */
const SIGNATURES: readonly (readonly [type: string, bytes: RegExp])[] = [
  ['image/png', /^\x89PNG\r\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF[\s\S]{4}WEBP/],
  ['image/bmp', /^BM/],
];

/** An image as a data URL; undefined when it is no PNG, JPEG, GIF, WebP or BMP. */
export function imageDataUrl(bytes: Buffer): string | undefined {
  const head = bytes.toString('latin1', 0, 16);
  const type = SIGNATURES.find(([, signature]) => signature.test(head))?.[0];
  return type === undefined ? undefined : `data:${type};base64,${bytes.toString('base64')}`;
}
