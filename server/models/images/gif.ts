/** Flags of a block of colors (GIF89a, sections 18 and 20): whether it is there, and 2^(n + 1) colors. */
const hasColors = 0x80;
const transparentFlag = 0x01;

/**
 * A GIF whose first frame has no transparent color, so that a decoder gives the color of the palette there, as Pillow's
 * conversion to RGB does. Bytes that are no such file are given back as they are: the decoder says what is wrong with them.
 */
export function firstFrameOpaque(bytes: Buffer): Buffer {
  let at = 13 + colorBytes(bytes[10]);
  while (bytes[at] === 0x21) {
    // A graphic control extension: introducer, label, size 4, flags.
    if (bytes[at + 1] === 0xf9 && bytes[at + 2] === 4) {
      const opaque = Buffer.from(bytes);
      opaque[at + 3]! &= ~transparentFlag;
      return opaque;
    }
    at += 2;
    while (bytes[at]) at += bytes[at]! + 1;
    at++;
  }
  return bytes;
}

function colorBytes(flags = 0): number {
  return flags & hasColors ? 3 * 2 ** ((flags & 7) + 1) : 0;
}
