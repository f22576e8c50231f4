/**
 * The text of a file's bytes. UTF-16 is recognized by its byte order mark, or by its pattern of zero bytes; everything else is
 * read as UTF-8, where invalid bytes become U+FFFD (which `readDocument` reports). A byte order mark of UTF-8 stays in the text, as
 * ranges count it.
 */
export function decodeText(bytes: Uint8Array): string {
  const encoding = utf16Of(bytes);
  // `ignoreBOM` keeps the mark.
  return new TextDecoder(encoding ?? 'utf-8', { ignoreBOM: encoding === undefined }).decode(bytes);
}

/** How many bytes are searched for the zero bytes of UTF-16 without a byte order mark. */
const SAMPLE = 1024;

function utf16Of(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const length = Math.min(bytes.length, SAMPLE);
  let even = 0;
  let odd = 0;
  for (let i = 0; i < length; i++) {
    if (bytes[i] !== 0) continue;
    if (i % 2 === 0) even++;
    else odd++;
  }
  if (even + odd < length * 0.2) return undefined;
  return odd > even ? 'utf-16le' : 'utf-16be';
}
