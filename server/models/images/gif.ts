/** Flag for a color table (GIF89a, sections 18 and 20). It has 2^(n + 1) colors, n in the lowest three bits. */
const hasColors = 0x80;
const interlaced = 0x40;
const transparentFlag = 0x01;
const allColors = 3 * 256;

/** The first frame of a GIF, and where Pillow puts it. */
export interface FirstFrame {
  /** A GIF of that frame alone, without transparency, which every decoder reads alike. */
  readonly bytes: Buffer;
  /** Size of the picture, in pixels. It contains the whole frame. */
  readonly width: number;
  readonly height: number;
  /** Position of the frame in the picture. */
  readonly left: number;
  readonly top: number;
  /** Color around the frame: red, green, blue. */
  readonly background: readonly number[];
}

/**
 * Reads a GIF as Pillow's `GifImagePlugin.py` does. Transparent pixels keep their palette color. Around a smaller
 * frame, the picture has the transparent color, else the first one of the palette. A larger frame enlarges the picture.
 * Without a palette, numbers are gray values. Returns undefined without a frame: the decoder reports the error.
 */
export function firstFrame(bytes: Buffer): FirstFrame | undefined {
  if (bytes.toString('latin1', 0, 4) !== 'GIF8' || bytes.length < 13) return undefined;
  let at = 13 + colorBytes(bytes.readUInt8(10));
  let transparent = 0;
  // Extensions: the last graphic control (introducer, label, size 4, flags, delay, color) with transparency counts.
  while (bytes[at] === 0x21) {
    const [, label, , flags = 0, , , color = 0] = bytes.subarray(at);
    if (label === 0xf9 && flags & transparentFlag) transparent = color;
    at = blocksEnd(bytes, at + 2);
  }
  if (bytes[at] !== 0x2c || bytes.length < at + 11) return undefined;
  const [left, top, width, height] = [1, 3, 5, 7].map((offset) => bytes.readUInt16LE(at + offset)) as [number, number, number, number];
  const flags = bytes.readUInt8(at + 9);
  const data = at + 10 + colorBytes(flags);
  const colors = flags & hasColors ? bytes.subarray(at + 10, data) : bytes.subarray(13, 13 + colorBytes(bytes.readUInt8(10)));
  const palette = Buffer.alloc(allColors, isGray(colors) ? grays : 0);
  colors.copy(palette);
  const head = Buffer.from([...Buffer.from('GIF89a'), 0, 0, 0, 0, hasColors | 7, 0, 0]);
  const frame = Buffer.from([0x2c, 0, 0, 0, 0, 0, 0, 0, 0, flags & interlaced]);
  for (const [buffer, offset] of [
    [head, 6],
    [frame, 5],
  ] as const) {
    buffer.writeUInt16LE(width, offset);
    buffer.writeUInt16LE(height, offset + 2);
  }
  const end = blocksEnd(bytes, data + 1);
  // A truncated frame gets no trailer, so that the decoder refuses it.
  const trailer = end <= bytes.length ? [0x3b] : [];
  return {
    bytes: Buffer.concat([head, palette, frame, bytes.subarray(data, end), Buffer.from(trailer)]),
    width: Math.max(left + width, bytes.readUInt16LE(6)),
    height: Math.max(top + height, bytes.readUInt16LE(8)),
    left,
    top,
    background: [...palette.subarray(3 * transparent, 3 * transparent + 3)],
  };
}

const grays = Buffer.from(Array.from({ length: allColors }, (_, i) => Math.floor(i / 3)));

/** Whether there is no palette, or one in which every color is the gray value of its index. */
function isGray(colors: Buffer): boolean {
  return colors.equals(grays.subarray(0, colors.length));
}

function colorBytes(flags: number): number {
  return flags & hasColors ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

/** Returns the end of a series of blocks, each with its length first, the last of length 0; beyond a truncated file. */
function blocksEnd(bytes: Buffer, start: number): number {
  let at = start;
  for (let length = bytes[at]; length; length = bytes[at]) at += length + 1;
  return at + 1;
}
