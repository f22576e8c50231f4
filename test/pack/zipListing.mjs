import { readFile } from 'node:fs/promises';

/**
 * Reads the names and sizes of a ZIP file's entries from its central directory (PKWARE APPNOTE 4.3.12). Does not
 * support ZIP64, because a VSIX is small.
 * @param {string} path
 * @returns {Promise<{ name: string, size: number }[]>}
 */
export async function zipListing(path) {
  const bytes = await readFile(path);
  const end = bytes.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'));
  if (end < 0) throw new Error(`${path} is not a ZIP file.`);
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  return Array.from({ length: count }, () => {
    const lengths = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
    const entry = { name: bytes.toString('utf8', at + 46, at + 46 + lengths[0]), size: bytes.readUInt32LE(at + 24) };
    at += 46 + lengths.reduce((a, b) => a + b);
    return entry;
  });
}
